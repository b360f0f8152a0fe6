/** A key that makes a repeated call harmless. Not `randomUUID`: pages on plain http beyond localhost have none. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

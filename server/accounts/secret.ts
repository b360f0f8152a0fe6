import { createHash, randomBytes } from "node:crypto";

const SECRET_BYTES = 32;

/**
 * A secret that nobody can guess (256 random bits), as URL-safe text. It is shown once; only `hash` is kept. Plain
 * SHA-256 is enough for it: what cannot be guessed need not be slow to check.
 */
export function newSecret(prefix = ""): { secret: string; hash: Buffer } {
  const secret = prefix + randomBytes(SECRET_BYTES).toString("base64url");
  return { secret, hash: hashOf(secret) };
}

/** What is looked up in the place of the secret. */
export function hashOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

import { createHmac, randomBytes } from "node:crypto";

/** Of the secret that the Standard Webhooks specification writes as `whsec_` and base64, 24 to 64 bytes. */
const PREFIX = "whsec_";
const SECRET_BYTES = 32;
const SECRET_BYTES_MIN = 24;
const SECRET_BYTES_MAX = 64;

export function newSigningSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString("base64");
}

export function isSigningSecret(text: string): boolean {
  const base64 = text.slice(PREFIX.length);
  const bytes = Buffer.from(base64, "base64");
  const isWhole = text.startsWith(PREFIX) && bytes.toString("base64") === base64;
  return isWhole && bytes.length >= SECRET_BYTES_MIN && bytes.length <= SECRET_BYTES_MAX;
}

/**
 * The three headers by which a receiver knows that a call is from us, unchanged and not an old one played again
 * (Standard Webhooks 1.0). The id is the message's own, so that a receiver can tell a repeat.
 */
export function signatureHeaders(secret: string, id: string, body: string, now: Date): Record<string, string> {
  const timestamp = Math.floor(now.getTime() / 1_000);
  const key = Buffer.from(secret.slice(PREFIX.length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": `v1,${signature}` };
}

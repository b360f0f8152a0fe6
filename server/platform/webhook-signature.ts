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
 * (Standard Webhooks 1.0). The id is the message's own, so that a receiver can tell a repeat. While a secret is being
 * changed there are two, and a receiver that has either of them knows the call.
 */
export function signatureHeaders(
  secrets: readonly string[],
  id: string,
  body: string,
  now: Date,
): Record<string, string> {
  const timestamp = Math.floor(now.getTime() / 1_000);
  const signatures = secrets.map((secret) => signed(secret, `${id}.${timestamp}.${body}`));
  return { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": signatures.join(" ") };
}

function signed(secret: string, text: string): string {
  const key = Buffer.from(secret.slice(PREFIX.length), "base64");
  return `v1,${createHmac("sha256", key).update(text).digest("base64")}`;
}

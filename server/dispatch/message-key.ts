import { createHmac } from "node:crypto";

/** Names a message to the outside: an HMAC of (recipient, run), so the same on every try and telling nobody an id. */
export function messageKey(secret: Buffer, recipientId: string, runId: string): string {
  return createHmac("sha256", secret).update(recipientId).update(runId).digest("base64url").slice(0, 32);
}

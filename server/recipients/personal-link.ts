import { createHmac, timingSafeEqual } from "node:crypto";

/** What a link is for: one does not open the other's door. */
export type LinkPurpose = "respond" | "unsubscribe";

/** What a token says. Nothing of it is known to be true before `isGenuine`. */
export interface ReadToken {
  recipientId: string;
  proof: Buffer;
}

const ID_BYTES = 16;
/** 136 bits; with the id 33 bytes, which base64 writes in one way only. */
const PROOF_BYTES = 17;
const TOKEN = /^[A-Za-z0-9_-]{44}$/;

/**
 * Names one recipient to the outside, for one purpose: 44 characters that may stand in an address. Computed from the
 * workspace's `message_secret`, so a retry writes the same link and none is stored.
 */
export function personalToken(secret: Buffer, recipientId: string, purpose: LinkPurpose): string {
  const id = Buffer.from(recipientId.replaceAll("-", ""), "hex");
  if (id.length !== ID_BYTES) throw new Error("a recipient's id is a UUID");
  return tokenWith({ recipientId, proof: proofOf(secret, recipientId, purpose) });
}

/** Takes a token apart; null for what is none. */
export function readToken(token: string): ReadToken | null {
  if (!TOKEN.test(token)) return null;
  const bytes = Buffer.from(token, "base64url");
  const hex = bytes.toString("hex", 0, ID_BYTES);
  const recipientId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return { recipientId, proof: bytes.subarray(ID_BYTES) };
}

/** True when this workspace made the token for this purpose. Takes as long for a wrong one as for a right one. */
export function isGenuine(secret: Buffer, { recipientId, proof }: ReadToken, purpose: LinkPurpose): boolean {
  const expected = proofOf(secret, recipientId, purpose);
  return proof.length === expected.length && timingSafeEqual(proof, expected);
}

/** A token of the same kind from a proof that the database made, where the secret is not at hand. */
export function tokenWith({ recipientId, proof }: ReadToken): string {
  return Buffer.concat([Buffer.from(recipientId.replaceAll("-", ""), "hex"), proof]).toString("base64url");
}

/** Where one recipient answers, and where they take themselves off the list. `origin` has no slash at its end. */
export function links(origin: string, secret: Buffer, recipientId: string): { link: string; unsubscribeUrl: string } {
  return {
    link: `${origin}/r/${personalToken(secret, recipientId, "respond")}`,
    unsubscribeUrl: `${origin}/u/${personalToken(secret, recipientId, "unsubscribe")}`,
  };
}

// The same secret names messages (dispatch/message-key.ts): the purpose in front keeps the two apart.
function proofOf(secret: Buffer, recipientId: string, purpose: LinkPurpose): Buffer {
  return createHmac("sha256", secret)
    .update(`${purpose}:${recipientId.toLowerCase()}`)
    .digest()
    .subarray(0, PROOF_BYTES);
}

import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { readToken } from "../recipients/personal-link.ts";
import { suppress } from "../recipients/suppression.store.ts";
import { type Addressee, addresseeOf, recipientOfLink } from "./unsubscribe.store.ts";

/** In the place of what is no token, so that it is looked up as one is and takes as long. */
const NOBODY = { recipientId: "00000000-0000-0000-0000-000000000000", proof: Buffer.alloc(17) };

/** Whose unsubscribe link it is, or null for every link that does not work, whatever is wrong with it. Changes nothing. */
export function addresseeOfLink(database: Database, token: string): Promise<Addressee | null> {
  return throughLink(database, token, (_tx, addressee) => Promise.resolve(addressee));
}

/**
 * Nobody in the link's workspace writes to this customer again. The same link again changes nothing and is answered
 * the same. Only the suppression is written: whoever is about to send looks at it.
 */
export function unsubscribe(database: Database, token: string): Promise<Addressee | null> {
  return throughLink(database, token, async (tx, addressee) => {
    const { addressKey, address, campaignName } = addressee;
    await suppress(tx, addressKey, "unsubscribed", { address, note: `by the link in “${campaignName}”` });
    return addressee;
  });
}

async function throughLink<T>(
  database: Database,
  token: string,
  work: (tx: WorkspaceTransaction, addressee: Addressee) => Promise<T>,
): Promise<T | null> {
  const { recipientId, proof } = readToken(token) ?? NOBODY;
  const link = await recipientOfLink(database, { recipientId, purpose: "unsubscribe", proof });
  if (!link) return null;
  return database.inWorkspace(link.workspaceId, async (tx) => {
    const addressee = await addresseeOf(tx, recipientId);
    return addressee && work(tx, addressee);
  });
}

import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { tellOutside } from "../platform/outbox.store.ts";
import { suppress } from "../recipients/suppression.store.ts";
import { throughLink } from "./through-link.ts";
import { type Addressee, addresseeOf } from "./unsubscribe.store.ts";

/** Whose unsubscribe link it is, or null for every link that does not work, whatever is wrong with it. Changes nothing. */
export function addresseeOfLink(database: Database, token: string): Promise<Addressee | null> {
  return toAddressee(database, token, (_tx, addressee) => Promise.resolve(addressee));
}

/**
 * Nobody in the link's workspace writes to this customer again. The same link again changes nothing and is answered
 * the same. Only the suppression is written: whoever is about to send looks at it.
 */
export function unsubscribe(database: Database, token: string): Promise<Addressee | null> {
  return toAddressee(database, token, async (tx, addressee, recipientId) => {
    const { addressKey, address, campaignId, campaignName } = addressee;
    const note = `by the link in “${campaignName}”`;
    if (await suppress(tx, addressKey, "unsubscribed", { address, note }))
      await tellOutside(tx, "recipient.unsubscribed", () => [{ campaignId, campaignName, recipientId }]);
    return addressee;
  });
}

function toAddressee<T>(
  database: Database,
  token: string,
  work: (tx: WorkspaceTransaction, addressee: Addressee, recipientId: string) => Promise<T>,
): Promise<T | null> {
  return throughLink(database, { token, purpose: "unsubscribe" }, async (tx, { recipientId }) => {
    const addressee = await addresseeOf(tx, recipientId);
    return addressee && work(tx, addressee, recipientId);
  });
}

import { AuditAction } from "../accounts/audit-entry.ts";
import { writeDown } from "../accounts/audit.store.ts";
import type { Context } from "../accounts/context.ts";
import { campaignNameIn } from "../campaigns/campaign.store.ts";
import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { tellOutside } from "../platform/outbox.store.ts";
import type { UserError } from "../platform/user-error.ts";
import { readNoted } from "../recipients/suppress-addresses.ts";
import type { Suppression } from "../recipients/suppression.ts";
import { suppress, suppressionIn } from "../recipients/suppression.store.ts";
import { lastWrittenTo } from "./bounce.store.ts";
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

/**
 * The same for a customer who said so elsewhere: in another service, by phone. Others are told of it where the customer
 * was written to before.
 */
export async function unsubscribeAddress(
  { database, workspaceId, actor }: Context,
  { address, note }: { address: string; note?: string | null },
): Promise<{ suppression: Suppression | null; userErrors: UserError[] }> {
  const read = readNoted({ address, note });
  if ("userErrors" in read) return { suppression: null, userErrors: read.userErrors };
  return database.inWorkspace(workspaceId, async (tx) => {
    const said = { address: read.address, note: note?.trim() || null };
    if (await suppress(tx, read.key, "unsubscribed", said)) {
      await writeDown(tx, actor, { action: AuditAction.ADDRESS_SUPPRESSED, subjectName: read.address });
      await tellOutside(tx, "recipient.unsubscribed", async () => {
        const written = await lastWrittenTo(tx, [read.key]);
        if (!written) return [];
        const { id: recipientId, campaignId } = written;
        return [{ campaignId, campaignName: await campaignNameIn(tx, campaignId), recipientId }];
      });
    }
    return { suppression: await suppressionIn(tx, read.key), userErrors: [] };
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

import type { WorkspaceTransaction } from "../platform/database.ts";
import { unsettledIn } from "./batch.store.ts";
import type { ActiveRun, ClaimedRecipient } from "./dispatch.store.ts";
import type { Refusal } from "./hold.ts";
import { type Contact, restedBy } from "./rest.ts";

/**
 * Whom of these another campaign has written to within the rest period, or has in hand at this moment, by address key.
 * A campaign and its reminders are one: among themselves they do not rest. Asked only where there is a rest period, and
 * then a claim of the workspace at a time: of two that claim the same address the later sees what the first has in hand.
 */
export async function restingAmong(
  tx: WorkspaceTransaction,
  { campaignId, remindsId, restDays }: ActiveRun,
  recipients: readonly ClaimedRecipient[],
): Promise<Map<string, Refusal>> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('rest:' || $1, 0))`, [tx.workspaceId]);
  const others = await campaignsSince(tx, restDays, remindsId ?? campaignId);
  if (others.length === 0) return new Map();
  const contacts = await tx.query<Contact & { addressKey: string }>(
    `SELECT DISTINCT ON (r.address_key) r.address_key AS "addressKey", c.name AS "campaignName",
            (extract(epoch FROM statement_timestamp() - r.sent_at) / 86400)::float8 AS "daysAgo"
     FROM unnest($1::uuid[]) other (id) JOIN campaign c ON c.id = other.id
     JOIN recipient r ON r.campaign_id = other.id AND r.address_key = ANY($2)
     WHERE r.sent_at > statement_timestamp() - make_interval(days => $3)
        OR r.status = 'queued' AND EXISTS (SELECT FROM batch b WHERE b.worker_id IS NOT NULL AND ${unsettledIn()})
     ORDER BY r.address_key, r.sent_at DESC NULLS FIRST`,
    [others, recipients.map(({ addressKey }) => addressKey), restDays],
  );
  return new Map(contacts.map(({ addressKey, ...contact }) => [addressKey, restedBy(contact, restDays)]));
}

/** The campaigns, but for one and its reminders, of which something changed so lately that they may have sent. */
async function campaignsSince(tx: WorkspaceTransaction, days: number, but: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM campaign WHERE workspace_id = $1 AND started_at IS NOT NULL AND id <> $3
       AND (reminds_id IS NULL OR reminds_id <> $3) AND updated_at > statement_timestamp() - make_interval(days => $2)`,
    [tx.workspaceId, days, but],
  );
  return rows.map(({ id }) => id);
}

import { applyDelta, type Counters } from "../campaigns/counters.store.ts";
import { FailureReason } from "../dispatch/failure-reason.ts";
import { addToTally } from "../dispatch/failure-tally.store.ts";
import { tellFailed } from "../dispatch/tell-failed.ts";
import type { WorkspaceTransaction } from "../platform/database.ts";

/** Reports of messages of older campaigns than these are not matched any more. */
const CAMPAIGNS_LOOKED_AT = 100;

/** Whom an address was written to as. */
export interface WrittenTo {
  id: string;
  campaignId: string;
  position: number;
  addressKey: string;
}

/**
 * The recipient whom one of these addresses was written to as last, in the newest hundred campaigns. A message's key is
 * an HMAC that is not stored, so the address is what is left to look by: a report that comes after the next campaign
 * has written to the same customer is taken to be about that one. Those who failed count, so that the same report
 * again finds the same recipient and nobody before.
 */
export async function lastWrittenTo(
  tx: WorkspaceTransaction,
  addressKeys: readonly string[],
): Promise<WrittenTo | null> {
  const [found] = await tx.query<WrittenTo>(
    `SELECT r.id, r.campaign_id AS "campaignId", r.position, r.address_key AS "addressKey"
     FROM (SELECT id FROM campaign WHERE workspace_id = $1 AND started_at IS NOT NULL
           ORDER BY id DESC LIMIT ${CAMPAIGNS_LOOKED_AT}) c
     JOIN LATERAL (
       SELECT id, campaign_id, position, address_key, coalesce(sent_at, activity_at) AS at FROM recipient
       WHERE campaign_id = c.id AND address_key = ANY($2) AND status IN ('sent', 'unconfirmed', 'failed')
     ) r ON true
     ORDER BY r.at DESC, r.campaign_id DESC LIMIT 1`,
    [tx.workspaceId, addressKeys],
  );
  return found ?? null;
}

interface Said {
  reason: FailureReason | null;
  code: string | null;
  text: string | null;
}

/**
 * The message came back for good: who was sent to, or in doubt, has failed. Once, by the status in the condition; null
 * when it was so already. Locks the recipient, then the campaign.
 */
export async function failSent(
  tx: WorkspaceTransaction,
  { id, campaignId }: WrittenTo,
  { reason, code, text }: Said,
): Promise<Counters | null> {
  const [failed] = await tx.query<{ before: "sent" | "unconfirmed"; sentAt: Date; failedAt: Date }>(
    `WITH before AS MATERIALIZED (
       SELECT id, status FROM recipient WHERE id = $1 AND status IN ('sent', 'unconfirmed')
         AND erased_at IS NULL FOR UPDATE
     ), failed AS (
       UPDATE recipient r SET status = 'failed', reason = $2, error_code = $3, error = $4, activity_at = statement_timestamp()
       FROM before WHERE r.id = before.id
       RETURNING r.id, r.workspace_id, r.campaign_id, r.tries, r.sent_at, r.activity_at, before.status
     ), written AS (
       INSERT INTO attempt (workspace_id, campaign_id, recipient_id, run_id, number, at, outcome, reason, code, message)
       SELECT f.workspace_id, f.campaign_id, f.id, run.id, f.tries, statement_timestamp(), 'failed', $2, $3, $4
       FROM failed f JOIN LATERAL (SELECT id FROM run WHERE campaign_id = f.campaign_id ORDER BY number DESC LIMIT 1) run ON true
      )
     SELECT status AS before, sent_at AS "sentAt", activity_at AS "failedAt" FROM failed`,
    [id, reason, code, text],
  );
  if (!failed) return null;
  const { before, sentAt, failedAt } = failed;
  const counters = await applyDelta(tx, campaignId, { [before]: -1, failed: 1 }, sentAt);
  await addToTally(tx, campaignId, failedAt, new Map([[reason ?? FailureReason.OTHER, 1]]));
  await tellFailed(tx, campaignId, [{ recipientId: id, reason }], { bounced: true });
  return counters;
}

/** It arrived after all: what was in doubt is sent. Null when nothing was. */
export async function confirmDelivered(
  tx: WorkspaceTransaction,
  { id, campaignId }: WrittenTo,
): Promise<Counters | null> {
  const [confirmed] = await tx.query<{ sentAt: Date }>(
    `UPDATE recipient SET status = 'sent', sent_at = statement_timestamp(), activity_at = statement_timestamp(),
            error = NULL, error_code = NULL
     WHERE id = $1 AND status = 'unconfirmed' RETURNING sent_at AS "sentAt"`,
    [id],
  );
  return confirmed ? applyDelta(tx, campaignId, { unconfirmed: -1, sent: 1 }, confirmed.sentAt) : null;
}

/** It is late and may still arrive: a line in the recipient's timeline, once for the same words. */
export async function noteDelay(
  tx: WorkspaceTransaction,
  { id }: WrittenTo,
  { reason, code, text }: Said,
): Promise<boolean> {
  // Of the same report twice at once the second sees the first; and whoever is erased meanwhile has no timeline any more.
  await tx.query(`SELECT FROM recipient WHERE id = $1 FOR NO KEY UPDATE`, [id]);
  const noted = await tx.query(
    `INSERT INTO attempt (workspace_id, campaign_id, recipient_id, run_id, number, at, outcome, reason, code, message)
     SELECT r.workspace_id, r.campaign_id, r.id, run.id, r.tries, statement_timestamp(), 'retry', $2, $3, $4
     FROM recipient r JOIN LATERAL (SELECT id FROM run WHERE campaign_id = r.campaign_id ORDER BY number DESC LIMIT 1) run ON true
     WHERE r.id = $1 AND r.erased_at IS NULL AND NOT EXISTS (
       SELECT FROM attempt a WHERE a.recipient_id = r.id AND a.run_id = run.id
         AND a.code IS NOT DISTINCT FROM $3 AND a.message IS NOT DISTINCT FROM $4)
     RETURNING id`,
    [id, reason, code, text],
  );
  return noted.length > 0;
}

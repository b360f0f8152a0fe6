/**
 * An answer stops the reminders that wait to go to the customer, in its own transaction. In the order of locks: the runs
 * of the reminders, batches, recipients, then (after the answer) the counters. One that is being added at this very moment
 * is not seen here; the claim that would take it looks for answers.
 */
import { applyDelta, type Counters } from "../campaigns/counters.store.ts";
import { batchesWith, takeOutOfBatch } from "../dispatch/batch.store.ts";
import { ANSWERED } from "../dispatch/hold.ts";
import type { WorkspaceTransaction } from "../platform/database.ts";

/** A reminder that was stopped: its recipient in the reminder's campaign. */
export interface Stopped {
  id: string;
  campaignId: string;
  position: number;
  tries: number;
}

/**
 * Skips the customer's reminders that wait. One in a worker's hands is left: it may be leaving at this moment, and to wait
 * for it would keep the customer waiting. Comes before the customer's own lock.
 */
export async function stopReminders(tx: WorkspaceTransaction, recipientId: string): Promise<Stopped[]> {
  const waiting = await holdWaiting(tx, recipientId);
  if (waiting.length === 0) return [];
  const holdings = await batchesWith(
    tx,
    waiting.map(({ id }) => id),
  );
  const inHand = new Set(holdings.filter(({ isOwned }) => isOwned).map((holding) => holding.recipientId));
  const stopped = await skipWaiting(
    tx,
    waiting.filter(({ id }) => !inHand.has(id)),
  );
  for (const reminder of stopped) {
    const holding = holdings.find((one) => one.recipientId === reminder.id);
    if (holding) await takeOutOfBatch(tx, holding.id, reminder);
  }
  return stopped;
}

/** Counts them as skipped, in the order of the campaigns' ids. Comes last, after the answered campaign's own counters. */
export async function countStopped(
  tx: WorkspaceTransaction,
  stopped: readonly Stopped[],
): Promise<{ counters: Counters; position: number }[]> {
  const counted = [];
  for (const { campaignId, position, tries } of stopped) {
    const from = tries === 0 ? "queued" : "retrying";
    counted.push({ counters: await applyDelta(tx, campaignId, { skipped: 1, [from]: -1 }), position });
  }
  return counted;
}

/**
 * The customer's queued reminders. Nobody claims of their campaigns for the rest of the transaction. They are found by their
 * address before it is asked who is queued: Postgres may take the queue, which filled since it last looked, for an empty
 * one, and would read all of it for each answer.
 */
async function holdWaiting(tx: WorkspaceTransaction, recipientId: string): Promise<Stopped[]> {
  return tx.query(
    `WITH reminded AS MATERIALIZED (
       SELECT r.id, r.campaign_id, r.position, r.tries, r.status
       FROM recipient first JOIN campaign c ON c.reminds_id = first.campaign_id
       JOIN recipient r ON r.campaign_id = c.id AND r.address_key = first.address_key
       WHERE first.id = $1 AND r.reminds_id = first.id
     )
     SELECT r.id, r.campaign_id AS "campaignId", r.position, r.tries
     FROM reminded r JOIN run ON run.campaign_id = r.campaign_id AND run.status = 'active'
     WHERE r.status = 'queued'
     ORDER BY run.id FOR UPDATE OF run`,
    [recipientId],
  );
}

async function skipWaiting(tx: WorkspaceTransaction, waiting: readonly Stopped[]): Promise<Stopped[]> {
  const stopped = await tx.query<Stopped>(
    `UPDATE recipient SET status = 'skipped', reason = $2, error = $3, error_code = NULL, due_at = NULL, held_by = NULL,
            activity_at = statement_timestamp()
     WHERE id = ANY($1::uuid[]) AND status = 'queued'
     RETURNING id, campaign_id AS "campaignId", position, tries`,
    [waiting.map(({ id }) => id), ANSWERED.because, ANSWERED.words],
  );
  return stopped.sort((a, b) => (a.campaignId < b.campaignId ? -1 : 1));
}

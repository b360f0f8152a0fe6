import type { WorkspaceTransaction } from "../platform/database.ts";
import { quarterOf } from "../campaigns/rollup.store.ts";
import { carried, type Throttle } from "../campaigns/throttle.ts";
import type { Failed } from "./failure-tally.store.ts";
import { millisecondsOf, timestampOf } from "./lane.store.ts";
import { newId } from "../platform/id.ts";

export type RunKind = "first" | "retry" | "resend";

/** Starts a pass over the campaign's queued recipients, unless one is under way already. */
export async function startRun(tx: WorkspaceTransaction, campaignId: string, kind: RunKind): Promise<void> {
  await tx.query(
    `INSERT INTO run (id, workspace_id, campaign_id, number, kind)
     SELECT $1, $2, $3, (SELECT count(*) + 1 FROM run WHERE campaign_id = $3), $4
     WHERE NOT EXISTS (SELECT FROM run WHERE campaign_id = $3 AND status = 'active')`,
    [newId(), tx.workspaceId, campaignId, kind],
  );
}

/**
 * Puts failed recipients back into the queue with all their tries, all of them or those of some reasons, and answers
 * how many there were of each reason and time.
 */
export async function requeueFailed(
  tx: WorkspaceTransaction,
  campaignId: string,
  reasons: readonly string[] | null,
): Promise<Failed[]> {
  return tx.query(
    `WITH before AS MATERIALIZED (
       SELECT id, reason, activity_at FROM recipient
       WHERE campaign_id = $1 AND status = 'failed' AND erased_at IS NULL AND ($2::text[] IS NULL OR reason = ANY($2))
       ${UNLESS_IN_OTHER_HANDS}
     ), again AS (
       UPDATE recipient r SET ${AS_NEW} FROM before WHERE r.id = before.id
       RETURNING coalesce(before.reason, 'other') AS reason, ${quarterOf("before.activity_at")} AS at
     )
     SELECT reason, at, count(*)::int AS count FROM again GROUP BY reason, at`,
    [campaignId, reasons],
  );
}

/** The same with those whose answer got lost. */
export async function requeueUnconfirmed(tx: WorkspaceTransaction, campaignId: string): Promise<number> {
  const [{ count } = { count: 0 }] = await tx.query<{ count: number }>(
    `WITH before AS MATERIALIZED (
       SELECT id FROM recipient WHERE campaign_id = $1 AND status = 'unconfirmed' AND erased_at IS NULL
       ${UNLESS_IN_OTHER_HANDS}
     ), again AS (
       UPDATE recipient r SET ${AS_NEW} FROM before WHERE r.id = before.id RETURNING r.id
     )
     SELECT count(*)::int AS count FROM again`,
    [campaignId],
  );
  return count;
}

// The campaign is locked before the recipients here, the other way round than everywhere else. Whoever has one of them in
// hand (the customer opens the page, a late answer arrives) waits for the campaign: to wait for them would be for ever.
const UNLESS_IN_OTHER_HANDS = `FOR NO KEY UPDATE SKIP LOCKED`;

const AS_NEW = `status = 'queued', tries = 0, due_at = NULL, held_by = NULL, reason = NULL, error = NULL, error_code = NULL,
  activity_at = statement_timestamp()`;

/** Lets a throttle that was changed take over at once, however far the one before had gone ahead. Locks the run. */
export async function carryOver(tx: WorkspaceTransaction, campaignId: string, throttle: Throttle): Promise<void> {
  const [run] = await tx.query<{ id: string; nextAt: number; now: number }>(
    `SELECT id, ${millisecondsOf("next_at")} AS "nextAt", ${millisecondsOf("clock_timestamp()")} AS now
     FROM run WHERE campaign_id = $1 AND status = 'active' FOR UPDATE`,
    [campaignId],
  );
  if (!run) return;
  const nextAt = carried(throttle, run.nextAt, run.now);
  await tx.query(`UPDATE run SET next_at = ${timestampOf("$2::float8")} WHERE id = $1`, [run.id, nextAt]);
}

/** Whoever is held by quiet hours or a limit is looked at again by the next claims. Locks the run. */
export async function recheckHeld(tx: WorkspaceTransaction, campaignId: string): Promise<void> {
  await tx.query(`UPDATE run SET recheck_held = true WHERE campaign_id = $1 AND status = 'active'`, [campaignId]);
}

/** Which kind of run is under way, or null where none is. */
export async function activeRun(tx: WorkspaceTransaction, campaignId: string): Promise<RunKind | null> {
  const [run] = await tx.query<{ kind: RunKind }>(`SELECT kind FROM run WHERE campaign_id = $1 AND status = 'active'`, [
    campaignId,
  ]);
  return run?.kind ?? null;
}

/** The same for all campaigns that go out through a transport. Comes before the lane in the order of locks. */
export async function recheckHeldThrough(tx: WorkspaceTransaction, transportId: string): Promise<void> {
  await tx.query(
    `UPDATE run SET recheck_held = true WHERE id IN (
       SELECT r.id FROM run r JOIN campaign c ON c.id = r.campaign_id
       WHERE c.transport_id = $1 AND r.status = 'active' ORDER BY r.id FOR UPDATE OF r)`,
    [transportId],
  );
}

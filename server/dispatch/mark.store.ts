import { changedBy, COUNTERS, type Counters, type RawCounters, toCounters } from "../campaigns/counters.store.ts";
import { quarterOf, sentNow } from "../campaigns/rollup.store.ts";
import { CampaignStatus } from "../campaigns/lifecycle.ts";
import { tellFailed } from "./tell-failed.ts";
import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { type ClaimedBatch, pauseIn, unsettled } from "./dispatch.store.ts";
import { type FailureLimit, tooManyFailed } from "./failure-limit.ts";
import { addToTally } from "./failure-tally.store.ts";
import type { Settlement } from "./outcome.ts";

export type Mark =
  | { kind: "ours"; status: CampaignStatus; counters: Counters | null }
  /** Another worker's epoch, or no such batch: nothing was written. */
  | { kind: "lost" };

export type MarkedBatch = Pick<ClaimedBatch, "id" | "workspaceId" | "campaignId" | "workerId" | "epoch" | "kind">;

/**
 * One step of a batch, in one transaction: writes down the outcomes that are in, and opens the sends up to
 * `openTo` if the campaign is still sending. Once it has committed with that status those may leave. A repeated
 * call with the same outcomes changes nothing more. Where too many failed, it pauses the campaign.
 */
export function mark(
  database: Database,
  batch: MarkedBatch,
  step: { settlements: Settlement[]; openTo: number | null },
): Promise<Mark> {
  return database.inWorkspace(batch.workspaceId, async (tx) => {
    const marked = await settleAndOpen(tx, batch, step);
    if (!marked) return { kind: "lost" };
    const { status, counters, reasons, failedIds } = marked;
    if (!counters) return { kind: "ours", status, counters };
    const paused = reasons && failedIds ? await failedIn(tx, counters, { reasons, failedIds }, marked) : null;
    return { kind: "ours", status: (paused ?? counters).status, counters: paused ?? counters };
  });
}

/** Counts the failures by reason, pauses where they are too many, and tells whoever listens. */
async function failedIn(
  tx: WorkspaceTransaction,
  counters: Counters,
  { reasons, failedIds }: { reasons: string[]; failedIds: string[] },
  { failedAt, ...limit }: FailureLimit & { failedAt: Date },
): Promise<Counters | null> {
  const failedBy = new Map<string, number>();
  for (const reason of reasons) failedBy.set(reason, (failedBy.get(reason) ?? 0) + 1);
  await addToTally(tx, counters.campaignId, failedAt, failedBy);
  const words = tooManyFailed(counters, limit);
  const paused = words ? await pauseIn(tx, counters.campaignId, words) : null;
  const failed = failedIds.map((recipientId, i) => ({ recipientId, reason: reasons[i] ?? null }));
  await tellFailed(tx, counters.campaignId, failed, { bounced: false });
  return paused;
}

interface Marked extends FailureLimit {
  status: CampaignStatus;
  /** Null where no row changed. */
  counters: Counters | null;
  /** Of each that failed. */
  reasons: string[] | null;
  failedAt: Date;
  /** The same in the same order: their ids. */
  failedIds: string[] | null;
}

// A mark is made for every few messages of a transport that cannot recognise a repeat, and they wait for it: so it is
// one statement, read and planned once. It locks in the order of all others: batch, recipients, campaign.
async function settleAndOpen(
  tx: WorkspaceTransaction,
  batch: MarkedBatch,
  { settlements, openTo }: { settlements: Settlement[]; openTo: number | null },
): Promise<Marked | null> {
  const clean = settlements.filter((s) => s.status === "sent").map((s) => s.position);
  const others = settlements.filter((s) => s.status !== "sent");
  const [row] = await tx.prepared<MarkRow>(`mark ${batch.kind}`, STATEMENTS[batch.kind], [
    ...[batch.id, batch.workerId, batch.epoch, batch.campaignId, clean],
    others.map((s) => s.position),
    others.map((s) => s.outcome),
    others.map((s) => s.status),
    others.map((s) => s.delayMs),
    others.map((s) => Number(s.counts)),
    others.map((s) => s.reason),
    others.map((s) => s.code),
    others.map((s) => s.error),
    openTo,
  ]);
  if (!row) return null;
  const { heldStatus, reasons, failedIds, failedAt, pauseAtFailureShare, failedBefore, settledBefore, ...counters } =
    row;
  const limit = { pauseAtFailureShare, failedBefore, settledBefore };
  return {
    ...limit,
    status: heldStatus,
    reasons,
    failedAt,
    failedIds,
    counters: isChanged(counters) ? toCounters(counters) : null,
  };
}

// Who is settled already is not settled again, so maybe nobody was.
function isChanged(counters: RawCounters | Record<keyof RawCounters, null>): counters is RawCounters {
  return counters.seq !== null;
}

type MarkRow = (RawCounters | Record<keyof RawCounters, null>) &
  FailureLimit & { heldStatus: CampaignStatus; reasons: string[] | null; failedIds: string[] | null; failedAt: Date };

// A sender that is told to stop opens nothing: what it would not start would be in doubt after a crash.
const statement = (kind: ClaimedBatch["kind"]) => `
  WITH held AS MATERIALIZED (
    SELECT b.id, b.workspace_id, b.campaign_id, b.run_id, b.from_position, b.to_position, b.positions, b.claimed_at,
           b.remaining, c.status, c.pause_at_failure_share, c.failed_before, c.settled_before
    FROM batch b JOIN campaign c ON c.id = b.campaign_id
    WHERE b.id = $1 AND b.worker_id = $2 AND b.epoch = $3 FOR UPDATE OF b
  ), answer AS (
    SELECT position, 'sent' AS outcome, 'sent' AS status, NULL::int AS delay_ms, 1 AS counts, NULL AS reason,
           NULL AS code, NULL AS error
    FROM unnest($5::int[]) AS position
    UNION ALL
    SELECT * FROM unnest($6::int[], $7::text[], $8::text[], $9::int[], $10::int[], $11::text[], $12::text[], $13::text[])
  ), settled AS (
    UPDATE recipient r
       SET status = answer.status, attempts = r.attempts + answer.counts, tries = r.tries + answer.counts,
           due_at = statement_timestamp() + answer.delay_ms * interval '1 millisecond',
           held_by = CASE WHEN answer.counts = 0 THEN 'circuit' END,
           sent_at = CASE WHEN answer.status = 'sent' THEN statement_timestamp() END,
           activity_at = statement_timestamp(), reason = answer.reason, error_code = answer.code, error = answer.error
      FROM held b, answer
     WHERE r.campaign_id = $4 AND r.position = answer.position AND ${unsettled(kind)}
    RETURNING r.id, r.tries, r.status, answer.outcome, answer.counts, answer.reason, answer.code, answer.error
  ), noted AS (
    INSERT INTO attempt (workspace_id, campaign_id, recipient_id, run_id, number, at, outcome, reason, code, message)
    SELECT held.workspace_id, held.campaign_id, settled.id, held.run_id, settled.tries, statement_timestamp(),
           settled.outcome, settled.reason, settled.code, settled.error
    FROM settled, held WHERE settled.outcome <> 'sent' OR settled.tries > 1
  ), tally AS (
    SELECT count(*)::int AS settled, (count(*) FILTER (WHERE tries = counts))::int AS first_tries,
           (count(*) FILTER (WHERE status IN ('sent', 'failed', 'unconfirmed')))::int AS ended,
           -count(*)::int AS sending, 0 AS skipped, 0 AS total,
           (count(*) FILTER (WHERE status = 'sent'))::int AS sent,
           (count(*) FILTER (WHERE status = 'failed'))::int AS failed,
           (count(*) FILTER (WHERE status = 'unconfirmed'))::int AS unconfirmed,
           (count(*) FILTER (WHERE status = 'queued' AND tries > 0))::int AS retrying,
           (count(*) FILTER (WHERE status = 'queued' AND tries = 0))::int AS queued,
           array_agg(reason) FILTER (WHERE status = 'failed') AS reasons,
           array_agg(id) FILTER (WHERE status = 'failed') AS failed_ids
    FROM settled
  ), kept AS (
    UPDATE batch b
       SET opened_to = CASE WHEN held.status = 'processing' THEN greatest(b.opened_to, $14) ELSE b.opened_to END,
           remaining = b.remaining - tally.settled, first_tries = b.first_tries - tally.first_tries
      FROM held, tally WHERE b.id = held.id AND tally.settled < held.remaining
  ), ended AS (
    DELETE FROM batch b USING held, tally WHERE b.id = held.id AND tally.settled >= held.remaining
  ), changed AS (
    UPDATE campaign SET ${changedBy((name) => `tally.${name}`, "tally.ended")}
      FROM tally WHERE id = $4 AND tally.settled > 0
    RETURNING ${COUNTERS}
  ), rolled AS (
    ${sentNow("changed CROSS JOIN tally", "tally.sent")}
  )
  SELECT held.status AS "heldStatus", held.pause_at_failure_share AS "pauseAtFailureShare",
         held.failed_before AS "failedBefore", held.settled_before AS "settledBefore", tally.reasons,
         tally.failed_ids AS "failedIds", ${quarterOf("statement_timestamp()")} AS "failedAt", changed.*
  FROM held CROSS JOIN tally LEFT JOIN changed ON true`;

const STATEMENTS = { range: statement("range"), due: statement("due") };

import { askedCampaigns, quarterOf } from "../campaigns/rollup.store.ts";
import type { WorkspaceTransaction } from "../platform/database.ts";

/**
 * Adds to how many recipients stand at failed for which reason, since when: the time by their rows (`activity_at`). Call it in the transaction that changes their rows, with
 * the campaign locked: so two of them cannot wait for each other.
 */
export async function addToTally(
  tx: WorkspaceTransaction,
  campaignId: string,
  failedAt: Date,
  counts: ReadonlyMap<string, number>,
): Promise<void> {
  await tx.query(
    `INSERT INTO failure_tally AS t (workspace_id, campaign_id, at, reason, count)
     SELECT $1, $2, ${quarterOf("$3::timestamptz")}, * FROM unnest($4::text[], $5::int[]) AS g (reason, count)
     ON CONFLICT (campaign_id, reason, at) DO UPDATE SET count = t.count + excluded.count`,
    [tx.workspaceId, campaignId, failedAt, [...counts.keys()], [...counts.values()]],
  );
}

/** So many who had failed for a reason, in the quarter of an hour that began then. */
export interface Failed {
  reason: string;
  at: Date;
  count: number;
}

/** The other way round: those who are failed no more. */
export async function takeFromTally(
  tx: WorkspaceTransaction,
  campaignId: string,
  failed: readonly Failed[],
): Promise<void> {
  await tx.query(
    `UPDATE failure_tally t SET count = t.count - g.count
     FROM unnest($2::text[], $3::timestamptz[], $4::int[]) AS g (reason, at, count)
     WHERE t.campaign_id = $1 AND t.reason = g.reason AND t.at = g.at`,
    [campaignId, failed.map(({ reason }) => reason), failed.map(({ at }) => at), failed.map(({ count }) => count)],
  );
}

/** How many stand at failed for a reason. */
export interface FailureCount {
  reason: string;
  count: number;
}

/** Of one campaign, the most frequent first. */
export function failureTally(tx: WorkspaceTransaction, campaignId: string): Promise<FailureCount[]> {
  return tx.query(
    `SELECT reason, sum(count)::int AS count FROM failure_tally WHERE campaign_id = $1
     GROUP BY reason HAVING sum(count) > 0 ORDER BY count DESC, reason`,
    [campaignId],
  );
}

/** Of these campaigns, or all of the workspace, those who failed in a time of whole quarters of an hour. */
export function failuresBetween(
  tx: WorkspaceTransaction,
  { from, to }: { from: Date; to: Date },
  campaignIds: readonly string[] | null,
): Promise<FailureCount[]> {
  return tx.query(
    `SELECT reason, sum(count)::int AS count FROM failure_tally
     WHERE workspace_id = $1 AND at >= $2 AND at < $3 AND ${askedCampaigns("$1", "$4")}
     GROUP BY reason HAVING sum(count) > 0 ORDER BY count DESC, reason`,
    [tx.workspaceId, from, to, campaignIds],
  );
}

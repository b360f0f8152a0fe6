import type { WorkspaceTransaction } from "../platform/database.ts";

/**
 * Adds to how many recipients stand at failed for which reason. Call it in the transaction that changes their rows, with
 * the campaign locked: so two of them cannot wait for each other.
 */
export async function addToTally(
  tx: WorkspaceTransaction,
  campaignId: string,
  counts: ReadonlyMap<string, number>,
): Promise<void> {
  await tx.query(
    `INSERT INTO failure_tally AS t (workspace_id, campaign_id, reason, count)
     SELECT $1, $2, * FROM unnest($3::text[], $4::int[]) AS g (reason, count)
     ON CONFLICT (campaign_id, reason) DO UPDATE SET count = t.count + excluded.count`,
    [tx.workspaceId, campaignId, [...counts.keys()], [...counts.values()]],
  );
}

/** The other way round: those who are failed no more. */
export async function takeFromTally(
  tx: WorkspaceTransaction,
  campaignId: string,
  counts: ReadonlyMap<string, number>,
): Promise<void> {
  await tx.query(
    `UPDATE failure_tally t SET count = t.count - g.count FROM unnest($2::text[], $3::int[]) AS g (reason, count)
     WHERE t.campaign_id = $1 AND t.reason = g.reason`,
    [campaignId, [...counts.keys()], [...counts.values()]],
  );
}

/** How many stand at failed for which reason, the most frequent first. */
export function failureTally(
  tx: WorkspaceTransaction,
  campaignId: string,
): Promise<{ reason: string; count: number }[]> {
  return tx.query(
    `SELECT reason, count FROM failure_tally WHERE campaign_id = $1 AND count > 0 ORDER BY count DESC, reason`,
    [campaignId],
  );
}

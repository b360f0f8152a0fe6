import type { WorkspaceTransaction } from "../platform/database.ts";
import { newId } from "../platform/id.ts";

/** Starts a pass over the campaign's queued recipients, unless one is under way already. */
export async function startRun(tx: WorkspaceTransaction, campaignId: string, kind: "first" | "retry"): Promise<void> {
  await tx.query(
    `INSERT INTO run (id, workspace_id, campaign_id, number, kind)
     SELECT $1, $2, $3, (SELECT count(*) + 1 FROM run WHERE campaign_id = $3), $4
     WHERE NOT EXISTS (SELECT FROM run WHERE campaign_id = $3 AND status = 'active')`,
    [newId(), tx.workspaceId, campaignId, kind],
  );
}

/** Puts the failed recipients back into the queue with all their tries, and answers how many there were. */
export async function requeueFailed(tx: WorkspaceTransaction, campaignId: string): Promise<number> {
  const [{ count } = { count: 0 }] = await tx.query<{ count: number }>(
    `WITH again AS (
       UPDATE recipient SET status = 'queued', tries = 0, due_at = NULL, error = NULL, error_code = NULL,
              activity_at = statement_timestamp()
       WHERE campaign_id = $1 AND status = 'failed' RETURNING id
     )
     SELECT count(*)::int AS count FROM again`,
    [campaignId],
  );
  return count;
}

/** Which kind of run is under way, or null where none is. */
export async function activeRun(tx: WorkspaceTransaction, campaignId: string): Promise<"first" | "retry" | null> {
  const [run] = await tx.query<{ kind: "first" | "retry" }>(
    `SELECT kind FROM run WHERE campaign_id = $1 AND status = 'active'`,
    [campaignId],
  );
  return run?.kind ?? null;
}

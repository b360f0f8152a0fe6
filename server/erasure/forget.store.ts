import type { Database } from "../platform/database.ts";

/** Campaigns of all workspaces that ended so many days ago and whose recipients are still somebody; the oldest first. */
export function campaignsToForget(
  database: Database,
  days: number,
): Promise<{ workspaceId: string; campaignId: string }[]> {
  return database.query(
    `SELECT workspace_id AS "workspaceId", campaign_id AS "campaignId" FROM campaigns_to_forget($1)`,
    [days],
  );
}

/** Removes some caught mails that are older than so many days; answers how many. */
export async function removeOldCaughtMail(database: Database, days: number): Promise<number> {
  const [row] = await database.query<{ removed: number }>(`SELECT remove_old_caught_mail($1) AS removed`, [days]);
  return row?.removed ?? 0;
}

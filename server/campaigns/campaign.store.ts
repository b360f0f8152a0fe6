import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { Campaign, type Channel } from "./campaign.ts";
import type { NewCampaign } from "./create-campaign.ts";
import type { CampaignStatus } from "./lifecycle.ts";

export function findCampaign(database: Database, workspaceId: string, id: string): Promise<Campaign | null> {
  return database.inWorkspace(workspaceId, (tx) => campaignIn(tx, id));
}

export function campaignIn(tx: WorkspaceTransaction, id: string): Promise<Campaign | null> {
  return tx.entities.findOneBy(Campaign, { id, workspaceId: tx.workspaceId });
}

export async function insertCampaign(tx: WorkspaceTransaction, id: string, campaign: NewCampaign): Promise<void> {
  await tx.query(
    `INSERT INTO campaign (id, workspace_id, name, channel, transport, subject, body, simulation)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      id,
      tx.workspaceId,
      campaign.name,
      campaign.channel,
      campaign.transport,
      campaign.subject,
      campaign.body,
      campaign.simulation && JSON.stringify(campaign.simulation),
    ],
  );
}

interface LockedCampaign {
  name: string;
  channel: Channel;
  status: CampaignStatus;
  total: number;
  failed: number;
}

/** Takes the campaign's row lock until the transaction ends, and tells what a decision about it needs. */
export async function lockCampaign(tx: WorkspaceTransaction, id: string): Promise<LockedCampaign | null> {
  const [campaign] = await tx.query<LockedCampaign>(
    `SELECT name, channel, status, total, failed FROM campaign WHERE id = $1 FOR UPDATE`,
    [id],
  );
  return campaign ?? null;
}

/** Newest first, by keyset on the id; one row more than `first` tells whether a page follows. */
export function listCampaigns(
  database: Database,
  workspaceId: string,
  { first, afterId, search, status }: { first: number; afterId?: string; search?: string; status?: CampaignStatus },
): Promise<Campaign[]> {
  return database.inWorkspace(workspaceId, (tx) => {
    const list = tx.entities
      .createQueryBuilder(Campaign, "campaign")
      .where("campaign.workspaceId = :workspaceId", { workspaceId })
      .orderBy("campaign.id", "DESC")
      .limit(first + 1);
    if (afterId) list.andWhere("campaign.id < :afterId", { afterId });
    if (status) list.andWhere("campaign.status = :status", { status });
    if (search) list.andWhere("position(lower(:search) in lower(campaign.name)) > 0", { search });
    return list.getMany();
  });
}

/**
 * Moves the campaign to `to` if it stands in one of `from`, as one conditional UPDATE: of any number of callers
 * at once exactly one gets true. Counts as a change, so watchers hear of it.
 */
export async function changeStatus(
  tx: WorkspaceTransaction,
  id: string,
  {
    from,
    to,
    reason,
    by,
  }: { from: readonly CampaignStatus[]; to: CampaignStatus; reason?: string | null; by?: string | null },
): Promise<boolean> {
  const changed = await tx.query(
    `UPDATE campaign
        SET status = $3, status_reason = $4, status_by = $5, status_changed_at = clock_timestamp(), seq = seq + 1,
            updated_at = clock_timestamp(),
            started_at = CASE WHEN $3 = 'processing' THEN coalesce(started_at, clock_timestamp()) ELSE started_at END,
            completed_at = CASE WHEN $3 = 'completed' THEN clock_timestamp() ELSE completed_at END
      WHERE id = $1 AND status = ANY($2)
      RETURNING id`,
    [id, from, to, reason ?? null, by ?? null],
  );
  return changed.length > 0;
}

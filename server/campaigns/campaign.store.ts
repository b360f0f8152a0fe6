import { In } from "typeorm";
import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { Campaign, type Channel } from "./campaign.ts";
import type { NewCampaign } from "./create-campaign.ts";
import type { CampaignStatus } from "./lifecycle.ts";
import type { QuietHours } from "./quiet-hours.ts";
import type { Throttle } from "./throttle.ts";

export function findCampaign(database: Database, workspaceId: string, id: string): Promise<Campaign | null> {
  return database.inWorkspace(workspaceId, (tx) => campaignIn(tx, id));
}

export function campaignIn(tx: WorkspaceTransaction, id: string): Promise<Campaign | null> {
  return tx.entities.findOneBy(Campaign, { id, workspaceId: tx.workspaceId });
}

/** In no order; ids that are none of the workspace's are left out. */
export function campaignsById(tx: WorkspaceTransaction, ids: readonly string[]): Promise<Campaign[]> {
  return tx.entities.findBy(Campaign, { id: In(ids), workspaceId: tx.workspaceId });
}

export async function campaignNameIn(tx: WorkspaceTransaction, id: string): Promise<string> {
  const [campaign] = await tx.query<{ name: string }>(`SELECT name FROM campaign WHERE id = $1`, [id]);
  if (!campaign) throw new Error(`campaign ${id} is gone`);
  return campaign.name;
}

export async function insertCampaign(tx: WorkspaceTransaction, id: string, campaign: NewCampaign): Promise<void> {
  await tx.query(
    `INSERT INTO campaign (id, workspace_id, name, channel, transport, transport_id, subject, body, html, simulation,
                           throttle_messages, throttle_per, quiet_hours, pause_at_failure_share)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      ...[id, tx.workspaceId, campaign.name, campaign.channel, campaign.transport, campaign.transportId ?? null],
      ...[campaign.subject, campaign.body, campaign.html ?? null],
      campaign.simulation && JSON.stringify(campaign.simulation),
      ...[campaign.throttle?.messages ?? null, campaign.throttle?.per ?? null],
      campaign.quietHours ? JSON.stringify(campaign.quietHours) : null,
      campaign.pauseAtFailureShare ?? null,
    ],
  );
}

/** What a campaign says, and through which channel. */
export function messageOf(
  database: Database,
  workspaceId: string,
  id: string,
): Promise<Pick<Campaign, "channel" | "subject" | "body" | "html">> {
  return database.inWorkspace(workspaceId, async (tx) => {
    const [message] = await tx.query<Pick<Campaign, "channel" | "subject" | "body" | "html">>(
      `SELECT channel, subject, body, html FROM campaign WHERE id = $1`,
      [id],
    );
    if (!message) throw new Error(`campaign ${id} is gone`);
    return message;
  });
}

export interface LockedCampaign {
  name: string;
  channel: Channel;
  status: CampaignStatus;
  total: number;
  failed: number;
  /** Whether its recipients come by themselves, since they did not answer another campaign. */
  isReminder: boolean;
  /** The workspace's. */
  timeZone: string;
  /** The database's clock, milliseconds since 1970. */
  now: number;
}

/** Takes the campaign's row lock until the transaction ends, and tells what a decision about it needs. */
export async function lockCampaign(tx: WorkspaceTransaction, id: string): Promise<LockedCampaign | null> {
  const [campaign] = await tx.query<LockedCampaign>(
    `SELECT c.name, c.channel, c.status, c.total, c.failed, c.reminds_id IS NOT NULL AS "isReminder", w.time_zone AS "timeZone",
            extract(epoch FROM clock_timestamp())::float8 * 1000 AS now
     FROM campaign c JOIN workspace w ON w.id = c.workspace_id WHERE c.id = $1 FOR UPDATE OF c`,
    [id],
  );
  return campaign ?? null;
}

/** The campaigns that remind the customers of this one, in the order of their ids. */
export async function reminderCampaignsOf(tx: WorkspaceTransaction, id: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(`SELECT id FROM campaign WHERE reminds_id = $1 ORDER BY id`, [id]);
  return rows.map((row) => row.id);
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

/** When it starts by itself; null: not. Its status is the caller's to change. */
export async function setSchedule(
  tx: WorkspaceTransaction,
  id: string,
  schedule: { at: Date; zone: string } | null,
): Promise<void> {
  await tx.query(`UPDATE campaign SET scheduled_at = $2, scheduled_zone = $3 WHERE id = $1`, [
    ...[id, schedule?.at ?? null, schedule?.zone ?? null],
  ]);
}

/** Starts a scheduled campaign whose time has come, or sends it back to wait where it has nobody to write to. */
export async function startIfDue(tx: WorkspaceTransaction, id: string): Promise<boolean> {
  const started = await tx.query(
    `UPDATE campaign
        SET status = CASE WHEN total > 0 THEN 'processing' ELSE 'pending' END,
            status_reason = CASE WHEN total = 0 THEN 'Its time came, but there was nobody to send to.' END,
            status_by = NULL, status_changed_at = clock_timestamp(), seq = seq + 1, updated_at = clock_timestamp(),
            started_at = CASE WHEN total > 0 THEN coalesce(started_at, clock_timestamp()) END
      WHERE id = $1 AND status = 'scheduled' AND scheduled_at <= clock_timestamp() RETURNING id`,
    [id],
  );
  return started.length > 0;
}

/** The share of failures at which it pauses by itself counts from now on; `requeued` failed ones are to be tried again. */
export async function countFailuresFromHere(tx: WorkspaceTransaction, id: string, requeued = 0): Promise<void> {
  await tx.query(
    `UPDATE campaign SET failed_before = failed - $2, settled_before = sent + failed + unconfirmed - $2 WHERE id = $1`,
    [id, requeued],
  );
}

export async function setThrottleOf(tx: WorkspaceTransaction, id: string, throttle: Throttle | null): Promise<void> {
  await changed(tx, `throttle_messages = $2, throttle_per = $3`, [
    ...[id, throttle?.messages ?? null, throttle?.per ?? null],
  ]);
}

export async function setQuietHoursOf(
  tx: WorkspaceTransaction,
  id: string,
  quietHours: QuietHours | null,
): Promise<void> {
  await changed(tx, `quiet_hours = $2`, [id, quietHours && JSON.stringify(quietHours)]);
}

export async function setFailureShare(tx: WorkspaceTransaction, id: string, share: number | null): Promise<void> {
  await changed(tx, `pause_at_failure_share = $2`, [id, share]);
}

// Counts as a change, so watchers hear of it.
async function changed(tx: WorkspaceTransaction, columns: string, parameters: unknown[]): Promise<void> {
  await tx.query(
    `UPDATE campaign SET ${columns}, seq = seq + 1, updated_at = clock_timestamp() WHERE id = $1`,
    parameters,
  );
}

/** What a configured transport is, for the campaign that is to use it; null when the workspace has none with that id. */
export async function transportKindOf(tx: WorkspaceTransaction, id: string): Promise<string | null> {
  const [transport] = await tx.query<{ kind: string }>(`SELECT kind FROM transport WHERE id = $1`, [id]);
  return transport?.kind ?? null;
}

import { announce } from "../campaigns/announce.ts";
import { countFailuresFromHere, lockCampaign, setSchedule, startIfDue } from "../campaigns/campaign.store.ts";
import type { CampaignPayload } from "../campaigns/campaign-payload.ts";
import { readCounters } from "../campaigns/counters.store.ts";
import { CampaignStatus } from "../campaigns/lifecycle.ts";
import { instantOf } from "../campaigns/schedule.ts";
import type { Database } from "../platform/database.ts";
import type { Topics } from "../platform/topics.ts";
import { userError, UserErrorCode } from "../platform/user-error.ts";
import { become, decide, type Doors, type Request } from "./decide.ts";
import type { CampaignRef } from "./dispatch.store.ts";
import { startRun } from "./run.store.ts";

export interface ScheduleRequest extends Request {
  /** As a clock on the wall shows it there, `2026-12-01T09:00`; null takes it off the schedule. */
  at?: string | null;
  timeZone?: string | null;
}

/** Lets it start by itself at a time, which may be changed until then. In the past it is refused. */
export function scheduleCampaign(doors: Doors, request: ScheduleRequest): Promise<CampaignPayload> {
  const { campaignId, at, timeZone } = request;
  if (!at)
    return decide(doors, "unschedule", request, async (tx) => {
      await setSchedule(tx, campaignId, null);
      return become(doors, tx, "unschedule", campaignId, CampaignStatus.PENDING);
    });
  return decide(doors, "schedule", request, async (tx, campaign) => {
    const zone = timeZone ?? campaign.timeZone;
    const read = instantOf(at, zone);
    if ("problem" in read)
      return [userError(UserErrorCode.INVALID, read.field === "zone" ? "timeZone" : "at", read.problem)];
    if (read.at.getTime() <= campaign.now)
      return [userError(UserErrorCode.INVALID, "at", "This time has passed. Dispatch the campaign to start it now.")];
    await setSchedule(tx, campaignId, { at: read.at, zone });
    return become(doors, tx, "schedule", campaignId, CampaignStatus.SCHEDULED);
  });
}

/** Starts a campaign whose time has come: once, of however many workers look. Without recipients it waits again. */
export async function startScheduled(
  database: Database,
  topics: Topics,
  { workspaceId, campaignId }: CampaignRef,
): Promise<void> {
  const counters = await database.inWorkspace(workspaceId, async (tx) => {
    const campaign = await lockCampaign(tx, campaignId);
    if (!campaign || !(await startIfDue(tx, campaignId))) return null;
    if (campaign.total > 0) {
      await countFailuresFromHere(tx, campaignId);
      await startRun(tx, campaignId, "first");
    }
    return readCounters(tx, campaignId);
  });
  if (counters) announce(topics, counters, "all");
}

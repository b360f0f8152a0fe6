import type { CampaignPayload } from "../campaigns/campaign-payload.ts";
import { changeStatus, countFailuresFromHere, reminderCampaignsOf } from "../campaigns/campaign.store.ts";
import { ALLOWED_FROM, CampaignStatus } from "../campaigns/lifecycle.ts";
import type { WorkspaceTransaction } from "../platform/database.ts";
import { userError, UserErrorCode } from "../platform/user-error.ts";
import { become, decide, type Doors, type Request } from "./decide.ts";
import { startRun } from "./run.store.ts";

/** Starts sending. Of any number of calls at once one starts the run; the others answer with the same campaign. */
export function dispatchCampaign(doors: Doors, request: Request): Promise<CampaignPayload> {
  return decide(doors, "dispatch", request, async (tx, { total }) => {
    if (total === 0)
      return [
        userError(UserErrorCode.NO_RECIPIENTS, "campaignId", "Add recipients first: there is nobody to send to."),
      ];
    await become(doors, tx, "dispatch", request.campaignId, CampaignStatus.PROCESSING);
    await startRun(tx, request.campaignId, "first");
    return [];
  });
}

/** Stops opening new sends at each worker's next mark; what is open is settled, nobody is lost. */
export function pauseCampaign(doors: Doors, request: Request): Promise<CampaignPayload> {
  return decide(doors, "pause", request, (tx) => become(doors, tx, "pause", request.campaignId, CampaignStatus.PAUSED));
}

/** Goes on where it was paused; the share of failures at which it pauses by itself counts anew. */
export function resumeCampaign(doors: Doors, request: Request): Promise<CampaignPayload> {
  return decide(doors, "resume", request, async (tx) => {
    await countFailuresFromHere(tx, request.campaignId);
    return become(doors, tx, "resume", request.campaignId, CampaignStatus.PROCESSING);
  });
}

/**
 * Stops for good, and with it its reminders. Workers skip whoever was not sent to; a campaign without a run gets one for
 * just that.
 */
export function cancelCampaign(doors: Doors, request: Request): Promise<CampaignPayload> {
  return decide(doors, "cancel", request, async (tx) => {
    await startRun(tx, request.campaignId, "first");
    await become(doors, tx, "cancel", request.campaignId, CampaignStatus.CANCELLED);
    for (const id of await reminderCampaignsOf(tx, request.campaignId)) await cancelReminder(doors, tx, id);
    return [];
  });
}

/** One that is completed has nobody left to be skipped, and stays what it is. */
async function cancelReminder({ actor }: Doors, tx: WorkspaceTransaction, id: string): Promise<void> {
  const { CANCELLED } = CampaignStatus;
  const reason = "The campaign that it reminds of was cancelled.";
  const cancelled = await changeStatus(tx, id, { from: ALLOWED_FROM.cancel, to: CANCELLED, reason, by: actor.name });
  if (cancelled) await startRun(tx, id, "first");
}

import type { CampaignPayload } from "../campaigns/campaign-payload.ts";
import { countFailuresFromHere } from "../campaigns/campaign.store.ts";
import { CampaignStatus } from "../campaigns/lifecycle.ts";
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

/** Stops for good. Workers skip whoever was not sent to; a campaign without a run gets one for just that. */
export function cancelCampaign(doors: Doors, request: Request): Promise<CampaignPayload> {
  return decide(doors, "cancel", request, async (tx) => {
    await startRun(tx, request.campaignId, "first");
    return become(doors, tx, "cancel", request.campaignId, CampaignStatus.CANCELLED);
  });
}

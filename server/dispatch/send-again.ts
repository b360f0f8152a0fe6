import { countFailuresFromHere } from "../campaigns/campaign.store.ts";
import type { CampaignPayload } from "../campaigns/campaign-payload.ts";
import { applyDelta } from "../campaigns/counters.store.ts";
import { CampaignStatus } from "../campaigns/lifecycle.ts";
import { userError, UserErrorCode } from "../platform/user-error.ts";
import { become, decide, type Doors, type Request } from "./decide.ts";
import type { FailureReason } from "./failure-reason.ts";
import { takeFromTally } from "./failure-tally.store.ts";
import { requeueFailed, requeueUnconfirmed, startRun } from "./run.store.ts";

/** A new run over the failed recipients only, or over those of some reasons; the total stays what it was. */
export function retryFailedRecipients(
  doors: Doors,
  request: Request & { reasons?: FailureReason[] | null },
): Promise<CampaignPayload> {
  const { campaignId, reasons } = request;
  return decide(doors, "retryFailed", request, async (tx) => {
    const requeued = await requeueFailed(tx, campaignId, reasons ?? null);
    const total = requeued.reduce((sum, { count }) => sum + count, 0);
    if (total === 0)
      return [
        userError(
          UserErrorCode.NO_RECIPIENTS,
          reasons ? "reasons" : "campaignId",
          reasons ? "Nobody of this campaign failed for these reasons." : "No recipient of this campaign has failed.",
        ),
      ];
    await startRun(tx, campaignId, "retry");
    await takeFromTally(tx, campaignId, requeued);
    await countFailuresFromHere(tx, campaignId, total);
    await become(doors, tx, "retryFailed", campaignId, CampaignStatus.PROCESSING);
    await applyDelta(tx, campaignId, { failed: -total, queued: total });
    return [];
  });
}

/** A new run over those whose answer got lost: whoever calls this takes it on them that somebody may get two. */
export function resendUnconfirmed(doors: Doors, request: Request): Promise<CampaignPayload> {
  const { campaignId } = request;
  return decide(doors, "resendUnconfirmed", request, async (tx) => {
    const requeued = await requeueUnconfirmed(tx, campaignId);
    if (requeued === 0)
      return [userError(UserErrorCode.NO_RECIPIENTS, "campaignId", "No recipient of this campaign is unconfirmed.")];
    await startRun(tx, campaignId, "resend");
    await countFailuresFromHere(tx, campaignId);
    await become(doors, tx, "resendUnconfirmed", campaignId, CampaignStatus.PROCESSING);
    await applyDelta(tx, campaignId, { unconfirmed: -requeued, queued: requeued });
    return [];
  });
}

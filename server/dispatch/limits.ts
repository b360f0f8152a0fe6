import { setFailureShare, setQuietHoursOf, setThrottleOf } from "../campaigns/campaign.store.ts";
import type { CampaignPayload } from "../campaigns/campaign-payload.ts";
import { checkFailureShare, checkQuiet, checkThrottle } from "../campaigns/limits.ts";
import type { QuietHours } from "../campaigns/quiet-hours.ts";
import type { Throttle } from "../campaigns/throttle.ts";
import { decide, type Doors, type Request } from "./decide.ts";
import { carryOver, recheckHeld } from "./run.store.ts";

/** How fast it sends, from the next claim on; null: as fast as it can. */
export function setThrottle(doors: Doors, request: Request & { throttle?: Throttle | null }): Promise<CampaignPayload> {
  const { campaignId, throttle = null } = request;
  const wrong = checkThrottle(throttle);
  return decide(
    doors,
    "changeLimits",
    request,
    async (tx) => {
      if (wrong.length === 0) await setThrottleOf(tx, campaignId, throttle);
      return wrong;
    },
    async (tx) => {
      if (throttle && wrong.length === 0) await carryOver(tx, campaignId, throttle);
    },
  );
}

/** When nobody is written to; null: at any time. Whoever waits for the old ones is looked at again. */
export function setQuietHours(
  doors: Doors,
  request: Request & { quietHours?: QuietHours | null },
): Promise<CampaignPayload> {
  const { campaignId, quietHours = null } = request;
  return decide(
    doors,
    "changeLimits",
    request,
    async (tx) => {
      const wrong = checkQuiet(quietHours);
      if (wrong.length === 0) await setQuietHoursOf(tx, campaignId, quietHours);
      return wrong;
    },
    (tx) => recheckHeld(tx, campaignId),
  );
}

/** At which share of failures it pauses by itself; null: never. */
export function setFailureLimit(doors: Doors, request: Request & { share?: number | null }): Promise<CampaignPayload> {
  const { campaignId, share = null } = request;
  return decide(doors, "changeLimits", request, async (tx) => {
    const wrong = checkFailureShare("share", share);
    if (wrong.length === 0) await setFailureShare(tx, campaignId, share);
    return wrong;
  });
}

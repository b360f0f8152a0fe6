import { Arg, Authorized, Ctx, Field, Float, InputType, Mutation, Resolver } from "type-graphql";
import { Scope } from "../accounts/access.ts";
import { CampaignPayload } from "../campaigns/campaign-payload.ts";
import { QuietHoursType, ThrottleType } from "../campaigns/limits.ts";
import { setFailureLimit, setQuietHours, setThrottle } from "./limits.ts";
import type { DispatchContext } from "./live.ts";
import { OneCampaign } from "./one-campaign.ts";

@InputType({ description: "How fast a campaign sends." })
class SetThrottleInput extends OneCampaign {
  @Field(() => ThrottleType, { nullable: true, description: "The throttle; null: as fast as it can." })
  throttle?: ThrottleType | null;
}

@InputType({ description: "When a campaign writes to nobody." })
class SetQuietHoursInput extends OneCampaign {
  @Field(() => QuietHoursType, { nullable: true, description: "The quiet hours; null: it writes at any time." })
  quietHours?: QuietHoursType | null;
}

@InputType({ description: "At which share of failures a campaign pauses by itself." })
class SetFailureLimitInput extends OneCampaign {
  @Field(() => Float, { nullable: true, description: "More than 0 to 1 (0.2 for 20 %); null: never." })
  share?: number | null;
}

/** What a campaign keeps to while it sends. Each change takes effect at the next claim. */
@Resolver()
export class LimitsResolver {
  @Authorized(Scope.DISPATCH_CAMPAIGNS)
  @Mutation(() => CampaignPayload, {
    description: "Changes how fast it sends, at once and for all workers together, while it sends or before.",
  })
  setThrottle(
    @Arg("input", () => SetThrottleInput, { description: "The campaign and its throttle." }) input: SetThrottleInput,
    @Ctx() context: DispatchContext,
  ): Promise<CampaignPayload> {
    return setThrottle(context, input);
  }

  @Authorized(Scope.DISPATCH_CAMPAIGNS)
  @Mutation(() => CampaignPayload, {
    description: "Changes when it writes to nobody. Whoever waits for the old quiet hours is looked at again.",
  })
  setQuietHours(
    @Arg("input", () => SetQuietHoursInput, { description: "The campaign and its quiet hours." })
    input: SetQuietHoursInput,
    @Ctx() context: DispatchContext,
  ): Promise<CampaignPayload> {
    return setQuietHours(context, input);
  }

  @Authorized(Scope.DISPATCH_CAMPAIGNS)
  @Mutation(() => CampaignPayload, {
    description:
      "Changes at which share of failures it pauses by itself, counted since it was last started or resumed.",
  })
  setFailureLimit(
    @Arg("input", () => SetFailureLimitInput, { description: "The campaign and the share." })
    input: SetFailureLimitInput,
    @Ctx() context: DispatchContext,
  ): Promise<CampaignPayload> {
    return setFailureLimit(context, input);
  }
}

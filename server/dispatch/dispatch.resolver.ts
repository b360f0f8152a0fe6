import { Arg, Authorized, Ctx, Field, ID, InputType, Mutation, Resolver } from "type-graphql";
import { Scope } from "../accounts/access.ts";
import { CampaignPayload } from "../campaigns/campaign-payload.ts";
import {
  cancelCampaign,
  dispatchCampaign,
  pauseCampaign,
  resumeCampaign,
  retryFailedRecipients,
} from "./dispatch-campaign.ts";
import type { DispatchContext } from "./live.ts";

@InputType()
abstract class OneCampaign {
  @Field(() => ID, { description: "The campaign." })
  campaignId!: string;
}

@InputType()
abstract class OneCampaignOnce extends OneCampaign {
  @Field(() => String, {
    nullable: true,
    description:
      "Makes a repeated call harmless for 24 hours, at most 200 characters. The same key with another input is refused.",
  })
  idempotencyKey?: string | null;
}

@InputType({ description: "Which campaign to start." })
class DispatchCampaignInput extends OneCampaignOnce {}

@InputType({ description: "Which campaign's failed recipients to send to again." })
class RetryFailedRecipientsInput extends OneCampaignOnce {}

@InputType({ description: "Which campaign to pause." })
class PauseCampaignInput extends OneCampaign {}

@InputType({ description: "Which campaign to go on with." })
class ResumeCampaignInput extends OneCampaign {}

@InputType({ description: "Which campaign to stop for good." })
class CancelCampaignInput extends OneCampaign {}

@Resolver()
export class DispatchResolver {
  @Authorized(Scope.DISPATCH_CAMPAIGNS)
  @Mutation(() => CampaignPayload, {
    description:
      "Starts sending. Asking again while it sends changes nothing: of a hundred calls at once, one starts the run.",
  })
  dispatchCampaign(
    @Arg("input", () => DispatchCampaignInput, { description: "The campaign." }) input: DispatchCampaignInput,
    @Ctx() context: DispatchContext,
  ): Promise<CampaignPayload> {
    return dispatchCampaign(context, input);
  }

  @Authorized(Scope.DISPATCH_CAMPAIGNS)
  @Mutation(() => CampaignPayload, {
    description: "Pauses: nothing new is sent, what is open is settled (`progress.sending` counts it down to 0).",
  })
  pauseCampaign(
    @Arg("input", () => PauseCampaignInput, { description: "The campaign." }) input: PauseCampaignInput,
    @Ctx() context: DispatchContext,
  ): Promise<CampaignPayload> {
    return pauseCampaign(context, input);
  }

  @Authorized(Scope.DISPATCH_CAMPAIGNS)
  @Mutation(() => CampaignPayload, { description: "Goes on where it was paused; nobody is written to twice." })
  resumeCampaign(
    @Arg("input", () => ResumeCampaignInput, { description: "The campaign." }) input: ResumeCampaignInput,
    @Ctx() context: DispatchContext,
  ): Promise<CampaignPayload> {
    return resumeCampaign(context, input);
  }

  @Authorized(Scope.DISPATCH_CAMPAIGNS)
  @Mutation(() => CampaignPayload, {
    description: "Stops for good. What was sent stays sent; whoever was not sent to becomes SKIPPED.",
  })
  cancelCampaign(
    @Arg("input", () => CancelCampaignInput, { description: "The campaign." }) input: CancelCampaignInput,
    @Ctx() context: DispatchContext,
  ): Promise<CampaignPayload> {
    return cancelCampaign(context, input);
  }

  @Authorized(Scope.DISPATCH_CAMPAIGNS)
  @Mutation(() => CampaignPayload, {
    description: "Sends again to those who failed, and to nobody else. The total stays what it was.",
  })
  retryFailedRecipients(
    @Arg("input", () => RetryFailedRecipientsInput, { description: "The campaign." }) input: RetryFailedRecipientsInput,
    @Ctx() context: DispatchContext,
  ): Promise<CampaignPayload> {
    return retryFailedRecipients(context, input);
  }
}

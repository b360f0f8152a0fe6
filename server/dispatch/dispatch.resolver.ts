import { Arg, Authorized, Ctx, Field, InputType, Mutation, Resolver } from "type-graphql";
import { Scope } from "../accounts/access.ts";
import { CampaignPayload } from "../campaigns/campaign-payload.ts";
import { cancelCampaign, dispatchCampaign, pauseCampaign, resumeCampaign } from "./dispatch-campaign.ts";
import { FailureReason } from "./failure-reason.ts";
import type { DispatchContext } from "./live.ts";
import { scheduleCampaign } from "./schedule-campaign.ts";
import { resendUnconfirmed, retryFailedRecipients } from "./send-again.ts";
import { OneCampaign, OneCampaignOnce } from "./one-campaign.ts";

@InputType({ description: "Which campaign to start." })
class DispatchCampaignInput extends OneCampaignOnce {}

@InputType({ description: "Which campaign's failed recipients to send to again." })
class RetryFailedRecipientsInput extends OneCampaignOnce {
  @Field(() => [FailureReason], {
    nullable: true,
    description: "Only those who failed for one of these reasons; all of them when it is left out.",
  })
  reasons?: FailureReason[] | null;
}

@InputType({ description: "Which campaign's unconfirmed messages to send once more." })
class ResendUnconfirmedInput extends OneCampaignOnce {}

@InputType({ description: "Which campaign is to start by itself, and when." })
class ScheduleCampaignInput extends OneCampaignOnce {
  @Field(() => String, {
    nullable: true,
    description: "As a clock on the wall shows it there, `2026-12-01T09:00`. Null takes it off the schedule.",
  })
  at?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The time zone (IANA, `Europe/Berlin`) of `at`; the workspace's when it is left out.",
  })
  timeZone?: string | null;
}

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

  @Authorized(Scope.DISPATCH_CAMPAIGNS)
  @Mutation(() => CampaignPayload, {
    description:
      "Sends once more to those whose answer got lost. Some of them may have got the first message: they get a second.",
  })
  resendUnconfirmed(
    @Arg("input", () => ResendUnconfirmedInput, { description: "The campaign." }) input: ResendUnconfirmedInput,
    @Ctx() context: DispatchContext,
  ): Promise<CampaignPayload> {
    return resendUnconfirmed(context, input);
  }

  @Authorized(Scope.DISPATCH_CAMPAIGNS)
  @Mutation(() => CampaignPayload, {
    description: "Lets a campaign start by itself at a time, or takes it off the schedule again.",
  })
  scheduleCampaign(
    @Arg("input", () => ScheduleCampaignInput, { description: "The campaign and the time." })
    input: ScheduleCampaignInput,
    @Ctx() context: DispatchContext,
  ): Promise<CampaignPayload> {
    return scheduleCampaign(context, input);
  }
}

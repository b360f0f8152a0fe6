import { Arg, Authorized, Ctx, Field, FieldResolver, InputType, Mutation, Resolver, Root } from "type-graphql";
import { Scope } from "../accounts/access.ts";
import type { Context } from "../accounts/context.ts";
import { CampaignPayload } from "../campaigns/campaign-payload.ts";
import { Campaign } from "../campaigns/campaign.ts";
import type { DispatchContext } from "../dispatch/live.ts";
import { OneCampaignOnce } from "../dispatch/one-campaign.ts";
import type { FeedbackContext } from "./feedback-context.ts";
import { reminderLoadersOf } from "./reminder-loaders.ts";
import { Reminder, ReminderInput } from "./reminder.ts";
import { loadersOf } from "./response-loaders.ts";
import { setReminders } from "./set-reminders.ts";

@InputType({ description: "A campaign and all of its reminders." })
class SetRemindersInput extends OneCampaignOnce {
  @Field(() => [ReminderInput], {
    description: "In the order in which they go out, at most 2; they replace those that are set. Empty takes them off.",
  })
  reminders!: ReminderInput[];
}

@Resolver(() => Reminder)
export class ReminderResolver {
  @Authorized(Scope.EDIT_CAMPAIGNS)
  @Mutation(() => CampaignPayload, {
    description:
      "Sets who is reminded and when: those who were sent to and have not answered after some hours, once or twice. Each reminder is a campaign of its own, made when somebody first is due, and keeps to the limits that this one has then. An answer stops it. Allowed in every status but CANCELLED; what a reminder says stays once it has gone out to somebody.",
  })
  setReminders(
    @Arg("input", () => SetRemindersInput, { description: "The campaign and its reminders." }) input: SetRemindersInput,
    @Ctx() context: DispatchContext & FeedbackContext,
  ): Promise<CampaignPayload> {
    return setReminders(context, input);
  }

  @FieldResolver(() => Campaign, {
    nullable: true,
    description: "The campaign by which it goes out, with all its figures; null: nobody was due yet.",
  })
  async campaign(@Root() { campaignId, number }: Reminder, @Ctx() context: Context): Promise<Campaign | null> {
    const id = (await reminderLoadersOf(context).begun.load(campaignId))?.get(number);
    return id === undefined ? null : loadersOf(context).campaign.load(id);
  }
}

/** What reminding adds to a campaign. */
@Resolver(() => Campaign)
export class CampaignRemindersResolver {
  @FieldResolver(() => [Reminder], { description: "Its reminders, in the order in which they go out; at most 2." })
  async reminders(@Root() { id }: Campaign, @Ctx() context: Context): Promise<Reminder[]> {
    return (await reminderLoadersOf(context).reminders.load(id)) ?? [];
  }

  @FieldResolver(() => Campaign, {
    nullable: true,
    description: "The campaign whose customers it reminds; null: it is no reminder.",
  })
  async reminderOf(@Root() { remindsId }: Campaign, @Ctx() context: Context): Promise<Campaign | null> {
    return remindsId === null ? null : loadersOf(context).campaign.load(remindsId);
  }
}

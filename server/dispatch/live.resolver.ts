import {
  Arg,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
  Float,
  ID,
  Int,
  ObjectType,
  Resolver,
  Root,
  Subscription,
} from "type-graphql";
import { Scope } from "../accounts/access.ts";
import { Campaign } from "../campaigns/campaign.ts";
import { readCounters } from "../campaigns/counters.store.ts";
import { notFound } from "../platform/errors.ts";
import { Recipient } from "../recipients/recipient.ts";
import type { DispatchContext, RecipientActivity, RecipientsChange } from "./live.ts";
import { CampaignProgress } from "./progress.ts";

/** What TypeGraphQL hands to a subscription's `subscribe`. */
interface Subscribed {
  args: Record<string, unknown>;
  context: DispatchContext;
}

@ObjectType("RecipientsChange", { description: "Recipients that look different now." })
class RecipientsChangeType implements RecipientsChange {
  @Field(() => Float, {
    description: "The campaign's seq, a whole number. Drop an event whose seq is lower than your last.",
  })
  seq!: number;

  @Field(() => Boolean, {
    description:
      "True on the first event, and when changes may have been missed: then all recipients asked for are here.",
  })
  resync!: boolean;

  @Field(() => [Recipient], { description: "The recipients, as they are now." })
  recipients!: Recipient[];
}

@ObjectType("RecipientActivity", { description: "Whose state changed last." })
class RecipientActivityType implements RecipientActivity {
  @Field(() => Float, {
    description: "The campaign's seq, a whole number. Drop an event whose seq is lower than your last.",
  })
  seq!: number;

  @Field(() => Boolean, { description: "True on the first event, and when changes may have been missed." })
  resync!: boolean;

  @Field(() => Int, {
    description: "How many recipients were settled since the event before; may be more than are listed.",
  })
  changes!: number;

  @Field(() => [Recipient], { description: "The newest of them, newest first, at most `first`." })
  recipients!: Recipient[];
}

@Resolver(() => Campaign)
export class LiveResolver {
  @FieldResolver(() => CampaignProgress, { description: "How far it is, right now." })
  async progress(
    @Root() campaign: Campaign,
    @Ctx() { database, workspaceId, live }: DispatchContext,
  ): Promise<CampaignProgress> {
    const counters = await database.inWorkspace(workspaceId, (tx) => readCounters(tx, campaign.id));
    if (!counters) throw notFound("campaign", campaign.id);
    return live.progress(counters);
  }

  @Authorized(Scope.READ_CAMPAIGNS)
  @Subscription(() => CampaignProgress, {
    subscribe: ({ args, context }: Subscribed) =>
      context.live.watchProgress({ workspaceId: context.workspaceId, campaignId: String(args["campaignId"]) }),
    description:
      "A campaign's progress, live. The first event is the whole picture; then at most eight events a second, whatever the speed. A client that lost its connection subscribes again and is right at once.",
  })
  campaignProgress(
    @Root() progress: CampaignProgress,
    @Arg("campaignId", () => ID, { description: "The campaign." }) _campaignId: string,
  ): CampaignProgress {
    return progress;
  }

  @Authorized(Scope.READ_CAMPAIGNS)
  @Subscription(() => RecipientsChangeType, {
    subscribe: ({ args, context }: Subscribed) =>
      context.live.watchRecipients(
        { workspaceId: context.workspaceId, campaignId: String(args["campaignId"]) },
        args["ids"] as string[],
      ),
    description:
      "The recipients that a page shows, live. The first event has all of them; then only those that changed, at most four events a second.",
  })
  recipientsChanged(
    @Root() change: RecipientsChange,
    @Arg("campaignId", () => ID, { description: "The campaign." }) _campaignId: string,
    @Arg("ids", () => [ID], { description: "The recipients to watch, at most 100." }) _ids: string[],
  ): RecipientsChange {
    return change;
  }

  @Authorized(Scope.READ_CAMPAIGNS)
  @Subscription(() => RecipientActivityType, {
    subscribe: ({ args, context }: Subscribed) =>
      context.live.watchActivity(
        { workspaceId: context.workspaceId, campaignId: String(args["campaignId"]) },
        args["first"] as number,
      ),
    description: "Whose state changed last, live, newest first: at most four events a second.",
  })
  recipientActivity(
    @Root() activity: RecipientActivity,
    @Arg("campaignId", () => ID, { description: "The campaign." }) _campaignId: string,
    @Arg("first", () => Int, { defaultValue: 25, description: "How many recipients an event lists, 1 to 100." })
    _first: number,
  ): RecipientActivity {
    return activity;
  }
}

import {
  Arg,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
  GraphQLISODateTime,
  ID,
  InputType,
  Int,
  Query,
  registerEnumType,
  Resolver,
  Root,
} from "type-graphql";
import { Scope } from "../accounts/access.ts";
import type { Context } from "../accounts/context.ts";
import { workspaceIn } from "../accounts/workspace.store.ts";
import { Campaign } from "../campaigns/campaign.ts";
import { badInput, notFound } from "../platform/errors.ts";
import { mustKnow } from "../feedback/response-filter.ts";
import { loadersOf } from "../feedback/response-loaders.ts";
import { bestAndWorst, CampaignInsights, Insights, insightsOf } from "./insights.ts";
import { type Asked, countIn } from "./insights.store.ts";
import { InsightsInterval, type RangeAsked, rangeBefore, rangeOf } from "./range.ts";

const CAMPAIGNS_NAMED_MAX = 100;
const CAMPAIGNS_LISTED_MAX = 100;

registerEnumType(InsightsInterval, {
  name: "InsightsInterval",
  description: "How long the steps of a course over time are, on the clocks of the range's time zone.",
  valuesConfig: {
    HOUR: { description: "An hour." },
    DAY: { description: "A day, from midnight." },
    WEEK: { description: "A week, from Monday." },
    MONTH: { description: "A month." },
  },
});

@InputType({ description: "A time, and how its course is told. Both ends are rounded down to a quarter of an hour." })
class InsightsRangeInput implements RangeAsked {
  @Field(() => GraphQLISODateTime, { description: "The first moment of it." })
  from!: Date;

  @Field(() => GraphQLISODateTime, { description: "The first moment after it; at most 10 years later." })
  to!: Date;

  @Field(() => String, {
    nullable: true,
    description: "The time zone (IANA, `Europe/Berlin`) of days and steps; the workspace's when it is left out.",
  })
  timeZone?: string | null;

  @Field(() => InsightsInterval, {
    nullable: true,
    description:
      "How long each step is: by itself hours up to 2 days, days up to 93, weeks up to 2 years, else months. More than 400 steps are refused.",
  })
  per?: InsightsInterval | null;
}

@Resolver(() => Insights)
export class InsightsResolver {
  @Authorized(Scope.READ_CAMPAIGNS)
  @Query(() => Insights, { description: "What the workspace's campaigns were worth in a time." })
  async insights(
    @Arg("range", () => InsightsRangeInput, { description: "Messages of which time." }) range: InsightsRangeInput,
    @Arg("campaignIds", () => [ID], {
      nullable: true,
      description: "Only these campaigns, at most 100; without it, all.",
    })
    campaignIds: string[] | null | undefined,
    @Ctx() { database, workspaceId }: Context,
  ): Promise<Insights> {
    if (campaignIds && campaignIds.length > CAMPAIGNS_NAMED_MAX)
      throw badInput("campaignIds", `at most ${CAMPAIGNS_NAMED_MAX} can be named, not ${campaignIds.length}.`);
    return database.inWorkspace(workspaceId, async (tx) => {
      if (campaignIds) await mustKnow(tx, { campaignIds });
      const zone = (await workspaceIn(tx))?.timeZone ?? "UTC";
      const asked = { range: rangeOf(range, zone), campaignIds: campaignIds ?? null };
      return insightsOf(asked, await countIn(tx, asked), false);
    });
  }

  @FieldResolver(() => [CampaignInsights], {
    description: "The campaigns that sent messages in the range, those with the most first.",
  })
  campaigns(
    @Root() { campaignsCounted }: Insights,
    @Arg("first", () => Int, { defaultValue: 20, description: "At most so many, 1 to 100." }) first: number,
  ): CampaignInsights[] {
    if (first < 1 || first > CAMPAIGNS_LISTED_MAX)
      throw badInput("first", `must be from 1 to ${CAMPAIGNS_LISTED_MAX}.`);
    return campaignsCounted.slice(0, first);
  }

  @FieldResolver(() => CampaignInsights, {
    nullable: true,
    description: "Of the campaigns that sent at least 30 messages in the range, the one with the highest conversion.",
  })
  bestCampaign(@Root() { campaignsCounted }: Insights): CampaignInsights | null {
    return bestAndWorst(campaignsCounted).best;
  }

  @FieldResolver(() => CampaignInsights, {
    nullable: true,
    description: "Of the same, the one with the lowest; null where there are fewer than two to compare.",
  })
  worstCampaign(@Root() { campaignsCounted }: Insights): CampaignInsights | null {
    return bestAndWorst(campaignsCounted).worst;
  }

  @FieldResolver(() => Insights, {
    nullable: true,
    description:
      "The same of the time right before: of as many days where the range is of whole days, else of the same length. Its messages had longer to be answered. Null on itself.",
  })
  previous(
    @Root() { asked, isPrevious }: Insights,
    @Ctx() { database, workspaceId }: Context,
  ): Promise<Insights> | null {
    if (isPrevious) return null;
    const before: Asked = { ...asked, range: rangeBefore(asked.range) };
    return database.inWorkspace(workspaceId, async (tx) => insightsOf(before, await countIn(tx, before), true));
  }
}

@Resolver(() => CampaignInsights)
export class CampaignInsightsResolver {
  @FieldResolver(() => Campaign, { description: "The campaign." })
  async campaign(@Root() { campaignId }: CampaignInsights, @Ctx() context: Context): Promise<Campaign> {
    const campaign = await loadersOf(context).campaign.load(campaignId);
    if (!campaign) throw notFound("campaign", campaignId);
    return campaign;
  }
}

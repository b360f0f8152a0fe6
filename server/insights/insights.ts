import { Field, Float, GraphQLISODateTime, Int, ObjectType } from "type-graphql";
import { FailureGroup, failureGroup } from "../dispatch/attempt.ts";
import { averageOf, conversionOf, rounded } from "../feedback/response.ts";
import type { Asked, Counted, Sums } from "./insights.store.ts";
import { InsightsInterval } from "./range.ts";

@ObjectType({
  description:
    "What came of the messages that were sent in a time, each customer once. Each step is part of the one before, but that a customer may answer a message that came back all the same.",
})
export class InsightsFunnel {
  @Field(() => Int, { description: "Messages that were sent in this time and did not come back." })
  sent!: number;

  @Field(() => Int, {
    description: "Of their customers, those who opened the answering page since (see `CampaignRatings.opened`).",
  })
  opened!: number;

  @Field(() => Int, { description: "Of them, those who answered since, whatever they answered." })
  rated!: number;

  @Field(() => Int, { description: "Of these, those whose answer has words beside the stars." })
  commented!: number;

  @Field(() => Int, {
    description: "Their customers who followed one of the public review links since.",
  })
  clicked!: number;
}

@ObjectType({ description: "A campaign's figures within a time." })
export class CampaignInsights {
  campaignId!: string;

  @Field(() => InsightsFunnel, { description: "What came of its messages that were sent in this time." })
  funnel!: InsightsFunnel;

  @Field(() => Float, {
    nullable: true,
    description: "`funnel.rated` as a share of `funnel.sent`, 0 to 1, to four decimals; null where nothing was sent.",
  })
  conversionRate!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: "Mean of those ratings as they stand now, 1 to 5 stars, to two decimals; null without one.",
  })
  averageRating!: number | null;
}

@ObjectType({ description: "One step of a course over time." })
export class InsightsStep {
  @Field(() => GraphQLISODateTime, {
    description: "When it begins; it ends where the next one begins, the last one with the range.",
  })
  start!: Date;

  @Field(() => InsightsFunnel, { description: "What came of the messages that were sent in this step." })
  funnel!: InsightsFunnel;

  @Field(() => Float, {
    nullable: true,
    description: "`funnel.rated` as a share of `funnel.sent`, 0 to 1, to four decimals; null where nothing was sent.",
  })
  conversionRate!: number | null;

  @Field(() => Int, {
    description: "First answers that came in this step, whenever their messages were sent.",
  })
  answered!: number;

  @Field(() => Float, {
    nullable: true,
    description: "Mean of the ratings of `answered` as they stand now, to two decimals; null without one.",
  })
  averageRating!: number | null;
}

@ObjectType({
  description:
    "What campaigns were worth. A figure tells of the messages that were sent in the range, and of what came of them until now: so figures of a time that is just over still grow. Only `overTime.answered`, `overTime.averageRating` and `failures` go by when the answer or the failure came. Kept up to date by the transactions that change the rows; Reminders are left out unless they are named: they ask nobody new, and what came of them is counted where the first message was sent.",
})
export class Insights {
  /** What it was asked for. */
  asked!: Asked;
  campaignsCounted!: CampaignInsights[];
  /** True of the time before: there is none before that. */
  isPrevious!: boolean;

  @Field(() => GraphQLISODateTime, {
    description: "The first moment of the range, rounded down to a quarter of an hour.",
  })
  from!: Date;

  @Field(() => GraphQLISODateTime, { description: "The first moment after it, rounded down in the same way." })
  to!: Date;

  @Field(() => String, { description: "The time zone (IANA) on whose clocks days and steps begin." })
  timeZone!: string;

  @Field(() => InsightsInterval, { description: "How long the steps of `overTime` are." })
  per!: InsightsInterval;

  @Field(() => InsightsFunnel, { description: "Sent, opened, rated, commented." })
  funnel!: InsightsFunnel;

  @Field(() => Float, {
    nullable: true,
    description: "`funnel.rated` as a share of `funnel.sent`, 0 to 1, to four decimals; null where nothing was sent.",
  })
  conversionRate!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      "Seconds from the sending to the first answer, of the answer in the middle when they are put in order (of an even number, the mean of the two in the middle); null without an answer of which that is known.",
  })
  medianResponseTimeSeconds!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      "Mean of the seconds from the sending to the first answer, to one decimal; a few late answers make it far longer than the median. Null without an answer of which it is known.",
  })
  averageResponseTimeSeconds!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      "Mean of the ratings (`distribution`) as they stand now, 1 to 5 stars, to two decimals; null without one.",
  })
  averageRating!: number | null;

  @Field(() => [Int], {
    description: "How many of `funnel.rated` gave 1, 2, 3, 4 and 5 stars, in this order: always five numbers.",
  })
  distribution!: number[];

  @Field(() => [FailureGroup], {
    description: "Those who stand at failed now and failed in this time, by reason, the most frequent first.",
  })
  failures!: FailureGroup[];

  @Field(() => [InsightsStep], {
    description: "The course within the range, step by step without a gap; at most 400 steps.",
  })
  overTime!: InsightsStep[];
}

/** Campaigns that sent fewer in a time are not compared by their conversion: a single answer would decide. */
export const COMPARED_FROM_SENT = 30;

export function insightsOf(asked: Asked, counted: Counted, isPrevious: boolean): Insights {
  const { total, steps, campaigns, failures, medianSeconds } = counted;
  const { from, to, timeZone, per } = asked.range;
  return {
    ...{ asked, isPrevious, from, to, timeZone, per },
    ...valueOf(total),
    distribution: total.ratings,
    medianResponseTimeSeconds: medianSeconds,
    averageResponseTimeSeconds: total.timed > 0 ? rounded(total.responseSeconds / total.timed, 1) : null,
    failures: failures.map(failureGroup),
    overTime: steps.map(({ start, sums }) => ({
      ...{ start, ...valueOf(sums) },
      answered: sums.answers.reduce((sum, count) => sum + count, 0),
      averageRating: averageOf(sums.answers),
    })),
    campaignsCounted: campaigns
      .filter(({ sums }) => sums.sent > 0 || sums.rated > 0)
      .map(({ campaignId, sums }) => ({ campaignId, ...valueOf(sums) }))
      .sort((a, b) => b.funnel.sent - a.funnel.sent || (a.campaignId < b.campaignId ? 1 : -1)),
  };
}

function valueOf(sums: Sums) {
  const { sent, opened, rated, commented, clicked } = sums;
  return {
    funnel: { sent, opened, rated, commented, clicked },
    conversionRate: conversionOf(sums),
    averageRating: averageOf(sums.ratings),
  };
}

/** Of campaigns that can be compared, the one with the highest conversion, and with the lowest where there are two. */
export function bestAndWorst(campaigns: readonly CampaignInsights[]): {
  best: CampaignInsights | null;
  worst: CampaignInsights | null;
} {
  const ranked = campaigns
    .filter(({ funnel }) => funnel.sent >= COMPARED_FROM_SENT)
    .sort((a, b) => shareOf(b) - shareOf(a) || b.funnel.sent - a.funnel.sent);
  return { best: ranked[0] ?? null, worst: ranked.length > 1 ? ranked.at(-1)! : null };
}

// Not the rate that is shown, which is rounded.
function shareOf({ funnel }: CampaignInsights): number {
  return funnel.rated / funnel.sent;
}

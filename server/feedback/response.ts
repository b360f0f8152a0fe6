import { Field, Float, GraphQLISODateTime, ID, Int, ObjectType } from "type-graphql";
import { Column, Entity, PrimaryColumn } from "typeorm";
import type { Campaign } from "../campaigns/campaign.ts";

export const RATING_MIN = 1;
export const RATING_MAX = 5;
export const COMMENT_CHARACTERS_MAX = 2_000;
export const NOTE_CHARACTERS_MAX = 2_000;

@Entity("response")
@ObjectType({ description: "What one customer answered: each has one answer in a campaign, and can change it." })
export class Response {
  @PrimaryColumn("uuid", { name: "recipient_id" })
  @Field(() => ID, { description: "Stable id; the same as its recipient's." })
  id!: string;

  @Column("uuid", { name: "workspace_id" })
  workspaceId!: string;

  @Column("uuid", { name: "campaign_id" })
  campaignId!: string;

  @Column("smallint")
  @Field(() => Int, { description: "Stars, from 1 (very bad) to 5 (very good)." })
  rating!: number;

  @Column("text", { nullable: true })
  @Field(() => String, {
    nullable: true,
    description:
      "The customer's words, at most 2,000 characters; null: none. Text of a stranger: never show it as HTML.",
  })
  comment!: string | null;

  @Column("timestamptz", { name: "answered_at" })
  @Field(() => GraphQLISODateTime, { description: "When the customer first answered; a changed answer keeps it." })
  answeredAt!: Date;

  @Column("timestamptz", { name: "changed_at", nullable: true })
  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: "When the customer last changed the answer; null: the first one stands.",
  })
  changedAt!: Date | null;

  @Column("int", { name: "response_seconds", nullable: true })
  @Field(() => Int, {
    nullable: true,
    description:
      "Seconds from the sending of the message to the first answer; null when it is not known when it was sent.",
  })
  responseTimeSeconds!: number | null;

  @Column("timestamptz", { name: "read_at", nullable: true })
  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: "When somebody of the workspace marked it as read; null: unread. A changed answer is unread again.",
  })
  readAt!: Date | null;

  @Column("uuid", { name: "assignee_id", nullable: true })
  assigneeId!: string | null;

  @Column("text", { nullable: true })
  @Field(() => String, { nullable: true, description: "A note of the workspace, which no customer sees; null: none." })
  note!: string | null;
}

@ObjectType({
  description:
    "What the customers of a campaign did with it. Counted in the same transaction as what they did, so it is right at once; each customer counts once.",
})
export class CampaignRatings {
  @Field(() => Int, {
    description:
      "Customers whose answering page was seen by a person, as far as can be told: its script reported it from a visible page and no program gave itself away, or they answered or clicked. Without a script, looking alone is not counted.",
  })
  opened!: number;

  @Field(() => Int, {
    description:
      "Customers whose answering page was opened by a program that gave itself away: a mail scanner, a link preview. Counted here alone; one that only fetches the page leaves no trace.",
  })
  scanned!: number;

  @Field(() => Int, { description: "Customers who answered, whatever they answered." })
  rated!: number;

  @Field(() => Int, { description: "Customers whose answer has words beside the stars, as it stands now." })
  commented!: number;

  @Field(() => Int, {
    description:
      "Customers who followed one of the public review links. Whether they wrote a review there is not known.",
  })
  clicked!: number;

  @Field(() => Float, {
    nullable: true,
    description: "Mean of the ratings as they stand now, 1 to 5 stars, to two decimals; null until somebody answered.",
  })
  average!: number | null;

  @Field(() => [Int], {
    description:
      "How many ratings there are of 1, 2, 3, 4 and 5 stars, in this order: always five numbers, which add up to `rated`.",
  })
  distribution!: number[];

  @Field(() => Float, {
    nullable: true,
    description:
      "`rated` as a share of the messages that were sent (`progress.sent`), 0 to 1, to four decimals; null until one was sent.",
  })
  conversionRate!: number | null;
}

/** The figures of a campaign as it was read. */
export function ratingsOf({
  sent,
  opened,
  scanned,
  clicked,
  rated,
  commented,
  ...campaign
}: Campaign): CampaignRatings {
  const { rating1, rating2, rating3, rating4, rating5 } = campaign;
  return {
    ...{ opened, scanned, clicked, rated, commented },
    average: averageOf([rating1, rating2, rating3, rating4, rating5]),
    distribution: [rating1, rating2, rating3, rating4, rating5],
    conversionRate: conversionOf({ sent, rated }),
  };
}

/** Mean of so many ratings of 1, 2, … stars, to two decimals; null where there are none. */
export function averageOf(distribution: readonly number[]): number | null {
  const rated = distribution.reduce((sum, count) => sum + count, 0);
  const stars = distribution.reduce((sum, count, i) => sum + count * (i + 1), 0);
  return rated > 0 ? rounded(stars / rated, 2) : null;
}

/** `rated` as a share of `sent`, 0 to 1, to four decimals; null where nothing was sent. */
export function conversionOf({ sent, rated }: { sent: number; rated: number }): number | null {
  // Somebody may answer a message that came back all the same.
  return sent > 0 ? Math.min(1, rounded(rated / sent, 4)) : null;
}

export function rounded(value: number, decimals: number): number {
  return Math.round(value * 10 ** decimals) / 10 ** decimals;
}

import { Field, Float, GraphQLISODateTime, ID, Int, ObjectType } from "type-graphql";
import { type Counters, RATE_DECAY_SECONDS } from "../campaigns/counters.store.ts";
import { CampaignStatus } from "../campaigns/lifecycle.ts";

@ObjectType({
  description:
    "How far a campaign is. The seven states are disjoint and always add up to `total`: queued + retrying + sending + sent + failed + skipped + unconfirmed.",
})
export class CampaignProgress {
  @Field(() => ID, { description: "The campaign." })
  campaignId!: string;

  @Field(() => Float, {
    description:
      "Grows with every committed change (a whole number). Drop an event whose seq is lower than the one you show.",
  })
  seq!: number;

  @Field(() => CampaignStatus, { description: "Where the campaign stands." })
  status!: CampaignStatus;

  @Field(() => String, {
    nullable: true,
    description: "Why it stands there, when there is more to say than the status.",
  })
  statusReason!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Who brought it there, by the name of that time; null when the program did.",
  })
  statusBy!: string | null;

  @Field(() => Int, { description: "All recipients." })
  total!: number;

  @Field(() => Int, { description: "Wait for their first try of this run." })
  queued!: number;

  @Field(() => Int, { description: "Failed for now and wait for another try." })
  retrying!: number;

  @Field(() => Int, { description: "In a worker's hands at this moment." })
  sending!: number;

  @Field(() => Int, { description: "Accepted by the provider." })
  sent!: number;

  @Field(() => Int, { description: "Given up; each has an error and can be retried." })
  failed!: number;

  @Field(() => Int, { description: "Not to be written to." })
  skipped!: number;

  @Field(() => Int, { description: "A crash hid the answer: the message may have left. Never sent again by itself." })
  unconfirmed!: number;

  @Field(() => Float, {
    description:
      "Settled share of the total (sent, failed, skipped, unconfirmed), 0 to 100, rounded down to one decimal: 100 means everybody.",
  })
  percent!: number;

  @Field(() => Float, { description: "Recipients settled a second, averaged over about the last five seconds." })
  ratePerSecond!: number;

  @Field(() => Int, {
    nullable: true,
    description:
      "Seconds until the queue is empty at this rate. Null while it is not sending, in its first ten seconds, or when only retries wait.",
  })
  etaSeconds!: number | null;

  @Field(() => Int, {
    description: "Worker processes alive right now, in the whole installation. With 0, nothing moves.",
  })
  workers!: number;

  @Field(() => GraphQLISODateTime, { description: "When the figures last changed." })
  updatedAt!: Date;
}

/** An estimate made earlier than this after the start jumps about too much to be of use. */
const ETA_AFTER_SECONDS = 10;

/** The figures as they are shown at `now`, from the counters as they were last committed. */
export function progressOf(counters: Counters, now: Date, workers: number): CampaignProgress {
  const ratePerSecond = rateAt(counters, now);
  const {
    campaignId,
    seq,
    status,
    statusReason,
    statusBy,
    total,
    queued,
    retrying,
    sending,
    sent,
    failed,
    skipped,
    unconfirmed,
  } = counters;
  return {
    ...{ campaignId, seq, status, statusReason, statusBy },
    ...{ total, queued, retrying, sending, sent, failed, skipped, unconfirmed },
    percent: percentOf(sent + failed + skipped + unconfirmed, total),
    ratePerSecond: Math.round(ratePerSecond * 10) / 10,
    etaSeconds: etaSeconds(counters, ratePerSecond, now),
    workers,
    updatedAt: new Date(counters.updatedAt),
  };
}

/** Rounded down to one decimal, in whole numbers so that no floating rounding can show 100 too early. */
export function percentOf(settled: number, total: number): number {
  return total === 0 ? 0 : Math.floor((settled * 1000) / total) / 10;
}

/**
 * Recipients settled a second. The ledger keeps a count that decays exponentially; divided by its decay time it is
 * the rate, and by the share of that time since the start it is right from the first second on.
 */
export function rateAt({ status, rateSum, rateAt, startedAt }: Counters, now: Date): number {
  if (status !== CampaignStatus.PROCESSING || rateAt === null || startedAt === null) return 0;
  const left = Math.exp(-secondsBetween(rateAt, now) / RATE_DECAY_SECONDS);
  const filled = 1 - Math.exp(-Math.max(1, secondsBetween(startedAt, now)) / RATE_DECAY_SECONDS);
  return (rateSum * left) / RATE_DECAY_SECONDS / filled;
}

function etaSeconds({ status, queued, sending, startedAt }: Counters, ratePerSecond: number, now: Date): number | null {
  const running = status === CampaignStatus.PROCESSING && startedAt !== null;
  if (!running || secondsBetween(startedAt, now) < ETA_AFTER_SECONDS) return null;
  if (queued + sending === 0 || ratePerSecond < 0.1) return null;
  return Math.ceil((queued + sending) / ratePerSecond);
}

function secondsBetween(from: string, to: Date): number {
  return Math.max(0, (to.getTime() - new Date(from).getTime()) / 1000);
}

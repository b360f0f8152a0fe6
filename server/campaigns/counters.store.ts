import type { WorkspaceTransaction } from "../platform/database.ts";
import type { CampaignStatus } from "./lifecycle.ts";
import { rollUp, tallyResponseTime } from "./rollup.store.ts";

/** Changes of the maintained counters. They must cancel out, but for recipients that are new. */
export interface Delta {
  queued?: number;
  retrying?: number;
  sending?: number;
  sent?: number;
  failed?: number;
  skipped?: number;
  unconfirmed?: number;
  /** New recipients; every other change only moves recipients from one state to another. */
  total?: number;
}

/** A campaign's maintained counters; the states are disjoint and add up to `total` (a constraint of the table). */
export interface Counters {
  campaignId: string;
  workspaceId: string;
  /** Grows by one with every committed change, in commit order and without a gap. */
  seq: number;
  status: CampaignStatus;
  statusReason: string | null;
  statusBy: string | null;
  total: number;
  queued: number;
  retrying: number;
  sending: number;
  sent: number;
  failed: number;
  skipped: number;
  unconfirmed: number;
  /** Exponentially decayed count of settled recipients, as of `rateAt`; see dispatch/progress.ts. */
  rateSum: number;
  rateAt: string | null;
  startedAt: string | null;
  updatedAt: string;
}

/** Decay time of the rate, in seconds: the rate shown is an average over about this long. */
export const RATE_DECAY_SECONDS = 5;

/** Of the table `campaign`, whatever else is joined to it. */
export const COUNTERS = `
  campaign.id AS "campaignId", campaign.workspace_id AS "workspaceId", campaign.status_by AS "statusBy",
  campaign.seq::float8 AS seq, campaign.status, campaign.status_reason AS "statusReason", campaign.total, campaign.queued,
  campaign.retrying, campaign.sending, campaign.sent, campaign.failed, campaign.skipped, campaign.unconfirmed,
  campaign.rate_sum AS "rateSum", campaign.rate_at AS "rateAt", campaign.started_at AS "startedAt",
  campaign.updated_at AS "updatedAt"`;

const COUNTED = ["queued", "retrying", "sending", "sent", "failed", "skipped", "unconfirmed", "total"] as const;

/**
 * What an UPDATE of `campaign` sets to apply a delta: `of` gives the SQL of each change, `settled` that of how many were
 * settled by it. For the statement that counts the rows it changes; all others call `applyDelta`.
 */
export function changedBy(of: (name: keyof Delta) => string, settled: string): string {
  return `seq = seq + 1, updated_at = clock_timestamp(),
    ${COUNTED.map((name) => `${name} = campaign.${name} + ${of(name)}`).join(", ")},
    rate_sum = CASE WHEN ${settled} = 0 THEN rate_sum ELSE ${settled} + rate_sum * exp(greatest(-50,
      -extract(epoch FROM clock_timestamp() - coalesce(rate_at, clock_timestamp())) / ${RATE_DECAY_SECONDS})) END,
    rate_at = CASE WHEN ${settled} = 0 THEN rate_at ELSE clock_timestamp() END`;
}

/**
 * Applies a delta and takes the next `seq`. Call it last in a transaction: it locks the one row that every worker
 * of the campaign needs, and under that lock `seq` is gapless and in commit order. Where `sent` changes, `sentAt` says
 * when those messages were sent, as their rows say it.
 */
export async function applyDelta(
  tx: WorkspaceTransaction,
  campaignId: string,
  delta: Delta,
  sentAt?: Date,
): Promise<Counters> {
  const settled = Math.max(0, (delta.sent ?? 0) + (delta.failed ?? 0) + (delta.unconfirmed ?? 0));
  const [counters] = await tx.query<RawCounters>(
    `UPDATE campaign SET ${changedBy((name) => `$${COUNTED.indexOf(name) + 3}::int`, "$2::int")}
      WHERE id = $1
      RETURNING ${COUNTERS}`,
    [campaignId, settled, ...COUNTED.map((name) => delta[name] ?? 0)],
  );
  if (!counters) throw new Error(`campaign ${campaignId} is gone`);
  await rollUpSent(tx, campaignId, delta, sentAt);
  return toCounters(counters);
}

async function rollUpSent(tx: WorkspaceTransaction, campaignId: string, { sent = 0 }: Delta, sentAt?: Date) {
  if (sent === 0) return;
  if (!sentAt) throw new Error("where `sent` changes, it must be known when");
  await rollUp(tx, campaignId, sentAt, { sent });
}

/** Changes of what is counted of the customers: who did it for the first time is counted, and what they answered. */
export interface FeedbackDelta {
  opened?: number;
  /** By a program. */
  scanned?: number;
  clicked?: number;
  commented?: number;
  rating?: RatingChange;
}

export interface RatingChange {
  /** Null: it is a new answer. */
  from: number | null;
  to: number;
  /** When the first answer was given. */
  answeredAt: Date;
  /** From the sending to it, and the step of that; null: not known. */
  seconds: number | null;
  bin: number | null;
}

const FEEDBACK_COUNTED = [
  ...(["opened", "scanned", "clicked", "commented", "rated", "rating_sum"] as const),
  ...(["rating_1", "rating_2", "rating_3", "rating_4", "rating_5"] as const),
];

/**
 * As `applyDelta`, for what comes back: one change with one `seq`, whether or not it also moves a recipient from one
 * state to another. Kept apart from the statement above and from `Counters`, since marks count nothing of this.
 * `askedAt` is when the message was sent that the customer follows, by which it is rolled up.
 */
export async function applyFeedback(
  tx: WorkspaceTransaction,
  campaignId: string,
  feedback: FeedbackDelta & { askedAt: Date },
  { delta = {}, sentAt }: { delta?: Delta; sentAt?: Date } = {},
): Promise<Counters> {
  const counted = countedOf(feedback);
  const after = COUNTED.length + 2;
  const [counters] = await tx.query<RawCounters>(
    `UPDATE campaign SET ${changedBy((name) => `$${COUNTED.indexOf(name) + 2}::int`, "0")},
            ${FEEDBACK_COUNTED.map((name, i) => `${name} = campaign.${name} + $${after + i}::int`).join(", ")}
      WHERE id = $1
      RETURNING ${COUNTERS}`,
    [campaignId, ...COUNTED.map((name) => delta[name] ?? 0), ...FEEDBACK_COUNTED.map((name) => counted[name] ?? 0)],
  );
  if (!counters) throw new Error(`campaign ${campaignId} is gone`);
  await rollUpSent(tx, campaignId, delta, sentAt);
  await rollUpFeedback(tx, campaignId, feedback);
  return toCounters(counters);
}

type FeedbackCounted = Partial<Record<(typeof FEEDBACK_COUNTED)[number], number>>;

function countedOf({ opened = 0, scanned = 0, clicked = 0, commented = 0, rating }: FeedbackDelta): FeedbackCounted {
  const counted: FeedbackCounted = { opened, scanned, clicked, commented };
  if (!rating || rating.from === rating.to) return counted;
  const { from, to } = rating;
  counted.rated = from === null ? 1 : 0;
  counted.rating_sum = to - (from ?? 0);
  counted[ofRating(to)] = 1;
  if (from !== null) counted[ofRating(from)] = -1;
  return counted;
}

async function rollUpFeedback(
  tx: WorkspaceTransaction,
  campaignId: string,
  { askedAt, ...feedback }: FeedbackDelta & { askedAt: Date },
): Promise<void> {
  const { rating } = feedback;
  const { rating_sum: _sum, scanned: _scanned, ...sums } = countedOf(feedback);
  const isNew = rating?.from === null;
  const time = isNew && rating.seconds !== null ? { timed: 1, response_seconds: rating.seconds } : {};
  await rollUp(tx, campaignId, askedAt, { ...sums, ...time });
  if (!rating || rating.from === rating.to) return;
  const was = rating.from === null ? {} : { [answeredOf(rating.from)]: -1 };
  await rollUp(tx, campaignId, rating.answeredAt, { ...was, [answeredOf(rating.to)]: 1 });
  if (isNew && rating.bin !== null) await tallyResponseTime(tx, campaignId, askedAt, rating.bin);
}

function answeredOf(rating: number) {
  return ofRating(rating).replace("rating_", "answered_") as `answered_${1 | 2 | 3 | 4 | 5}`;
}

function ofRating(rating: number): (typeof FEEDBACK_COUNTED)[number] {
  const name = FEEDBACK_COUNTED.find((counted) => counted === `rating_${rating}`);
  if (!name) throw new Error(`${rating} is no rating`);
  return name;
}

/** The counters as they stand, or null when there is no such campaign in the workspace. */
export async function readCounters(tx: WorkspaceTransaction, campaignId: string): Promise<Counters | null> {
  const [counters] = await tx.query<RawCounters>(`SELECT ${COUNTERS} FROM campaign WHERE id = $1`, [campaignId]);
  return counters ? toCounters(counters) : null;
}

// Dates travel as text: the same shape is published through Redis.
export type RawCounters = Omit<Counters, "rateAt" | "startedAt" | "updatedAt"> & {
  rateAt: Date | null;
  startedAt: Date | null;
  updatedAt: Date;
};

export function toCounters(raw: RawCounters): Counters {
  return {
    ...raw,
    rateAt: raw.rateAt?.toISOString() ?? null,
    startedAt: raw.startedAt?.toISOString() ?? null,
    updatedAt: raw.updatedAt.toISOString(),
  };
}

import type { WorkspaceTransaction } from "../platform/database.ts";
import type { CampaignStatus } from "./lifecycle.ts";

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

const COUNTERS = `
  id AS "campaignId", workspace_id AS "workspaceId", status_by AS "statusBy", seq::float8 AS seq, status, status_reason AS "statusReason", total, queued, retrying, sending,
  sent, failed, skipped, unconfirmed, rate_sum AS "rateSum", rate_at AS "rateAt", started_at AS "startedAt",
  updated_at AS "updatedAt"`;

/**
 * Applies a delta and takes the next `seq`. Call it last in a transaction: it locks the one row that every worker
 * of the campaign needs, and under that lock `seq` is gapless and in commit order.
 */
export async function applyDelta(tx: WorkspaceTransaction, campaignId: string, delta: Delta): Promise<Counters> {
  const {
    queued = 0,
    retrying = 0,
    sending = 0,
    sent = 0,
    failed = 0,
    skipped = 0,
    unconfirmed = 0,
    total = 0,
  } = delta;
  const settled = Math.max(0, sent + failed + unconfirmed);
  const [counters] = await tx.query<RawCounters>(
    `UPDATE campaign
        SET seq = seq + 1, updated_at = clock_timestamp(),
            queued = queued + $2, retrying = retrying + $3, sending = sending + $4, sent = sent + $5,
            failed = failed + $6, skipped = skipped + $7, unconfirmed = unconfirmed + $8, total = total + $9,
            rate_sum = CASE WHEN $10::int = 0 THEN rate_sum ELSE $10::int + rate_sum * exp(greatest(-50,
              -extract(epoch FROM clock_timestamp() - coalesce(rate_at, clock_timestamp())) / ${RATE_DECAY_SECONDS})) END,
            rate_at = CASE WHEN $10::int = 0 THEN rate_at ELSE clock_timestamp() END
      WHERE id = $1
      RETURNING ${COUNTERS}`,
    [campaignId, queued, retrying, sending, sent, failed, skipped, unconfirmed, total, settled],
  );
  if (!counters) throw new Error(`campaign ${campaignId} is gone`);
  return toCounters(counters);
}

/** The counters as they stand, or null when there is no such campaign in the workspace. */
export async function readCounters(tx: WorkspaceTransaction, campaignId: string): Promise<Counters | null> {
  const [counters] = await tx.query<RawCounters>(`SELECT ${COUNTERS} FROM campaign WHERE id = $1`, [campaignId]);
  return counters ? toCounters(counters) : null;
}

// Dates travel as text: the same shape is published through Redis.
type RawCounters = Omit<Counters, "rateAt" | "startedAt" | "updatedAt"> & {
  rateAt: Date | null;
  startedAt: Date | null;
  updatedAt: Date;
};

function toCounters(raw: RawCounters): Counters {
  return {
    ...raw,
    rateAt: raw.rateAt?.toISOString() ?? null,
    startedAt: raw.startedAt?.toISOString() ?? null,
    updatedAt: raw.updatedAt.toISOString(),
  };
}

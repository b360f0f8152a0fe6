/**
 * A lane is what all campaigns of a transport share: its limit and its circuit breaker, or the limit of one
 * destination domain through it. The breaker:
 *   closed     messages go; connections that fail in a row are counted
 *   open       five failed in a row: nobody is tried until `closedUntil`
 *   half open  the rest is over: one message is tried; if it fails the next rest is twice as long
 */
import type { Throttle } from "../campaigns/throttle.ts";

export interface Lane {
  transportId: string;
  /** Empty: the whole transport. */
  domain: string;
  throttle: Throttle | null;
  /** When the next message is due by the throttle, milliseconds since 1970. */
  nextAt: number;
  /** Connections that failed in a row. */
  failures: number;
  rests: number;
  /** Nobody is tried before; milliseconds since 1970. */
  closedUntil: number | null;
  closedBecause: string | null;
  /** Whether domains of this transport have limits of their own. */
  hasDomains: boolean;
}

export const FAILURES_MAX = 5;
const FIRST_REST_MS = 60_000;
const LONGEST_REST_MS = 15 * 60_000;

type Breaker = Pick<Lane, "failures" | "rests" | "closedUntil" | "closedBecause">;

export const CLOSED: Breaker = { failures: 0, rests: 0, closedUntil: null, closedBecause: null };

/** After connections that failed in a row, with the words of the last one. */
export function afterFailures(lane: Breaker, failed: { count: number; because: string }, now: number): Breaker {
  const failures = lane.failures + failed.count;
  // Answers of sends that were under way when the rest began do not lengthen it.
  const isResting = lane.closedUntil !== null && lane.closedUntil > now;
  if (failures < FAILURES_MAX || isResting) return { ...lane, failures };
  const restMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** lane.rests);
  return { failures, rests: lane.rests + 1, closedUntil: now + restMs, closedBecause: failed.because };
}

/** The provider named a time before which it wants nothing. */
export function restUntil(lane: Breaker, until: number, because: string): Breaker {
  if (lane.closedUntil !== null && lane.closedUntil >= until) return lane;
  return { ...lane, closedUntil: until, closedBecause: because };
}

/** True when the rest is over and one message is to find out whether the next may follow. */
export function isHalfOpen({ failures }: Breaker): boolean {
  return failures >= FAILURES_MAX;
}

/**
 * How fast messages may leave: the generic cell rate algorithm over one timestamp, `nextAt`, which is kept with
 * whatever is limited and changes under its lock. All times are milliseconds, fractions included: to the nearest whole
 * one, fast throttles would be inexact.
 *
 * `nextAt` is when the next message would be due if all left evenly. It may lie ahead of now by the burst; where it
 * lies in the past nothing was saved up but that burst. So over any span of t seconds at most t × rate + burst leave.
 */

export interface Throttle {
  /** At least 1. */
  messages: number;
  per: "second" | "minute" | "hour";
}

const PERIOD_MS: Record<Throttle["per"], number> = { second: 1_000, minute: 60_000, hour: 3_600_000 };

/** For pages: "120 per minute". */
export function perWords({ messages, per }: Throttle): string {
  return `${messages.toLocaleString("en-GB")} per ${per}`;
}

/** From one message to the next, in milliseconds; not a whole number. */
export function intervalMs({ messages, per }: Throttle): number {
  return PERIOD_MS[per] / messages;
}

/**
 * The messages of one second. Where that is less than two, never two at once, but half an interval (at most a second)
 * of lateness is made up: a worker that wakes a little late would otherwise make every message after it later.
 */
export function burst(throttle: Throttle): number {
  const perSecond = 1_000 / intervalMs(throttle);
  return Math.max(perSecond, 1 + Math.min(perSecond, 0.5));
}

/** How many messages may leave now. */
export function room(throttle: Throttle, nextAt: number, now: number): number {
  const aheadMs = carried(throttle, nextAt, now) - now;
  return Math.max(0, Math.floor(burst(throttle) - aheadMs / intervalMs(throttle)));
}

/**
 * The new `nextAt` once `count` messages, at most as many as there is room for, have left. Where it is kept less finely
 * (Postgres keeps microseconds), it is rounded up.
 */
export function taken(throttle: Throttle, nextAt: number, count: number, now: number): number {
  return carried(throttle, nextAt, now) + roundedUp(count * intervalMs(throttle));
}

// To what a timestamp in milliseconds can hold without loss: sums to the nearest would drift over the rate in time.
function roundedUp(ms: number): number {
  return Math.ceil(ms * 1_024) / 1_024;
}

/**
 * How long until there is room for a quarter of a second's messages, at least one; 0 where there is. To claim at
 * every single free place would cost a fast throttle one claim for each message. In whole milliseconds.
 */
export function waitMs(throttle: Throttle, nextAt: number, now: number): number {
  const wanted = Math.max(1, Math.floor(QUARTER_MS / intervalMs(throttle)));
  if (room(throttle, nextAt, now) >= wanted) return 0;
  const aheadMs = carried(throttle, nextAt, now) - now;
  return Math.max(1, Math.ceil(aheadMs - (burst(throttle) - wanted) * intervalMs(throttle)));
}

const QUARTER_MS = 250;

/**
 * What becomes of `nextAt` under a throttle that was changed just now, and must be stored with the change, or a slow
 * one of before would hold for as long as it had: not further ahead than the new throttle could have put it, so the
 * next message is at most one new interval away. Where nothing was changed, nor a clock set back, it changes nothing.
 */
export function carried(throttle: Throttle, nextAt: number, now: number): number {
  return Math.min(Math.max(nextAt, now), now + burst(throttle) * intervalMs(throttle));
}

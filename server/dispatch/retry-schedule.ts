/** When a transport's transient failures are tried again. Delays are milliseconds. */
export interface RetryPolicy {
  /** Delay before the second try. */
  baseMs: number;
  /** Each further delay is this many times the one before. */
  factor: number;
  /** No delay is longer, before jitter. */
  capMs: number;
  /** Tries in all, the first included. */
  triesMax: number;
}

/** Every delay is spread by up to this share in both directions, so that what failed together is not tried together. */
export const JITTER = 0.25;

/** How long to wait after try number `tries` (from 1) has failed, or null when there will be no other. */
export function retryDelayMs(policy: RetryPolicy, tries: number, random: () => number): number | null {
  if (tries >= policy.triesMax) return null;
  const delayMs = Math.min(policy.capMs, policy.baseMs * policy.factor ** (tries - 1));
  return Math.round(delayMs * (1 - JITTER + 2 * JITTER * random()));
}

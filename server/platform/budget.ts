import type { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { CallerError } from "./errors.ts";

const WINDOW_SECONDS = 60;

/** Where a caller's budget stands. */
export interface Spent {
  /** Points a minute. */
  limit: number;
  remaining: number;
  /** Seconds until all of it is there again. */
  resetSeconds: number;
  isOver: boolean;
}

/**
 * The points that one caller may spend in a minute, over all web processes. What is asked for beyond them is not run
 * and uses up what was left. While Redis is away each process counts for itself, so that the API goes on.
 */
export class Budget {
  private readonly counter: RateLimiterRedis;

  constructor(
    redis: Redis,
    namespace: string,
    readonly pointsPerMinute: number,
  ) {
    const counted = { keyPrefix: `${namespace}:cost`, points: pointsPerMinute, duration: WINDOW_SECONDS };
    this.counter = new RateLimiterRedis({
      ...counted,
      storeClient: redis,
      insuranceLimiter: new RateLimiterMemory(counted),
      // Whoever is over stays over until the minute ends: Redis need not be asked again for each try.
      inMemoryBlockOnConsumed: pointsPerMinute + 1,
    });
  }

  /** Takes the points, at least one, and says what is left. */
  async spend(key: string, points: number): Promise<Spent> {
    const limit = this.pointsPerMinute;
    try {
      const { remainingPoints, msBeforeNext } = await this.counter.consume(key, Math.max(1, points));
      return { limit, remaining: remainingPoints, resetSeconds: inSeconds(msBeforeNext), isOver: false };
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      return { limit, remaining: 0, resetSeconds: inSeconds(refused.msBeforeNext), isOver: true };
    }
  }
}

/** Throws RATE_LIMITED, with all numbers, when this was more than what was left. */
export function refuseOverBudget({ isOver, limit, resetSeconds }: Spent, requested: number): void {
  if (!isOver) return;
  throw new CallerError(
    "RATE_LIMITED",
    `This costs ${inWords(requested)} points, more than is left of the ${inWords(limit)} a minute. ` +
      `Ask again in ${resetSeconds} s.`,
    { more: { requested, limit, retryAfterSeconds: resetSeconds } },
  );
}

function inSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}

function inWords(points: number): string {
  return points.toLocaleString("en-US");
}

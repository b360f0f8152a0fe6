import type { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";

const WINDOW_SECONDS = 15 * 60;
const WRONG_LINKS = 30;

/**
 * Slows down guessing links. Only links that do not work count, by network address: providers send the one-click
 * requests of very many customers from a few addresses. While Redis is away each process counts for itself.
 */
export class LinkThrottle {
  private readonly counter: RateLimiterRedis;

  constructor(redis: Redis, namespace: string) {
    const counted = { keyPrefix: `${namespace}:wrong-link`, points: WRONG_LINKS, duration: WINDOW_SECONDS };
    this.counter = new RateLimiterRedis({
      ...{ ...counted, storeClient: redis },
      insuranceLimiter: new RateLimiterMemory(counted),
    });
  }

  /** 0, or after how many seconds the next link is looked at. */
  async waitSeconds(address: string): Promise<number> {
    const counted = await this.counter.get(address);
    return counted && counted.consumedPoints >= WRONG_LINKS ? Math.max(1, Math.ceil(counted.msBeforeNext / 1000)) : 0;
  }

  async wrong(address: string): Promise<void> {
    await this.counter.consume(address).catch((refused: unknown) => {
      if (!(refused instanceof RateLimiterRes)) throw refused;
    });
  }
}

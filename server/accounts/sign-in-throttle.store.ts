import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";

const WINDOW_SECONDS = 15 * 60;

/** Tries in a window. Guessing one password, guessing for one account from everywhere, guessing for many accounts. */
const TRIES = { accountFromAddress: 10, account: 50, address: 100 };

type Limit = keyof typeof TRIES;

/**
 * Slows down guessing. Every try counts before the password is looked at, a right one is given back; nothing locks
 * for longer than the window. While Redis is away each process counts for itself.
 */
export class SignInThrottle {
  private readonly limits: Record<Limit, RateLimiterRedis>;

  constructor(redis: Redis, namespace: string) {
    const limit = (name: Limit) => {
      const counted = { keyPrefix: `${namespace}:sign-in:${name}`, points: TRIES[name], duration: WINDOW_SECONDS };
      return new RateLimiterRedis({ ...counted, storeClient: redis, insuranceLimiter: new RateLimiterMemory(counted) });
    };
    this.limits = {
      accountFromAddress: limit("accountFromAddress"),
      account: limit("account"),
      address: limit("address"),
    };
  }

  /** Counts a try. Answers 0, or after how many seconds the next one is worth it. */
  async tooManyFor(email: string, address: string | null): Promise<number> {
    const tries = this.countersOf(email, address).map(([limit, key]) => this.limits[limit].consume(key));
    const waits = (await Promise.allSettled(tries)).map((tried) => {
      if (tried.status === "fulfilled") return 0;
      if (tried.reason instanceof RateLimiterRes) return Math.max(1, Math.ceil(tried.reason.msBeforeNext / 1000));
      throw tried.reason;
    });
    return Math.max(...waits);
  }

  /** The try was right: it is not held against anybody. */
  async right(email: string, address: string | null): Promise<void> {
    await Promise.all(this.countersOf(email, address).map(([limit, key]) => this.limits[limit].reward(key)));
  }

  // What an address is typed as stays out of Redis.
  private countersOf(email: string, address: string | null): [Limit, string][] {
    const account = createHash("sha256").update(email).digest("base64url");
    const from = address ?? "unknown";
    return [
      ["accountFromAddress", `${account}:${from}`],
      ["account", account],
      ["address", from],
    ];
  }
}

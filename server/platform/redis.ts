import { Redis, type RedisOptions } from "ioredis";
import { CannotStart } from "./cannot-start.ts";
import { log } from "./log.ts";

/** What a connection is for decides what it does while Redis is away. */
export type RedisUse =
  /** Says something now or not at all: publishing, ringing. Fails at once while Redis is away. */
  | "saying"
  /** Waits as long as it takes: subscribing, a queue's blocking reads. Resumes by itself. */
  | "listening";

const OPTIONS: Record<RedisUse, RedisOptions> = {
  saying: { enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 2_000, enableReadyCheck: false },
  listening: { maxRetriesPerRequest: null, enableReadyCheck: false },
};

/** Opens a connection that never throws by itself; a loss is logged once, and so is the return. */
export function openRedis(url: string, use: RedisUse): Redis {
  const redis = new Redis(url, {
    ...OPTIONS[use],
    retryStrategy: (tries) => Math.min(100 * 2 ** Math.min(tries, 5), 2_000),
  });
  let away = false;
  redis.on("error", (error: Error) => {
    if (!away) log.warn({ err: error.message, use }, "Redis is away; sending goes on from the database");
    away = true;
  });
  redis.on("ready", () => {
    if (away) log.info({ use }, "Redis is back");
    away = false;
  });
  return redis;
}

/**
 * Refuses a Redis that may throw keys away: it would lose the doorbell's jobs without an error. One that is away,
 * or that does not let itself be asked, is taken with a warning.
 */
export async function refuseEvictingRedis(url: string): Promise<void> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1, connectTimeout: 2_000, retryStrategy: () => null });
  redis.on("error", () => undefined);
  try {
    const [, policy] = (await redis.config("GET", "maxmemory-policy")) as string[];
    if (policy && policy !== "noeviction") throw new EvictingRedisError(policy);
  } catch (error) {
    if (error instanceof EvictingRedisError) throw error;
    log.warn(
      { err: error instanceof Error ? error.message : String(error) },
      "could not ask Redis for its eviction policy",
    );
  } finally {
    redis.disconnect();
  }
}

export class EvictingRedisError extends CannotStart {
  constructor(policy: string) {
    super(
      `Redis has maxmemory-policy "${policy}" and may throw away jobs. ` +
        `Set it to noeviction (redis-cli CONFIG SET maxmemory-policy noeviction, and in redis.conf), then start again.`,
    );
  }
}

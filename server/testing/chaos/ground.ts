import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { postgresPrograms } from "../../platform/embedded/binaries.ts";
import { placeFor } from "../../platform/embedded/place.ts";
import { startPostgres } from "../../platform/embedded/postgres.ts";
import { until } from "../../platform/embedded/process.ts";
import { startRedis } from "../../platform/embedded/redis.ts";
import { cloneDatabase, makeTemplate, startOwnServices } from "../services.ts";
import { lookInto } from "./facts.ts";

/** What a scenario breaks by itself, and therefore has alone. */
export type Harmed = "postgres" | "redis";

/**
 * What an arena stands on: a migrated database that nobody else has, and a Redis. The servers are those of this process,
 * which all its arenas stand on, one after another; only what an arena harms is its own, and may be harmed.
 */
export interface Ground {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** In this database, as Postgres told of them in its log. */
  deadlocks(): number;
  restartPostgres(awayMs: number): Promise<void>;
  stopRedis(): Promise<void>;
  flushRedis(): Promise<void>;
  close(): Promise<void>;
}

export async function openGround(harmed: readonly Harmed[]): Promise<Ground> {
  const ownPostgres = harmed.includes("postgres") ? await openPostgres({ fsync: true }) : undefined;
  const ownRedis = harmed.includes("redis") ? await openRedis() : undefined;
  const postgres = ownPostgres ?? (await (shared.postgres ??= openPostgres({ fsync: false })));
  const redis = ownRedis ?? (await (shared.redis ??= openRedis()));
  const database = await postgres.freshDatabase();
  return {
    ...{ databaseUrl: database.url, redisUrl: redis.url },
    deadlocks: () => postgres.deadlocksIn(database.name),
    restartPostgres: (awayMs) => own(ownPostgres, "Postgres").restart(awayMs),
    stopRedis: () => own(ownRedis, "Redis").stop(),
    flushRedis: () => own(ownRedis, "Redis").flush(),
    async close() {
      // Nobody waits for whom a scenario has killed.
      if (!ownPostgres) await lookInto(postgres.url)(`DROP DATABASE ${database.name} WITH (FORCE)`);
      await Promise.all([ownPostgres?.close(), ownRedis?.close()]);
    },
  };
}

const shared: { postgres?: Promise<Postgres>; redis?: Promise<PrivateRedis> } = {};

/** Ends the servers that the arenas of this process have shared: to be called when the last is closed. */
export async function closeSharedGround(): Promise<void> {
  const [postgres, redis] = [shared.postgres, shared.redis];
  Object.assign(shared, { postgres: undefined, redis: undefined });
  for (const part of [postgres, redis]) {
    // One that did not start has told so to whoever asked for it.
    const started = await part?.catch(() => undefined);
    await started?.close();
  }
}

function own<Part>(part: Part | undefined, what: string): Part {
  if (!part) throw new Error(`this arena shares its ${what} with others: it is to say that it harms it`);
  return part;
}

interface Postgres {
  readonly url: string;
  freshDatabase(): Promise<{ url: string; name: string }>;
  deadlocksIn(database: string): number;
  /** Without a checkpoint. */
  restart(awayMs: number): Promise<void>;
  close(): Promise<void>;
}

/** `fsync` on where it is crashed: what it has committed it must still have. */
async function openPostgres({ fsync }: { fsync: boolean }): Promise<Postgres> {
  const { databaseUrl: url = "", dataDir, stop } = await startOwnServices({ needRedis: false, fsync });
  const place = await placeFor(dataDir, () => undefined);
  const folder = join(place.home, "postgres");
  // Starting what runs already only takes hold of it.
  const programs = await postgresPrograms(place.user, () => undefined);
  const run = () => startPostgres({ folder, programs, user: place.user, fsync });

  await nameDatabasesInLog(url);
  const template = "dispatcher_template";
  await makeTemplate(url, template);
  return {
    url,
    freshDatabase: () => cloneDatabase(url, template),
    deadlocksIn(database) {
      const log = readFileSync(join(folder, "server.log"), "utf8");
      return log.split("\n").filter((line) => line.includes(` ${database} ERROR:  deadlock detected`)).length;
    },
    async restart(awayMs) {
      await (await run()).stop("immediate");
      await sleep(awayMs);
      await run();
    },
    close: stop,
  };
}

// A log of several databases tells otherwise not which of them a line is about. In force once a new connection has it.
async function nameDatabasesInLog(url: string): Promise<void> {
  const look = lookInto(url);
  const prefix = "%m [%p] %d ";
  await look(`ALTER SYSTEM SET log_line_prefix = '${prefix}'`);
  await look(`SELECT pg_reload_conf()`);
  const isInForce = async () => {
    const [now] = await look<{ log_line_prefix: string }>(`SHOW log_line_prefix`);
    return now?.log_line_prefix === prefix;
  };
  if (!(await until(isInForce, 10_000))) throw new Error("Postgres does not say in its log which database it is about");
}

interface PrivateRedis {
  readonly url: string;
  flush(): Promise<void>;
  stop(): Promise<void>;
  close(): Promise<void>;
}

async function openRedis(): Promise<PrivateRedis> {
  const { redisUrl: url = "", dataDir, stop: close } = await startOwnServices({ needDatabase: false });
  const place = await placeFor(dataDir, () => undefined);
  const options = { folder: join(place.home, "redis"), user: place.user, say: () => undefined };
  return {
    ...{ url, close },
    async flush() {
      const redis = new Redis(url, { lazyConnect: true });
      await redis.connect();
      await redis.flushall();
      redis.disconnect();
    },
    stop: async () => (await startRedis(options)).stop(),
  };
}

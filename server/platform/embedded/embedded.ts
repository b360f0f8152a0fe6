import { join, resolve } from "node:path";
import { postgresPrograms } from "./binaries.ts";
import { dataDirHolder, lockDataDir } from "./lock.ts";
import { openFolder, placeFor, type Place } from "./place.ts";
import { addressOfRunning, startPostgres, type PrivatePostgres } from "./postgres.ts";
import { startRedis, type PrivateRedis } from "./redis.ts";

export interface EmbeddedOptions {
  dataDir: string;
  needDatabase: boolean;
  needRedis: boolean;
  /** Takes the few lines a person should see: what is installed, where data is kept. */
  say: (line: string) => void;
  /** Off only for tests. */
  fsync?: boolean;
}

/** Addresses of what was started; `stop` ends it all and is to be called last, after the program's own last words. */
export interface EmbeddedServices {
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  stop(): Promise<void>;
}

/**
 * Starts a private PostgreSQL and a private Redis for whatever the settings gave no address of, on the loopback
 * address, under `dataDir`. Refuses while another program uses that folder; what it started before it failed is stopped.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServices> {
  if (!options.needDatabase && !options.needRedis) {
    return { databaseUrl: undefined, redisUrl: undefined, stop: () => Promise.resolve() };
  }

  const dataDir = resolve(options.dataDir);
  openFolder(dataDir);
  const unlock = lockDataDir(dataDir);
  const running: { stop(): Promise<void> }[] = [];
  const keep = async <Part extends { stop(): Promise<void> }>(starting: Promise<Part>) => {
    const part = await starting;
    running.push(part);
    return part;
  };
  const stop = async () => {
    await Promise.all(running.splice(0).map((part) => part.stop()));
    unlock();
  };
  try {
    const place = await placeFor(dataDir, options.say);
    const postgres = options.needDatabase ? keep(database(place, options)) : undefined;
    const redis = options.needRedis ? keep(doorbell(place, options)) : undefined;
    // Both have an end before either is judged: what is half started could not be stopped.
    await Promise.allSettled([postgres, redis]);
    return { databaseUrl: (await postgres)?.url, redisUrl: (await redis)?.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The address of the private PostgreSQL of a program that runs on `dataDir` at this moment, or null when none does. */
export async function runningDatabaseUrl(dataDir: string): Promise<string | null> {
  const folder = resolve(dataDir);
  if (dataDirHolder(folder) === undefined) return null;
  const { home } = await placeFor(folder, () => undefined);
  return addressOfRunning(join(home, "postgres"));
}

async function database({ home, user }: Place, { say, fsync = true }: EmbeddedOptions): Promise<PrivatePostgres> {
  const programs = await postgresPrograms(user, say);
  return startPostgres({ folder: join(home, "postgres"), programs, user, fsync });
}

function doorbell({ home, user }: Place, { say }: EmbeddedOptions): Promise<PrivateRedis> {
  return startRedis({ folder: join(home, "redis"), user, say });
}

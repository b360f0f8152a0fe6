import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import pg from "pg";
import { startEmbedded, type EmbeddedServices } from "../platform/embedded/embedded.ts";
import { dataDirHolder } from "../platform/embedded/lock.ts";
import { until } from "../platform/embedded/process.ts";

/**
 * The real services that tests run on: one PostgreSQL and one Redis for a whole run of Jest, started by
 * global-setup.ts, or those of TEST_DATABASE_URL (its login must be a superuser) and TEST_REDIS_URL. A test file
 * takes a database of its own from them, cloned from a template that was migrated once.
 */
export interface TestServices {
  databaseUrl: string;
  redisUrl: string;
  stop(): Promise<void>;
}

/** Starts the services of one run, with the template database, and makes them known to the test files. */
export async function startTestServices(): Promise<TestServices> {
  const given = { databaseUrl: process.env["TEST_DATABASE_URL"], redisUrl: process.env["TEST_REDIS_URL"] };
  const started = await startOwnServices({ needDatabase: !given.databaseUrl, needRedis: !given.redisUrl });
  const databaseUrl = given.databaseUrl ?? started.databaseUrl!;
  const redisUrl = given.redisUrl ?? started.redisUrl!;
  const template = `dispatcher_template_${process.pid}`;

  await makeTemplate(databaseUrl, template);

  process.env["DISPATCHER_TEST_DATABASE"] = databaseUrl;
  process.env["DISPATCHER_TEST_TEMPLATE"] = template;
  process.env["DISPATCHER_TEST_REDIS"] = redisUrl;
  return {
    databaseUrl,
    redisUrl,
    stop: async () => {
      if (given.databaseUrl) await onServer(databaseUrl, `DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
      await started.stop();
    },
  };
}

/** A migrated, empty database of the caller's own; the address is the superuser's. `drop` it when done. */
export async function freshDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = known("DISPATCHER_TEST_DATABASE");
  const { url, name } = await cloneDatabase(server, known("DISPATCHER_TEST_TEMPLATE"));
  return { url, drop: () => dropDatabase(server, name) };
}

/** Migrates once for every database that is cloned from it. */
export async function makeTemplate(server: string, template: string): Promise<void> {
  await onServer(server, `CREATE DATABASE ${template}`);
  const { migrate } = await import("../migrate.ts");
  await migrate(withDatabase(server, template));
}

/** A database under a name that no other has, on whichever server. */
export async function cloneDatabase(server: string, template: string): Promise<{ url: string; name: string }> {
  const name = `dispatcher_test_${process.pid}_${randomBytes(4).toString("hex")}`;
  await onServer(server, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  return { url: withDatabase(server, name), name };
}

// A connection that is still open then is a leak; Postgres alone would wait 5 s for it and name nobody.
async function dropDatabase(server: string, name: string): Promise<void> {
  const others = `SELECT application_name, state, left(query, 80) AS query FROM pg_stat_activity WHERE datname = '${name}'`;
  let open: unknown[] = [];
  await until(async () => (open = await onServer(server, others)).length === 0, 2_000);
  await onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  if (open.length > 0) throw new Error(`Connections to the dropped database were still open: ${JSON.stringify(open)}`);
}

/**
 * An empty Redis for a test file: the numbered database of this Jest worker, emptied. Published messages cross
 * such databases (Redis keeps pub/sub apart from them), so topics must carry an id.
 */
export async function freshRedis(): Promise<{ url: string }> {
  const url = new URL(known("DISPATCHER_TEST_REDIS"));
  url.pathname = `/${Number(process.env["JEST_WORKER_ID"] ?? 0) % 16}`;
  const redis = new Redis(url.href, { lazyConnect: true, maxRetriesPerRequest: 1 });
  try {
    await redis.connect();
    await redis.flushdb();
  } finally {
    redis.disconnect();
  }
  return { url: url.href };
}

const OWN_PREFIX = "campaign-dispatcher-test-";

/**
 * A PostgreSQL and a Redis for one test that harms them (kills, FLUSHALL, restarts) or measures them. Not
 * migrated. `stop` removes the data as well.
 */
export async function startOwnServices({
  needDatabase = true,
  needRedis = true,
  fsync = false,
}: { needDatabase?: boolean; needRedis?: boolean; fsync?: boolean } = {}): Promise<
  EmbeddedServices & { dataDir: string }
> {
  await sweepLeftOvers();
  const dataDir = mkdtempSync(join(tmpdir(), OWN_PREFIX));
  // mkdtemp's 0700 would keep the server's own user out.
  chmodSync(dataDir, 0o711);
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const services = await startEmbedded({ dataDir, needDatabase, needRedis, fsync, say });
  return {
    ...services,
    dataDir,
    stop: async () => {
      await services.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

// A run that was killed could stop nothing. Starting on its folder adopts what it left, and stopping ends that.
async function sweepLeftOvers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const dataDir = join(tmpdir(), name);
    if (!name.startsWith(OWN_PREFIX) || dataDirHolder(dataDir)) continue;
    // Without a lock it may be a folder that another run has only just made.
    const justMade = Date.now() - (statSync(dataDir, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) < 60_000;
    if (justMade && !existsSync(join(dataDir, "lock"))) continue;
    const services = await startEmbedded({
      dataDir,
      needDatabase: existsSync(join(dataDir, "postgres")),
      needRedis: existsSync(join(dataDir, "redis")),
      say: () => undefined,
    }).catch(() => undefined);
    // Refused: another run sweeps the same folder at this moment.
    if (!services) continue;
    await services.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function onServer(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: withDatabase(url, "postgres") });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, name: string): string {
  const address = new URL(url);
  address.pathname = `/${name}`;
  return address.href;
}

function known(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error("The test services are not running: start the tests with Jest (npm run check -- tests).");
  return value;
}

import { randomBytes } from "node:crypto";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { CannotStart } from "../cannot-start.ts";
import type { PostgresPrograms } from "./binaries.ts";
import { asUser, commandOf, freePort, isAlive, run, until, type ServerUser } from "./process.ts";

/**
 * One private PostgreSQL, in `folder`:
 *   data/        the cluster, complete once the folder has this name (a first start makes it under another)
 *   password     of the one login, random, readable by the server's user alone
 *   server.log   what the server says
 * The server runs in a session of its own and outlives this process if that is killed; the next start finds it
 * by data/postmaster.pid and goes on with it.
 */
export interface PostgresOptions {
  folder: string;
  programs: PostgresPrograms;
  user: ServerUser | undefined;
  /** Off only for tests: a power cut may then lose what was committed. */
  fsync: boolean;
}

export interface PrivatePostgres {
  url: string;
  stop(mode?: "fast" | "immediate"): Promise<void>;
}

const LOGIN = "dispatcher";
const DATABASE = "campaign_dispatcher";
const LOG_BYTES_MAX = 20_000_000;
/** Crash recovery replays at most max_wal_size (2 GB), which takes a slow disk minutes. */
const START_MS = 300_000;
const STOP_MS = 60_000;

/** Starts the server, or goes on with the one that a crash left running, and answers once it takes connections. */
export async function startPostgres(options: PostgresOptions): Promise<PrivatePostgres> {
  ownFolder(options);
  if (!existsSync(dataOf(options))) await makeCluster(options);
  refuseOtherVersion(options);

  if (postmaster(options) === undefined) await startServer(options);
  const url = await awaitDatabase(options);
  return { url, stop: (mode = "fast") => stopServer(options, mode) };
}

/** The address of the server that runs in `folder`, or null when none does. Reads files only. */
export function addressOfRunning(folder: string): string | null {
  try {
    const [pid, , , port] = readFileSync(join(folder, "data", "postmaster.pid"), "utf8").split("\n");
    if (!isAlive(Number(pid)) || !Number(port)) return null;
    const password = readFileSync(join(folder, "password"), "utf8").trim();
    return `postgres://${LOGIN}:${password}@127.0.0.1:${port}/${DATABASE}`;
  } catch {
    return null;
  }
}

function ownFolder({ folder, user }: PostgresOptions): void {
  if (!existsSync(folder)) {
    mkdirSync(folder, { mode: 0o700 });
    if (user) chownSync(folder, user.uid, user.gid);
  }
  const owner = statSync(folder).uid;
  const wanted = user?.uid ?? process.getuid?.() ?? owner;
  if (owner !== wanted) {
    throw new CannotStart(
      `The database in ${folder} belongs to another user (uid ${owner}). ` +
        `Start as the user who started it first, or set DATA_DIR to a folder of your own.`,
    );
  }
}

async function makeCluster(options: PostgresOptions): Promise<void> {
  const { folder, programs, user, fsync } = options;
  const unfinished = join(folder, "data.unfinished");
  rmSync(unfinished, { recursive: true, force: true });

  const password = passwordFile(options);
  writeFileSync(password, randomBytes(24).toString("base64url"), { mode: 0o600 });
  if (user) chownSync(password, user.uid, user.gid);

  const { code, output } = await run(
    programs.initdb,
    [
      ...["-D", unfinished, "-U", LOGIN, `--pwfile=${password}`, "--auth=scram-sha-256"],
      // PostgreSQL's own C.UTF-8, which sorts the same on every system and after every upgrade of it.
      ...["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
      ...["--no-instructions", ...(fsync ? [] : ["--no-sync"])],
    ],
    asUser(user),
  ).catch((error: Error) => ({ code: 1, output: error.message }));
  if (code !== 0)
    throw new CannotStart(`The private PostgreSQL could not be set up in ${folder}:\n${output.trim()}\n${WAY_OUT}`);
  renameSync(unfinished, dataOf(options));
}

function refuseOtherVersion(options: PostgresOptions): void {
  const made = readFileSync(join(dataOf(options), "PG_VERSION"), "utf8").trim();
  const shipped = options.programs.version.split(".")[0];
  if (made !== shipped) {
    throw new CannotStart(
      `The database in ${options.folder} was made by PostgreSQL ${made}, and this version of the program ships ${shipped}. ` +
        `Run the version before, dump the data with pg_dump, and start again with an empty DATA_DIR; or set DATABASE_URL.`,
    );
  }
}

/** The pid of the server that runs on this data, or undefined when what postmaster.pid names is gone. */
function postmaster(options: PostgresOptions): number | undefined {
  const pid = Number(pidFileOf(options)[0]);
  // After a power cut a stranger may have the pid: ours names its data folder on the command line.
  const ours = pid > 0 && isAlive(pid) && `${commandOf(pid)} `.includes(` ${dataOf(options)} `);
  return ours ? pid : undefined;
}

async function startServer(options: PostgresOptions): Promise<void> {
  const { folder, programs, user } = options;
  const log = join(folder, "server.log");
  if (existsSync(log) && statSync(log).size > LOG_BYTES_MAX) truncateSync(log);

  let output = "";
  // More than once: the port may be taken in between, and after a kill -9 the old server's children need a moment.
  for (let attempt = 1; attempt <= 5; attempt++) {
    if (postmaster(options) !== undefined) return; // Started after all, and is still recovering.
    rmSync(join(dataOf(options), "postmaster.pid"), { force: true });
    await writeConfiguration(options);
    const args = ["start", "-D", dataOf(options), "-l", log, "-w", "-t", String(START_MS / 1000)];
    const started = await run(programs.pgCtl, args, asUser(user));
    if (started.code === 0) return;
    output = started.output;
    await new Promise((resolve) => setTimeout(resolve, 300 * attempt));
  }
  const said = readFileSync(log, "utf8").trimEnd().split("\n").slice(-8).join("\n");
  throw new CannotStart(`The private PostgreSQL did not start: ${output.trim()}\n${said}\n${WAY_OUT}`);
}

// Ours as a whole and written before each start, so that a new version's settings reach old data.
async function writeConfiguration(options: PostgresOptions): Promise<void> {
  const path = join(dataOf(options), "postgresql.conf");
  const port = await freePort(Number(/^port = (\d+)/m.exec(readFileSync(path, "utf8"))?.[1] ?? 0));
  const durable = options.fsync ? "on" : "off";
  writeFileSync(
    path,
    `# Written at each start.
listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = ''
max_connections = 200
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '

# A small machine that other programs share.
shared_buffers = '256MB'
effective_cache_size = '1GB'
work_mem = '16MB'
maintenance_work_mem = '128MB'
random_page_cost = 1.1
jit = off

# Durable, with few checkpoints in the middle of a large dispatch. No replica hangs on it.
fsync = ${durable}
full_page_writes = ${durable}
synchronous_commit = on
wal_level = minimal
max_wal_senders = 0
wal_compression = on
max_wal_size = '2GB'
checkpoint_timeout = '15min'

# Counters and batches change all the time: clean up after them early.
autovacuum_naptime = '15s'
autovacuum_vacuum_cost_limit = 2000
`,
  );
}

async function awaitDatabase(options: PostgresOptions): Promise<string> {
  const password = readFileSync(passwordFile(options), "utf8").trim();
  // Line 4 of postmaster.pid; an adopted server may still be recovering and not have written it yet.
  let port = 0;
  await until(() => (port = Number(pidFileOf(options)[3] ?? 0)) > 0, START_MS);
  const urlOf = (database: string) => `postgres://${LOGIN}:${password}@127.0.0.1:${port}/${database}`;

  let refusal: unknown;
  const ready = await until(async () => {
    refusal = await makeDatabase(urlOf("postgres")).then(
      () => undefined,
      (error: unknown) => error,
    );
    // 57P03: still starting. Everything else will not get better by waiting.
    return refusal === undefined || (refusal as { code?: string }).code !== "57P03";
  }, START_MS);
  if (!ready || refusal !== undefined) {
    throw new CannotStart(`The private PostgreSQL in ${options.folder} cannot be used: ${String(refusal)}\n${WAY_OUT}`);
  }
  return urlOf(DATABASE);
}

async function makeDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

async function stopServer(options: PostgresOptions, mode: "fast" | "immediate"): Promise<void> {
  const pid = postmaster(options);
  if (pid === undefined) return;
  const args = ["stop", "-D", dataOf(options), "-w", "-t", String(STOP_MS / 1000)];
  const stopped = await run(options.programs.pgCtl, [...args, "-m", mode], asUser(options.user));
  // Better a recovery at the next start than a server left behind.
  if (stopped.code !== 0 && isAlive(pid))
    await run(options.programs.pgCtl, [...args, "-m", "immediate"], asUser(options.user));
}

const WAY_OUT = "Set DATABASE_URL to use a PostgreSQL of your own instead.";

function dataOf({ folder }: PostgresOptions): string {
  return join(folder, "data");
}

function passwordFile({ folder }: PostgresOptions): string {
  return join(folder, "password");
}

function pidFileOf(options: PostgresOptions): string[] {
  try {
    return readFileSync(join(dataOf(options), "postmaster.pid"), "utf8").split("\n");
  } catch {
    return [];
  }
}

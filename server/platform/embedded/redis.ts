import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { CannotStart } from "../cannot-start.ts";
import { asUser, freePort, isAlive, until, type ServerUser } from "./process.ts";
import { findOrInstall } from "./system-package.ts";

/**
 * One private Redis, in `folder`: redis.conf (with its port and random password, readable by the server's user
 * alone) and redis.log. It keeps nothing on disk: Postgres is the ledger, and a lost job is rung again by the poll.
 * The server runs in a session of its own; one that a crash left running is found by redis.conf and used again.
 */
export interface RedisOptions {
  folder: string;
  user: ServerUser | undefined;
  say: (line: string) => void;
}

export interface PrivateRedis {
  url: string;
  stop(): Promise<void>;
}

const START_MS = 15_000;
const STOP_MS = 5_000;
const ANSWER_MS = 2_000;

/** Starts the server, installing it first where none is found, or goes on with the one that a crash left running. */
export async function startRedis(options: RedisOptions): Promise<PrivateRedis> {
  const left = await running(options.folder);
  if (left) return left;

  const program = await redisProgram(options.say);
  ownFolder(options);
  // More than once: the port may be taken between choosing and binding it.
  for (let attempt = 1; attempt <= 3; attempt++) {
    await writeConfiguration(options);
    const server = spawn(program, [configurationOf(options.folder)], {
      ...asUser(options.user),
      detached: true,
      stdio: "ignore",
    });
    let ended = false;
    server.once("exit", () => (ended = true));
    server.once("error", () => (ended = true));
    server.unref();

    let started: PrivateRedis | undefined;
    await until(async () => (started = await running(options.folder)) !== undefined || ended, START_MS);
    if (started) return started;
    if (!ended) server.kill("SIGKILL");
  }
  const said = readQuietly(join(options.folder, "redis.log")).trimEnd().split("\n").slice(-8).join("\n");
  throw new CannotStart(
    `The private Redis (${program}) did not start:\n${said}\nSet REDIS_URL to use one of your own instead.`,
  );
}

async function redisProgram(say: (line: string) => void): Promise<string> {
  try {
    return await findOrInstall("redis", say);
  } catch (error) {
    throw new CannotStart(
      `Redis is needed and was not found: ${(error as Error).message} There are three ways out: ` +
        `set REDIS_URL to a Redis or Valkey that runs already; install redis-server or valkey-server so that it is on the PATH; ` +
        `or start once as root, or as a user who may use sudo, so that it can be installed for you.`,
    );
  }
}

function ownFolder({ folder, user }: RedisOptions): void {
  if (existsSync(folder)) return;
  mkdirSync(folder, { mode: 0o700 });
  if (user) chownSync(folder, user.uid, user.gid);
}

async function writeConfiguration({ folder, user }: RedisOptions): Promise<void> {
  const path = configurationOf(folder);
  const port = await freePort(addressOf(folder)?.port);
  const lines = [
    "# Written at each start.",
    "bind 127.0.0.1",
    `port ${port}`,
    `requirepass ${randomBytes(24).toString("base64url")}`,
    `dir "${folder}"`,
    `logfile "redis.log"`,
    "daemonize no",
    "supervised no",
    "# Bull loses jobs under every other policy.",
    "maxmemory-policy noeviction",
    'save ""',
    "appendonly no",
  ];
  writeFileSync(path, lines.join("\n") + "\n", { mode: 0o600 });
  if (user) chownSync(path, user.uid, user.gid);
}

/** The server that answers under the address and password in redis.conf and works in this very folder. */
async function running(folder: string): Promise<PrivateRedis | undefined> {
  const address = addressOf(folder);
  if (!address) return undefined;
  const url = `redis://:${address.password}@127.0.0.1:${address.port}`;
  const pid = await ask(url, async (redis) => {
    const [, dir] = (await redis.config("GET", "dir")) as string[];
    const pid = Number(/process_id:(\d+)/.exec(await redis.info("server"))?.[1]);
    return dir === folder ? pid : undefined;
  });
  return pid === undefined ? undefined : { url, stop: () => stopServer(url, pid) };
}

async function stopServer(url: string, pid: number): Promise<void> {
  await ask(url, (redis) => redis.call("SHUTDOWN", "NOSAVE"));
  const gone = await until(() => !isAlive(pid), STOP_MS);
  // It may hang in a command, or have been paused by a debugger; it holds nothing that would be lost.
  if (!gone) process.kill(pid, "SIGKILL");
}

/** One short conversation; undefined when there is nobody, or somebody else, at that address. */
async function ask<T>(url: string, what: (redis: Redis) => Promise<T>): Promise<T | undefined> {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    disconnectTimeout: 1,
  });
  redis.on("error", () => undefined);
  // Ends the conversation as a whole; ioredis's own command timer would outlive a server that was shut down.
  const enough = setTimeout(() => redis.disconnect(), ANSWER_MS);
  try {
    await redis.connect();
    return await what(redis);
  } catch {
    return undefined;
  } finally {
    clearTimeout(enough);
    redis.disconnect();
  }
}

function addressOf(folder: string): { port: number; password: string } | undefined {
  const text = readQuietly(configurationOf(folder));
  const port = /^port (\d+)$/m.exec(text)?.[1];
  const password = /^requirepass (\S+)$/m.exec(text)?.[1];
  return port && password ? { port: Number(port), password } : undefined;
}

function configurationOf(folder: string): string {
  return join(folder, "redis.conf");
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

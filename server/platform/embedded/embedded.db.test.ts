import { afterEach, expect, test } from "@jest/globals";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import pg from "pg";
import { startEmbedded, type EmbeddedServices } from "./embedded.ts";
import { isAlive, type ServerUser } from "./process.ts";
import { OPEN_HOME } from "./place.ts";

const asRoot = process.getuid?.() === 0 ? test : test.skip;

const cleanUps: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

test("a second start goes on with the data of the first, and nothing is left running between them", async () => {
  const dataDir = temporaryFolder(0o755);
  const first = await start(dataDir);
  await query(first, "CREATE TABLE kept (word text)");
  await query(first, "INSERT INTO kept VALUES ('still here')");
  const pids = pidsIn(dataDir);
  await first.stop();
  expect(pids.filter(isAlive)).toEqual([]);

  const second = await start(dataDir);
  expect(await query(second, "SELECT word FROM kept")).toEqual([{ word: "still here" }]);
});

test("the private services answer on the loopback address alone, and only to those who know the password", async () => {
  const dataDir = temporaryFolder(0o755);
  const services = await start(dataDir);
  expect(await query(services, "SHOW listen_addresses")).toEqual([{ listen_addresses: "127.0.0.1" }]);
  expect(statSync(join(dataDir, "postgres", "password")).mode & 0o777).toBe(0o600);
  expect(statSync(join(dataDir, "redis", "redis.conf")).mode & 0o777).toBe(0o600);

  const guess = (url: string) => Object.assign(new URL(url), { password: "guessed" }).href;
  await expect(query({ databaseUrl: guess(services.databaseUrl!) }, "SELECT 1")).rejects.toThrow(
    "password authentication failed",
  );
  const redis = new Redis(guess(services.redisUrl!), { lazyConnect: true, retryStrategy: () => null });
  redis.on("error", () => undefined);
  await expect(redis.ping()).rejects.toThrow(/AUTH|WRONGPASS|NOAUTH/);
  redis.disconnect();
});

test("the private database keeps what it committed through a power cut", async () => {
  const services = await startEmbedded({ ...OPTIONS, dataDir: temporaryFolder(0o755), fsync: true });
  cleanUps.push(() => services.stop());
  const shown = await Promise.all(
    ["fsync", "full_page_writes", "synchronous_commit"].map((name) => query(services, `SHOW ${name}`)),
  );
  expect(shown).toEqual([[{ fsync: "on" }], [{ full_page_writes: "on" }], [{ synchronous_commit: "on" }]]);
});

test("what a killed program left running is used again, and stopped by the one that found it", async () => {
  const dataDir = temporaryFolder(0o755);
  const killed = await startProgram(dataDir);
  const pids = pidsIn(dataDir);
  expect(pids).toHaveLength(2);
  await end(killed.program, "SIGKILL");
  expect(pids.filter(isAlive)).toEqual(pids);

  const next = await start(dataDir);
  expect(next).toMatchObject({ databaseUrl: killed.databaseUrl, redisUrl: killed.redisUrl });
  expect(pidsIn(dataDir)).toEqual(pids);
  await next.stop();
  expect(pids.filter(isAlive)).toEqual([]);
});

test("Ctrl-C in the terminal does not reach the private services", async () => {
  const dataDir = temporaryFolder(0o755);
  const { program } = await startProgram(dataDir);
  // The terminal signals a process group: the services must be in none that the program is in.
  const groups = [program.pid!, ...pidsIn(dataDir)].map((pid) =>
    spawnSync("ps", ["-o", "pgid=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim(),
  );
  expect(new Set(groups).size).toBe(3);
});

test("after a kill -9 of the servers and the program, the next start recovers", async () => {
  const dataDir = temporaryFolder(0o755);
  const killed = await startProgram(dataDir);
  await query(killed, "CREATE TABLE kept (word text)");
  const pids = pidsIn(dataDir);
  await end(killed.program, "SIGKILL");
  for (const pid of pids) process.kill(pid, "SIGKILL");
  expect(existsSync(join(dataDir, "postgres", "data", "postmaster.pid"))).toBe(true);

  const next = await start(dataDir);
  expect(await query(next, "SELECT count(*)::int AS rows FROM kept")).toEqual([{ rows: 0 }]);
});

test("a pid file whose number a stranger has now does not keep the database from starting", async () => {
  const dataDir = temporaryFolder(0o755);
  await (await start(dataDir)).stop();
  const stranger = spawn("sleep", ["60"], { ...owner(dataDir), stdio: "ignore" });
  cleanUps.push(() => end(stranger, "SIGKILL"));
  const pidFile = join(dataDir, "postgres", "data", "postmaster.pid");
  writeFileSync(pidFile, `${stranger.pid}\n${join(dataDir, "postgres", "data")}\n1\n5432\n\n127.0.0.1\n\nready\n`);

  expect(await query(await start(dataDir), "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  expect(isAlive(stranger.pid!)).toBe(true);
});

test("a second program on the same folder is refused with words, and the first goes on", async () => {
  const dataDir = temporaryFolder(0o755);
  const first = await start(dataDir);
  const second = await runProgram(dataDir);
  expect(second).toMatchObject({ code: 1 });
  expect(second.stderr).toContain(`${dataDir} is in use by process ${process.pid}`);
  expect(second.stderr).toContain("DATA_DIR");
  expect(await query(first, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("nothing is started, and no folder made, for a program that has both addresses", async () => {
  const dataDir = join(temporaryFolder(0o755), "unused");
  const services = await startEmbedded({ ...OPTIONS, dataDir, needDatabase: false, needRedis: false });
  await services.stop();
  expect(existsSync(dataDir)).toBe(false);
});

test("without a Redis and without means to install one, the refusal names the three ways out", async () => {
  const dataDir = temporaryFolder(0o755);
  const empty = temporaryFolder(0o755);
  for (const needed of ["sh", "id", "test", "ps"]) linkProgram(needed, empty);
  const { code, stderr } = await runProgram(dataDir, { PATH: empty });
  expect(code).toBe(1);
  expect(stderr).toMatch(/no package manager was found/);
  expect(stderr).toMatch(/set REDIS_URL .*; install redis-server or valkey-server .*; or start once as root/s);
  // The database that did start is not left behind.
  expect(existsSync(join(dataDir, "postgres", "data", "postmaster.pid"))).toBe(false);
  expect(existsSync(join(dataDir, "lock"))).toBe(false);
});

asRoot("under a folder that only root may enter, the data lives where the server's user can reach it", async () => {
  const closed = temporaryFolder(0o700);
  const dataDir = join(closed, ".data");
  const said: string[] = [];
  const first = await start(dataDir, (line) => said.push(line));
  const [{ home }] = (await query(first, "SELECT current_setting('data_directory') AS home")) as [{ home: string }];
  cleanUps.push(() => rmSync(join(home, "..", ".."), { recursive: true, force: true }));
  expect(home.startsWith(`${OPEN_HOME}/`)).toBe(true);
  expect(said).toEqual([expect.stringContaining(`is kept in ${join(home, "..", "..")}`)]);
  await query(first, "CREATE TABLE kept (word text)");
  await first.stop();

  // Where the data is, it stays, even when the folder is opened later.
  chmodSync(closed, 0o755);
  expect(await query(await start(dataDir), "SELECT count(*)::int AS rows FROM kept")).toEqual([{ rows: 0 }]);
});

asRoot(
  "data in a folder that was closed to the server's user since is not silently replaced by an empty database",
  async () => {
    const folder = temporaryFolder(0o755);
    const dataDir = join(folder, ".data");
    await (await start(dataDir)).stop();
    chmodSync(folder, 0o700);
    await expect(startEmbedded({ ...OPTIONS, dataDir })).rejects.toThrow(/can no longer be reached.*chmod o\+x/);
  },
);

asRoot("a user without privileges starts the services as that user", async () => {
  const dataDir = join(temporaryFolder(0o755), "data");
  const { uid, gid } = systemUser("nobody");
  mkdirSync(dataDir);
  chownSync(dataDir, uid, gid);
  const services = await startProgram(dataDir, { uid, gid });
  expect(await query(services, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  expect(pidsIn(dataDir).map((pid) => statSync(`/proc/${pid}`).uid)).toEqual([uid, uid]);
});

const OPTIONS = { needDatabase: true, needRedis: true, fsync: false, say: () => undefined };

async function start(dataDir: string, say: (line: string) => void = () => undefined): Promise<EmbeddedServices> {
  const services = await startEmbedded({ ...OPTIONS, dataDir, say });
  cleanUps.push(() => services.stop());
  return services;
}

const PROGRAM = join(import.meta.dirname, "..", "..", "testing", "embedded-program.ts");

function spawnProgram(dataDir: string, options: { uid?: number; gid?: number; env?: Record<string, string> } = {}) {
  const args = ["--import", "@swc-node/register/esm-register", PROGRAM, dataDir];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, ...options });
}

async function startProgram(dataDir: string, as: { uid?: number; gid?: number } = {}) {
  const program = spawnProgram(dataDir, as);
  cleanUps.push(() => end(program, "SIGTERM"));
  const line = await new Promise<string>((resolve, reject) => {
    let said = "";
    program.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    program.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString()));
    program.once("exit", () => reject(new Error(said)));
  });
  return { program, ...(JSON.parse(line) as { databaseUrl: string; redisUrl: string }) };
}

async function runProgram(
  dataDir: string,
  env: Record<string, string> = {},
): Promise<{ code: number; stderr: string }> {
  const program = spawnProgram(dataDir, { env: { PATH: process.env["PATH"] ?? "", ...env } });
  let stderr = "";
  program.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number>((resolve) => program.once("close", (code) => resolve(code ?? -1)));
  return { code, stderr };
}

async function end(program: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return;
  const ended = new Promise((resolve) => program.once("close", resolve));
  program.kill(signal);
  await ended;
}

function temporaryFolder(mode: number): string {
  const folder = mkdtempSync(join(tmpdir(), "embedded-"));
  chmodSync(folder, mode);
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Of PostgreSQL and Redis, found in the process list by the folder they work in. */
function pidsIn(dataDir: string): number[] {
  const postgres = Number(readFileSync(join(dataDir, "postgres", "data", "postmaster.pid"), "utf8").split("\n")[0]);
  const log = readFileSync(join(dataDir, "redis", "redis.log"), "utf8");
  const redis = [...log.matchAll(/^(\d+):M .*Ready to accept/gm)].pop()?.[1];
  return [postgres, Number(redis)];
}

async function query({ databaseUrl }: { databaseUrl: string | undefined }, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: databaseUrl! });
  await client.connect();
  try {
    return (await client.query(statement)).rows as unknown[];
  } finally {
    await client.end();
  }
}

function owner(dataDir: string): { uid: number; gid: number } {
  const { uid, gid } = statSync(join(dataDir, "postgres"));
  return { uid, gid };
}

function systemUser(name: string): Pick<ServerUser, "uid" | "gid"> {
  const [uid, gid] = ["-u", "-g"].map((flag) => Number(spawnSync("id", [flag, name], { encoding: "utf8" }).stdout));
  return { uid: uid!, gid: gid! };
}

function linkProgram(name: string, folder: string): void {
  const path = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim();
  spawnSync("ln", ["-s", path, join(folder, name)]);
}

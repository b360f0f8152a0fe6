import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { eventually, openDatabase } from "./testing/app.ts";
import { aCampaign, PLAIN, recount } from "./testing/campaigns.ts";
import { startProgram as start } from "./testing/program.ts";
import { freshDatabase, freshRedis } from "./testing/services.ts";

const DISPATCH = `mutation ($id: ID!) { dispatchCampaign(input: { campaignId: $id }) { userErrors { message } } }`;
const PROGRESS = `query ($id: ID!) { campaign(id: $id) { progress { seq status total queued retrying sending sent failed skipped unconfirmed percent } } }`;
const WATCH = `subscription ($id: ID!) { campaignProgress(campaignId: $id) { seq status total queued retrying sending sent failed skipped unconfirmed percent } }`;

let services: { databaseUrl: string; redisUrl: string; drop(): Promise<void> };
let environment: Record<string, string>;
beforeAll(async () => {
  const [{ url: databaseUrl, drop }, { url: redisUrl }] = [await freshDatabase(), await freshRedis()];
  services = { databaseUrl, redisUrl, drop };
  environment = { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, SAMPLE: "false", LOG_LEVEL: "error", POLL_MS: "200" };
});
afterAll(() => services.drop());

async function startProgram(settings: Record<string, string>) {
  const program = await start({ PORT: "0", ...settings });
  return { door: program.door, end: (signal: NodeJS.Signals) => program.stop(signal) };
}

async function onLedger<Row>(statement: string): Promise<Row[]> {
  const owner = new pg.Client({ connectionString: services.databaseUrl });
  await owner.connect();
  const { rows } = await owner.query(statement);
  await owner.end();
  return rows as Row[];
}

test("Ctrl-C in the middle settles what is in hand and leaves nothing running; the next start goes on", async () => {
  const database = await openDatabase(services.databaseUrl, "dispatcher_web");
  const id = await aCampaign(database, { recipients: 2_000, simulation: { ...PLAIN, delayMs: 150 } });
  const first = await startProgram(environment);
  await first.door.query(DISPATCH, { id });
  await eventually(async () => (await first.door.query(PROGRESS, { id })).data.campaign.progress.sent > 200);
  expect(await first.end("SIGINT")).toBe(0);

  expect(await onLedger(`SELECT id FROM batch WHERE worker_id IS NOT NULL`)).toEqual([]);
  expect(await onLedger(`SELECT id FROM worker`)).toEqual([]);
  const [left] = await onLedger<{ sending: number; sent: number }>(`SELECT sending, sent FROM campaign`);
  expect(left?.sending).toBe(0);
  expect(left?.sent).toBeLessThan(2_000);

  const second = await startProgram(environment);
  await eventually(
    async () => (await second.door.query(PROGRESS, { id })).data.campaign.progress.status === "COMPLETED",
    60_000,
  );
  expect(await second.end("SIGTERM")).toBe(0);
  expect(await recount(database, id)).toEqual({ sent: 2_000 });
  expect(await onLedger(`SELECT id FROM recipient WHERE attempts <> 1`)).toEqual([]);
  await database.close();
}, 120_000);

test("a socket that is cut off again and again ends with the numbers of Postgres", async () => {
  const database = await openDatabase(services.databaseUrl, "dispatcher_web");
  const id = await aCampaign(database, {
    recipients: 1_500,
    simulation: { ...PLAIN, delayMs: 100, permanentFailureShare: 0.05 },
  });
  const program = await startProgram(environment);
  const watched = program.door.subscribe(WATCH, { id });
  await watched.until(() => true);
  await program.door.query(DISPATCH, { id });
  for (let n = 0; n < 4; n += 1) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    program.door.cut();
  }
  const last = await watched.until(({ campaignProgress }) => campaignProgress.status === "COMPLETED", 60_000);
  const { data } = await program.door.query(PROGRESS, { id });
  expect(last.campaignProgress).toEqual(data.campaign.progress);
  const seqs = watched.events.map(({ campaignProgress }) => campaignProgress.seq);
  expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
  for (const { campaignProgress: p } of watched.events) {
    expect(p.queued + p.retrying + p.sending + p.sent + p.failed + p.skipped + p.unconfirmed).toBe(p.total);
  }
  watched.stop();
  await program.end("SIGTERM");
  await database.close();
});

test("a port that is taken is said in words, with what to do", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  try {
    await expect(startProgram({ ...environment, PORT: String(port) })).rejects.toThrow(
      `Port ${port} is taken by another program. Stop that one, or choose another: PORT=${port + 1} npm start`,
    );
  } finally {
    other.close();
  }
});

test("wrong settings stop the start and are all named", async () => {
  await expect(startProgram({ ...environment, POLL_MS: "often", ROLES: "cook" })).rejects.toThrow(/ROLES[^]*POLL_MS/);
});

test("a Redis that may throw jobs away is refused", async () => {
  const { Redis } = await import("ioredis");
  const redis = new Redis(services.redisUrl);
  await redis.config("SET", "maxmemory-policy", "allkeys-lru");
  try {
    await expect(startProgram(environment)).rejects.toThrow("noeviction");
  } finally {
    await redis.config("SET", "maxmemory-policy", "noeviction");
    redis.disconnect();
  }
});

import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { log } from "../platform/log.ts";
import type { Hint } from "../campaigns/announce.ts";
import { newId } from "../platform/id.ts";
import type { Topics } from "../platform/topics.ts";
import { eventually } from "../testing/app.ts";
import { aBatch, aCampaign, countersOf, type Ledger, openLedger } from "../testing/ledger.ts";
import { liveWorkers, orphanedBatches } from "./dispatch.store.ts";
import { mark } from "./mark.store.ts";
import { reap } from "./recovery.ts";
import { WorkerLife } from "./worker-life.ts";

let ledger: Ledger;
beforeAll(async () => {
  log.level = "silent";
  ledger = await openLedger();
});
afterAll(() => ledger.drop());

const TIMES = { heartbeatMs: 30, heartbeatGraceMs: 400, workerTtlMs: 1_000 };
/** Of lives that must not expire by themselves, however busy the machine is. */
const LONG = { ...TIMES, heartbeatGraceMs: 30_000, workerTtlMs: 900_000 };

const begun: WorkerLife[] = [];
afterEach(async () => {
  for (const life of begun.splice(0)) await life.end();
});

/** A life that the database knows of. */
async function aLife(times = TIMES): Promise<WorkerLife> {
  const life = await aTriedLife(times);
  await eventually(() => Promise.resolve(life.isFresh()));
  return life;
}

/** A life after its first try, whether or not the database answered in time. */
async function aTriedLife(times = TIMES): Promise<WorkerLife> {
  const life = new WorkerLife(ledger.url, times);
  begun.push(life);
  await life.begin();
  return life;
}
const rowOf = async (id: string) =>
  (await ledger.owner.query<{ expires_at: Date }>(`SELECT expires_at FROM worker WHERE id = $1`, [id]))[0];
const expire = (id: string) =>
  ledger.owner.query(`UPDATE worker SET expires_at = now() - interval '1 second' WHERE id = $1`, [id]);

describe("a worker's life", () => {
  test("is fresh from its first heartbeat on, is prolonged by each, and is gone at once when it ends", async () => {
    const before = await liveWorkers(ledger.web);
    const life = await aLife(LONG);
    expect(life.isFresh()).toBe(true);
    expect(await liveWorkers(ledger.web)).toBe(before + 1);
    const { expires_at } = (await rowOf(life.id))!;
    await eventually(async () => (await rowOf(life.id))!.expires_at > expires_at);
    await life.end();
    expect(life.isFresh()).toBe(false);
    expect(await rowOf(life.id)).toBeUndefined();
  });

  test("that has expired does not revive: the process begins another and goes on", async () => {
    const life = await aLife();
    const { id } = life;
    await expire(id);
    await eventually(() => Promise.resolve(life.id !== id));
    expect(await rowOf(life.id)).toBeDefined();
    expect((await rowOf(id))!.expires_at.getTime()).toBeLessThan(Date.now());
    await eventually(() => Promise.resolve(life.isFresh()));
  });

  test("goes stale when no heartbeat is confirmed, and is fresh again when the database answers", async () => {
    const life = await aLife();
    await ledger.owner.query(`ALTER TABLE worker RENAME TO worker_away`);
    try {
      await eventually(() => Promise.resolve(!life.isFresh()));
    } finally {
      await ledger.owner.query(`ALTER TABLE worker_away RENAME TO worker`);
    }
    await eventually(() => Promise.resolve(life.isFresh()));
  });

  test("survives its connection: it is heard over a new one", async () => {
    const life = await aLife(LONG);
    const killed = await ledger.owner.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'campaign-dispatcher heartbeat' AND datname = current_database()`,
    );
    expect(killed).toHaveLength(1);
    const { expires_at } = (await rowOf(life.id))!;
    await eventually(async () => (await rowOf(life.id))!.expires_at > expires_at);
  });

  test("that the database could not be asked for is begun as soon as it can", async () => {
    await ledger.owner.query(`ALTER TABLE worker RENAME TO worker_away`);
    const life = await aTriedLife();
    expect(life.isFresh()).toBe(false);
    await ledger.owner.query(`ALTER TABLE worker_away RENAME TO worker`);
    await eventually(() => Promise.resolve(life.isFresh()));
  });
});

describe("the reaper", () => {
  const heard: Hint[] = [];
  const topics: Topics = {
    publish: (_topic, hint) => heard.push(hint as Hint),
    listen: () => ({ ready: Promise.resolve(), stop: () => undefined }),
    close: () => Promise.resolve(),
  };

  test("takes nothing from the living, and from the dead everything, with what was open unconfirmed", async () => {
    const [alive, dying] = [await aLife(LONG), await aLife({ ...LONG, heartbeatMs: 600_000 })];
    const [kept, lost] = [
      await aCampaign(ledger, { status: "processing", recipients: 3 }),
      await aCampaign(ledger, { status: "processing", recipients: 3 }),
    ];
    await aBatch(ledger, kept, { workerId: alive.id });
    const batch = await aBatch(ledger, lost, { workerId: dying.id });
    await mark(ledger.worker, batch, { settlements: [], openTo: 2 });
    await reap(ledger.worker, topics);
    expect(await countersOf(ledger, lost)).toMatchObject({ sending: 3 });

    await expire(dying.id);
    expect(await orphanedBatches(ledger.worker)).toEqual([{ workspaceId: lost.workspaceId, id: batch.id, epoch: 1 }]);
    await Promise.all([reap(ledger.worker, topics), reap(ledger.worker, topics), reap(ledger.worker, topics)]);
    expect(await countersOf(ledger, kept)).toMatchObject({ sending: 3, unconfirmed: 0 });
    expect(await countersOf(ledger, lost)).toMatchObject({ sending: 0, unconfirmed: 2, queued: 1 });
    expect(heard).toMatchObject([{ counters: { campaignId: lost.campaignId, unconfirmed: 2 }, touched: "all" }]);
  });

  test("takes the batch of a worker whose row is gone altogether", async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 2 });
    await aBatch(ledger, ref, { workerId: newId() });
    await reap(ledger.worker, topics);
    expect(await countersOf(ledger, ref)).toMatchObject({ sending: 0, queued: 2 });
  });

  test("forgets lives that expired over an hour ago, and keeps the others to be looked at", async () => {
    const ids = [newId(), newId()];
    for (const [index, minutes] of [61, 59].entries()) {
      await ledger.owner.query(
        `INSERT INTO worker (id, host, pid, expires_at) VALUES ($1, 'x', 1, now() - $2 * interval '1 minute')`,
        [ids[index], minutes],
      );
    }
    await reap(ledger.worker, topics);
    expect([await rowOf(ids[0]!), await rowOf(ids[1]!)]).toEqual([undefined, expect.anything()]);
  });
});

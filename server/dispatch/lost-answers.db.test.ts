import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { newId } from "../platform/id.ts";
import { log } from "../platform/log.ts";
import { eventually } from "../testing/app.ts";
import { aBatch, aCampaign, type Ledger, maintained, meansOf, openLedger, recount, rowsOf } from "../testing/ledger.ts";
import { claimedUnawares } from "./dispatch.store.ts";
import { OpenSends } from "./open-sends.ts";
import type { Outcome } from "./outcome.ts";
import { sendBatch } from "./send-batch.ts";
import { WorkerLife } from "./worker-life.ts";

// What was committed although nobody was told of it; testing/chaos/scenarios/postgres.ts does it to running workers.
let ledger: Ledger;
beforeAll(async () => {
  log.level = "silent";
  ledger = await openLedger();
});
afterAll(() => ledger.drop());

const ids = (batches: { id: string }[]) => batches.map((batch) => batch.id);

test("a worker finds the batches that it owns and does not know of, and no others", async () => {
  const ref = await aCampaign(ledger, { status: "processing", recipients: 30 });
  const [workerId, other] = [newId(), newId()];
  const known = await aBatch(ledger, ref, { workerId, size: 10 });
  const unknown = await aBatch(ledger, ref, { workerId, size: 10 });
  await aBatch(ledger, ref, { workerId: other, size: 10 });
  expect(await claimedUnawares(ledger.worker, ref, { workerId, known: [known.id] })).toEqual([
    { id: unknown.id, epoch: 1 },
  ]);
  expect(await claimedUnawares(ledger.worker, ref, { workerId, known: [known.id, unknown.id] })).toEqual([]);
});

test("a claim whose COMMIT is still under way is waited for, and found", async () => {
  const ref = await aCampaign(ledger, { status: "processing", recipients: 10 });
  const workerId = newId();
  const { id } = await aBatch(ledger, ref, { workerId });
  await ledger.owner.query(`UPDATE batch SET worker_id = NULL WHERE id = $1`, [id]);
  const claiming = new pg.Client({ connectionString: ledger.url });
  await claiming.connect();
  try {
    await claiming.query("BEGIN");
    await claiming.query(`SELECT FROM run WHERE campaign_id = $1 FOR UPDATE`, [ref.campaignId]);
    await claiming.query(`UPDATE batch SET worker_id = $2 WHERE id = $1`, [id, workerId]);
    const looking = claimedUnawares(ledger.worker, ref, { workerId, known: [] });
    await eventually(async () => {
      const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      return (await ledger.owner.query(waiting)).length > 0;
    });
    await claiming.query("COMMIT");
    expect(ids(await looking)).toEqual([id]);
  } finally {
    await claiming.end();
  }
});

test("a life whose registration was not answered is begun again, and not refused for ever", async () => {
  const life = new WorkerLife(ledger.url, { heartbeatMs: 30, heartbeatGraceMs: 400, workerTtlMs: 1_000 });
  await ledger.owner.query(
    `INSERT INTO worker (id, host, pid, expires_at) VALUES ($1, 'here', 1, now() + interval '1 minute')`,
    [life.id],
  );
  try {
    await life.begin();
    // The next heartbeats would make it fresh as well; one that is refused for ever never is.
    const giveUpAt = Date.now() + 10_000;
    while (!life.isFresh() && Date.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(life.isFresh()).toBe(true);
  } finally {
    await life.end();
  }
});

test("a batch whose transport answers nonsense goes to others: what was open is unconfirmed, the rest is adopted", async () => {
  const ref = await aCampaign(ledger, { status: "processing", recipients: 10 });
  const workerId = newId();
  const batch = await aBatch(ledger, ref, { workerId });
  const process = {
    database: ledger.worker,
    recognised: new OpenSends(4),
    unrecognised: new OpenSends(4),
    stopping: false,
    life: { id: workerId, isFresh: () => true },
  };
  const transport = {
    deduplicates: false,
    inDoubt: "hold",
    retry: { baseMs: 1, factor: 1, capMs: 1, triesMax: 1 },
    send: () => ({ kind: "perhaps" }) as unknown as Outcome,
  } as const;
  expect(await sendBatch(process, meansOf(transport), batch, () => undefined).done).toBe("lost");
  const statuses = (await rowsOf(ledger, ref)).map((row) => row.status);
  expect(statuses).toEqual([...Array<string>(4).fill("unconfirmed"), ...Array<string>(6).fill("queued")]);
  expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
  expect((await aBatch(ledger, ref)).recipients.map((recipient) => recipient.position)).toEqual([5, 6, 7, 8, 9, 10]);
  expect(process.unrecognised.take(4)).toBe(4);
});

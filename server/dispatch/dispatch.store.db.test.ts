import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { newId } from "../platform/id.ts";
import {
  aBatch,
  aCampaign,
  addCustomers,
  claimAs,
  countersOf,
  type Ledger,
  maintained,
  openLedger,
  recount,
  rowsOf,
  sendAll,
  setStatus,
  settleAs,
  settlement,
} from "../testing/ledger.ts";
import { addRecipients } from "../recipients/add-recipients-to-campaign.ts";
import { until } from "../platform/embedded/process.ts";
import {
  type CampaignRef,
  claim,
  type ClaimedBatch,
  completeIfDone,
  confirmLate,
  release,
  sweepCancelled,
} from "./dispatch.store.ts";
import { mark } from "./mark.store.ts";

let ledger: Ledger;
beforeAll(async () => (ledger = await openLedger()));
afterAll(() => ledger.drop());

const sending = (recipients: number) => aCampaign(ledger, { status: "processing", recipients });
const positions = (batch: ClaimedBatch) => batch.recipients.map((recipient) => recipient.position);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
const statuses = async (ref: CampaignRef) => (await rowsOf(ledger, ref)).map((row) => row.status);
const openBatches = (ref: CampaignRef) =>
  ledger.owner.query<{ id: string; worker_id: string | null; remaining: number; epoch: number; opened_to: number }>(
    `SELECT * FROM batch WHERE campaign_id = $1`,
    [ref.campaignId],
  );
const attemptsOf = (ref: CampaignRef) =>
  ledger.owner.query<{ outcome: string; number: number }>(
    `SELECT outcome, number FROM attempt WHERE campaign_id = $1 ORDER BY id`,
    [ref.campaignId],
  );
const diedOwner = (batch: ClaimedBatch) => release(ledger.worker, batch.workspaceId, batch, "owner died");
const givenBack = (batch: ClaimedBatch) => release(ledger.worker, batch.workspaceId, batch, "given back");
async function addsUp(ref: CampaignRef) {
  expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
}

describe("a claim", () => {
  test("takes the next recipients in the order of their positions, and touches no recipient row", async () => {
    const ref = await sending(10);
    const before = await rowsOf(ledger, ref);
    expect(positions(await aBatch(ledger, ref, { size: 4 }))).toEqual([1, 2, 3, 4]);
    expect(positions(await aBatch(ledger, ref, { size: 100 }))).toEqual([5, 6, 7, 8, 9, 10]);
    expect((await claimAs(ledger, ref)).kind).toBe("nothing");
    expect(await rowsOf(ledger, ref)).toEqual(before);
    await addsUp(ref);
  });

  test("never overlaps with another, however many are made at once", async () => {
    const ref = await sending(400);
    const claims = await Promise.all(Array.from({ length: 30 }, (_, i) => claimAs(ledger, ref, { size: 5 + i })));
    const taken = claims.flatMap((claim) => (claim.kind === "batch" ? positions(claim.batch) : []));
    expect(taken.sort((a, b) => a - b)).toEqual(upTo(400));
    await addsUp(ref);
  });

  test.each(["pending", "scheduled", "paused", "completed", "cancelled"] as const)(
    "of a campaign that is %s is told to stop",
    async (status) => {
      const ref = await aCampaign(ledger, { status, recipients: 3 });
      expect(await claimAs(ledger, ref)).toEqual({ kind: "stopped" });
    },
  );

  test("by a worker that does not know the campaign's transport is told to stop", async () => {
    const ref = await sending(3);
    const refused = await claim(ledger.worker, ref, { workerId: newId(), size: 3, inDoubtOf: () => undefined });
    expect(refused).toEqual({ kind: "stopped" });
    expect(await openBatches(ref)).toEqual([]);
  });

  test("finds whoever was added while the campaign is sending", async () => {
    const ref = await sending(2);
    await settleAs(ledger, await aBatch(ledger, ref), "sent");
    await addCustomers(ledger, ref, 2);
    expect(positions(await aBatch(ledger, ref))).toEqual([3, 4]);
  });

  test("finds somebody who was left behind the cursor, and only when no batch is open", async () => {
    const ref = await sending(4);
    const batch = await aBatch(ledger, ref);
    await ledger.owner.query(`UPDATE run SET cursor_position = 4 WHERE campaign_id = $1`, [ref.campaignId]);
    await settleAs(ledger, batch, "sent", { positions: [1, 2, 4] });
    // The batch with the one who is left is lost without a trace, as no program of ours would leave it.
    expect((await claimAs(ledger, ref)).kind).toBe("nothing");
    await ledger.owner.query(`DELETE FROM batch WHERE campaign_id = $1`, [ref.campaignId]);
    await ledger.owner.query(`UPDATE campaign SET sending = 0, queued = 1 WHERE id = $1`, [ref.campaignId]);
    const found = await aBatch(ledger, ref);
    expect(positions(found)).toEqual([3]);
    await settleAs(ledger, found, "sent");
    expect((await completeIfDone(ledger.worker, ref))?.status).toBe("completed");
  });
});

test.each([
  ["an import that may still bring somebody holds the campaign open", false, "importing"],
  ["a dry run does not", true, "importing"],
  ["nor does an import that has ended", false, "failed"],
] as const)("%s", async (_fact, dryRun, status) => {
  const ref = await sending(1);
  await ledger.owner.query(
    `INSERT INTO import (id, workspace_id, campaign_id, file_name, plan, dry_run, started_by, status)
     VALUES ($1, $2, $3, 'customers.csv', '{}', $4, 'Somebody', $5)`,
    [newId(), ref.workspaceId, ref.campaignId, dryRun, status],
  );
  await settleAs(ledger, await aBatch(ledger, ref), "sent");
  const holds = !dryRun && status === "importing";
  expect((await completeIfDone(ledger.worker, ref))?.status).toBe(holds ? undefined : "completed");
  await ledger.owner.query(`UPDATE import SET status = 'completed' WHERE campaign_id = $1`, [ref.campaignId]);
  expect((await completeIfDone(ledger.worker, ref))?.status).toBe(holds ? "completed" : undefined);
});

describe("a mark", () => {
  test("writes each outcome down on its row, with an attempt for whatever was not a clean first try", async () => {
    const ref = await sending(4);
    const batch = await aBatch(ledger, ref);
    const settlements = (["sent", "failed", "retry", "unconfirmed"] as const).map((fate, i) => settlement(i + 1, fate));
    const marked = await mark(ledger.worker, batch, { settlements, openTo: null });
    expect(marked).toMatchObject({
      kind: "ours",
      status: "processing",
      counters: { sent: 1, failed: 1, retrying: 1, unconfirmed: 1, sending: 0, queued: 0 },
    });
    const rows = await rowsOf(ledger, ref);
    expect(rows.map((row) => row.status)).toEqual(["sent", "failed", "queued", "unconfirmed"]);
    expect(rows.map((row) => row.error)).toEqual([null, "it was failed", "it was retry", "it was unconfirmed"]);
    expect(rows.map((row) => [row.attempts, row.tries])).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    expect(rows.map((row) => row.sent_at !== null)).toEqual([true, false, false, false]);
    expect(rows.map((row) => row.due_at !== null)).toEqual([false, false, true, false]);
    expect((await attemptsOf(ref)).map((attempt) => attempt.outcome).sort()).toEqual([
      "failed",
      "retry",
      "unconfirmed",
    ]);
    expect(await openBatches(ref)).toEqual([]);
    await addsUp(ref);
  });

  test("repeated with the same outcomes changes nothing", async () => {
    const ref = await sending(6);
    const batch = await aBatch(ledger, ref);
    const settlements = [settlement(1, "sent"), settlement(2, "failed"), settlement(3, "retry")];
    await mark(ledger.worker, batch, { settlements, openTo: null });
    const before = [await rowsOf(ledger, ref), await countersOf(ledger, ref), await attemptsOf(ref)];
    const again = await mark(ledger.worker, batch, { settlements, openTo: null });
    expect(again).toEqual({ kind: "ours", status: "processing", counters: null });
    expect([await rowsOf(ledger, ref), await countersOf(ledger, ref), await attemptsOf(ref)]).toEqual(before);
  });

  test("cannot change what another outcome has settled", async () => {
    const ref = await sending(3);
    const batch = await aBatch(ledger, ref);
    await settleAs(ledger, batch, "sent", { positions: [1] });
    await settleAs(ledger, batch, "failed", { positions: [1, 2] });
    expect(await statuses(ref)).toEqual(["sent", "failed", "queued"]);
    await addsUp(ref);
  });

  test("reaches only the recipients of its batch", async () => {
    const ref = await sending(6);
    const first = await aBatch(ledger, ref, { size: 3 });
    await aBatch(ledger, ref, { size: 3 });
    await settleAs(ledger, first, "sent", { positions: [2, 5] });
    expect(await statuses(ref)).toEqual(["queued", "sent", "queued", "queued", "queued", "queued"]);
    await addsUp(ref);
  });

  test.each(["epoch", "worker"] as const)("under an old %s writes nothing", async (what) => {
    const ref = await sending(3);
    const batch = await aBatch(ledger, ref);
    await diedOwner(batch);
    const adopted = await aBatch(ledger, ref);
    expect(adopted).toMatchObject({ id: batch.id, epoch: batch.epoch + 2 });
    const old = what === "epoch" ? { ...adopted, epoch: batch.epoch } : { ...adopted, workerId: batch.workerId };
    const before = [await rowsOf(ledger, ref), await countersOf(ledger, ref), await openBatches(ref)];
    const settlements = [settlement(1, "sent")];
    expect(await mark(ledger.worker, old, { settlements, openTo: 3 })).toEqual({ kind: "lost" });
    expect([await rowsOf(ledger, ref), await countersOf(ledger, ref), await openBatches(ref)]).toEqual(before);
  });

  test("tells the worker that the campaign was paused meanwhile", async () => {
    const ref = await sending(3);
    const batch = await aBatch(ledger, ref);
    await setStatus(ledger, ref, "paused");
    expect(await mark(ledger.worker, batch, { settlements: [], openTo: null })).toMatchObject({ status: "paused" });
  });

  test.each(["paused", "cancelled"] as const)(
    "opens nothing in a campaign that is %s, so that nothing is in doubt after a crash",
    async (status) => {
      const ref = await sending(3);
      const batch = await aBatch(ledger, ref, { inDoubt: "hold" });
      await setStatus(ledger, ref, status);
      expect(await mark(ledger.worker, batch, { settlements: [], openTo: 3 })).toMatchObject({ status });
      expect((await diedOwner(batch))?.unconfirmed).toBe(0);
    },
  );

  test("opens sends forwards only", async () => {
    const ref = await sending(5);
    const batch = await aBatch(ledger, ref);
    const openedTo = async (openTo: number | null) => {
      await mark(ledger.worker, batch, { settlements: [], openTo });
      return (await openBatches(ref))[0]?.opened_to;
    };
    expect([await openedTo(null), await openedTo(3), await openedTo(2), await openedTo(5)]).toEqual([0, 3, 3, 5]);
  });

  test("takes the next seq for each change, without a gap", async () => {
    const ref = await sending(40);
    const batches = await Promise.all(upTo(4).map(() => aBatch(ledger, ref, { size: 10 })));
    const { seq } = await countersOf(ledger, ref);
    const marks = await Promise.all(
      batches.flatMap((batch) =>
        positions(batch).map((position) => settleAs(ledger, batch, "sent", { positions: [position] })),
      ),
    );
    const seqs = marks.map((marked) => (marked.kind === "ours" ? marked.counters?.seq : undefined));
    expect(seqs.sort((a, b) => a! - b!)).toEqual(upTo(40).map((n) => seq + n));
    await addsUp(ref);
  });
});

describe("a retry", () => {
  const due = async (ref: CampaignRef) => {
    await until(async () => {
      const [{ waits } = { waits: true }] = await ledger.owner.query<{ waits: boolean }>(
        `SELECT EXISTS (SELECT FROM recipient WHERE campaign_id = $1 AND due_at > clock_timestamp()) AS waits`,
        [ref.campaignId],
      );
      return !waits;
    }, 5_000);
  };

  test("is not claimed before its time, and then as a batch of its own", async () => {
    const ref = await sending(5);
    const batch = await aBatch(ledger, ref);
    await settleAs(ledger, batch, "retry", { positions: [2, 4], delayMs: 3_600_000 });
    await settleAs(ledger, batch, "sent", { positions: [1, 3, 5] });
    expect((await claimAs(ledger, ref)).kind).toBe("nothing");
    await ledger.owner.query(`UPDATE recipient SET due_at = now() WHERE campaign_id = $1 AND due_at IS NOT NULL`, [
      ref.campaignId,
    ]);
    const again = await aBatch(ledger, ref);
    expect(again.kind).toBe("due");
    expect(again.recipients.map(({ position, tries }) => [position, tries])).toEqual([
      [2, 1],
      [4, 1],
    ]);
    await addsUp(ref);
    await settleAs(ledger, again, "sent");
    expect((await attemptsOf(ref)).map(({ outcome, number }) => `${number} ${outcome}`)).toEqual([
      "1 retry",
      "1 retry",
      "2 sent",
      "2 sent",
    ]);
    expect((await completeIfDone(ledger.worker, ref))?.sent).toBe(5);
  });

  test("that is put off again waits again, and is no part of its old batch", async () => {
    const ref = await sending(1);
    await settleAs(ledger, await aBatch(ledger, ref), "retry", { delayMs: 1 });
    await due(ref);
    const second = await aBatch(ledger, ref);
    await settleAs(ledger, second, "retry", { delayMs: 1 });
    expect(await openBatches(ref)).toEqual([]);
    await due(ref);
    const third = await aBatch(ledger, ref);
    expect(third.recipients[0]).toMatchObject({ position: 1, tries: 2 });
    await addsUp(ref);
  });

  test("that is put off again is settled for its batch: neither a repeated mark nor an adopter meets it", async () => {
    const ref = await sending(3);
    await settleAs(ledger, await aBatch(ledger, ref), "retry", { delayMs: 0 });
    const batch = await aBatch(ledger, ref);
    expect([batch.kind, batch.recipients.length]).toEqual(["due", 3]);
    await settleAs(ledger, batch, "retry", { positions: [1], delayMs: 0 });
    expect(await settleAs(ledger, batch, "retry", { positions: [1], delayMs: 0 })).toMatchObject({ counters: null });
    expect((await rowsOf(ledger, ref))[0]).toMatchObject({ tries: 2, attempts: 2 });
    await mark(ledger.worker, batch, { settlements: [], openTo: 1 });
    expect((await diedOwner(batch))?.unconfirmed).toBe(0);
    expect(positions(await aBatch(ledger, ref))).toEqual([2, 3]);
    expect(positions(await aBatch(ledger, ref))).toEqual([1]);
    await addsUp(ref);
  });

  test("that became due behind the cursor of retries is found before the run may end", async () => {
    const ref = await sending(2);
    const batch = await aBatch(ledger, ref);
    await settleAs(ledger, batch, "retry", { positions: [1], delayMs: 1 });
    await due(ref);
    const first = await aBatch(ledger, ref);
    // A settle that commits late, with a time before the cursor's.
    await settleAs(ledger, batch, "retry", { positions: [2], delayMs: -60_000 });
    expect((await claimAs(ledger, ref)).kind).toBe("nothing");
    await settleAs(ledger, first, "sent");
    expect(positions(await aBatch(ledger, ref))).toEqual([2]);
  });

  test("many that are due are claimed in pieces, each of them once", async () => {
    const ref = await sending(50);
    await settleAs(ledger, await aBatch(ledger, ref), "retry", { delayMs: 0 });
    const claims = await Promise.all(upTo(8).map(() => claimAs(ledger, ref, { size: 7 })));
    const taken = claims.flatMap((claim) => (claim.kind === "batch" ? positions(claim.batch) : []));
    expect(taken.sort((a, b) => a - b)).toEqual(upTo(50));
  });
});

describe("a batch that changes hands", () => {
  test("given back by its owner is adopted whole, under a new epoch", async () => {
    const ref = await sending(5);
    const batch = await aBatch(ledger, ref);
    await settleAs(ledger, batch, "sent", { positions: [1, 4] });
    const given = await givenBack(batch);
    expect(given).toMatchObject({ unconfirmed: 0, counters: { queued: 3, sending: 0, sent: 2 } });
    await addsUp(ref);
    const adopted = await aBatch(ledger, ref, { workerId: newId() });
    expect(adopted.id).toBe(batch.id);
    expect(adopted.epoch).toBeGreaterThan(batch.epoch);
    expect(positions(adopted)).toEqual([2, 3, 5]);
    await addsUp(ref);
  });

  test("of a dead owner under hold: exactly what was opened and not settled is unconfirmed, the rest is adopted", async () => {
    const ref = await sending(10);
    const batch = await aBatch(ledger, ref, { inDoubt: "hold" });
    await mark(ledger.worker, batch, { settlements: [], openTo: 6 });
    await settleAs(ledger, batch, "sent", { positions: [1, 3] });
    await settleAs(ledger, batch, "retry", { positions: [5] });
    expect(await diedOwner(batch)).toMatchObject({
      unconfirmed: 3,
      counters: { sent: 2, unconfirmed: 3, retrying: 1, queued: 4, sending: 0 },
    });
    expect(await statuses(ref)).toEqual([
      ...["sent", "unconfirmed", "sent", "unconfirmed", "queued", "unconfirmed"],
      ...["queued", "queued", "queued", "queued"],
    ]);
    await addsUp(ref);
    expect(positions(await aBatch(ledger, ref))).toEqual([7, 8, 9, 10]);
  });

  test("of a dead owner under retry: nothing is unconfirmed, and all that was not settled is adopted", async () => {
    const ref = await sending(6);
    const batch = await aBatch(ledger, ref, { inDoubt: "retry" });
    await mark(ledger.worker, batch, { settlements: [settlement(2, "sent")], openTo: 6 });
    expect(await diedOwner(batch)).toMatchObject({ unconfirmed: 0, counters: { queued: 5, unconfirmed: 0 } });
    expect(positions(await aBatch(ledger, ref, { inDoubt: "retry" }))).toEqual([1, 3, 4, 5, 6]);
    await addsUp(ref);
  });

  test("of a dead owner that had opened all of it is gone", async () => {
    const ref = await sending(3);
    const batch = await aBatch(ledger, ref);
    await mark(ledger.worker, batch, { settlements: [], openTo: 3 });
    await diedOwner(batch);
    expect(await openBatches(ref)).toEqual([]);
    expect(await statuses(ref)).toEqual(["unconfirmed", "unconfirmed", "unconfirmed"]);
    expect((await completeIfDone(ledger.worker, ref))?.unconfirmed).toBe(3);
  });

  test("of retries: those in doubt are unconfirmed, the others wait among the retries again", async () => {
    const ref = await sending(4);
    await settleAs(ledger, await aBatch(ledger, ref), "retry", { delayMs: 0 });
    const batch = await aBatch(ledger, ref);
    expect(batch.kind).toBe("due");
    await mark(ledger.worker, batch, { settlements: [], openTo: 2 });
    expect(await diedOwner(batch)).toMatchObject({ unconfirmed: 2, counters: { retrying: 2, queued: 0, sending: 0 } });
    await addsUp(ref);
    const adopted = await aBatch(ledger, ref);
    expect([adopted.kind, positions(adopted)]).toEqual(["due", [3, 4]]);
    await addsUp(ref);
  });

  test("is taken from its owner once, however many notice that it died", async () => {
    const ref = await sending(5);
    const batch = await aBatch(ledger, ref);
    await mark(ledger.worker, batch, { settlements: [], openTo: 2 });
    const released = await Promise.all(upTo(8).map(() => diedOwner(batch)));
    expect(released.filter((release) => release !== null)).toHaveLength(1);
    await addsUp(ref);
  });

  test("has one adopter, however many ask at once", async () => {
    const ref = await sending(5);
    await givenBack(await aBatch(ledger, ref));
    const claims = await Promise.all(upTo(6).map(() => claimAs(ledger, ref)));
    expect(claims.filter((claim) => claim.kind === "batch")).toHaveLength(1);
    await addsUp(ref);
  });

  test("an adopted batch can die again, and again", async () => {
    const ref = await sending(4);
    for (let death = 1; death <= 3; death += 1) {
      const batch = await aBatch(ledger, ref);
      await mark(ledger.worker, batch, { settlements: [], openTo: death });
      expect((await diedOwner(batch))?.unconfirmed).toBe(1);
      await addsUp(ref);
    }
    expect(await statuses(ref)).toEqual(["unconfirmed", "unconfirmed", "unconfirmed", "queued"]);
  });

  test("an answer that comes after the batch was taken away lifts unconfirmed to sent, and changes nothing else", async () => {
    const ref = await sending(3);
    const batch = await aBatch(ledger, ref);
    await mark(ledger.worker, batch, { settlements: [settlement(1, "failed")], openTo: 2 });
    await diedOwner(batch);
    const ids = (await rowsOf(ledger, ref)).map((row) => row.id);
    expect(await confirmLate(ledger.worker, ref, ids)).toMatchObject({ unconfirmed: 0, sent: 1, failed: 1, queued: 1 });
    expect(await statuses(ref)).toEqual(["failed", "sent", "queued"]);
    expect(await confirmLate(ledger.worker, ref, ids)).toBeNull();
    await addsUp(ref);
  });
});

describe("a campaign's end", () => {
  test("comes when no row is queued and no batch is open, and not before", async () => {
    const ref = await sending(3);
    expect(await completeIfDone(ledger.worker, ref)).toBeNull();
    const batch = await aBatch(ledger, ref);
    expect(await completeIfDone(ledger.worker, ref)).toBeNull();
    await settleAs(ledger, batch, "sent", { positions: [1, 2] });
    expect(await completeIfDone(ledger.worker, ref)).toBeNull();
    await settleAs(ledger, batch, "retry", { positions: [3], delayMs: 0 });
    expect(await completeIfDone(ledger.worker, ref)).toBeNull();
    await settleAs(ledger, await aBatch(ledger, ref), "failed");
    expect(await completeIfDone(ledger.worker, ref)).toMatchObject({ status: "completed", sent: 2, failed: 1 });
  });

  test("comes once, of two last settles at the same time too", async () => {
    const ref = await sending(20);
    const batches = await Promise.all(upTo(4).map(() => aBatch(ledger, ref, { size: 5 })));
    const ends = await Promise.all(
      batches.map(async (batch) => {
        await settleAs(ledger, batch, "sent");
        return completeIfDone(ledger.worker, ref);
      }),
    );
    expect(ends.filter((end) => end !== null)).toHaveLength(1);
    expect((await countersOf(ledger, ref)).status).toBe("completed");
  });

  test("waits for recipients who are added at the last moment", async () => {
    for (let round = 0; round < 10; round += 1) {
      const ref = await sending(1);
      await settleAs(ledger, await aBatch(ledger, ref), "sent");
      await Promise.all([completeIfDone(ledger.worker, ref), addIfAllowed(ref)]);
      const { status, total, queued } = await countersOf(ledger, ref);
      expect([`completed ${0}`, `processing ${1}`]).toContain(`${status} ${queued}`);
      expect(total).toBe(1 + queued);
    }

    async function addIfAllowed(ref: CampaignRef) {
      const recipients = [{ email: "late@example.com" }];
      return addRecipients(ledger.web, ref.workspaceId, { campaignId: ref.campaignId, recipients });
    }
  });

  test("is not computed from counters: a wrong counter neither completes nor keeps open", async () => {
    const ref = await sending(2);
    await ledger.owner.query(`UPDATE campaign SET queued = 0, sent = 2 WHERE id = $1`, [ref.campaignId]);
    expect(await completeIfDone(ledger.worker, ref)).toBeNull();
  });

  test.each(["paused", "cancelled"] as const)("does not come to a campaign that is %s", async (status) => {
    const ref = await sending(1);
    await settleAs(ledger, await aBatch(ledger, ref), "sent");
    await setStatus(ledger, ref, status);
    expect(await completeIfDone(ledger.worker, ref)).toBeNull();
    expect((await countersOf(ledger, ref)).status).toBe(status);
  });
});

describe("a cancelled campaign", () => {
  test("skips whoever was not sent to, and ends its run", async () => {
    const ref = await sending(6);
    const batch = await aBatch(ledger, ref, { size: 4 });
    await settleAs(ledger, batch, "sent", { positions: [1] });
    await settleAs(ledger, batch, "retry", { positions: [2] });
    await givenBack(batch);
    await setStatus(ledger, ref, "cancelled");
    while ((await sweepCancelled(ledger.worker, ref)).more);
    expect(await statuses(ref)).toEqual(["sent", "skipped", "skipped", "skipped", "skipped", "skipped"]);
    expect(await countersOf(ledger, ref)).toMatchObject({ skipped: 5, sent: 1, queued: 0, retrying: 0, sending: 0 });
    await addsUp(ref);
    const runs = await ledger.owner.query(`SELECT status FROM run WHERE campaign_id = $1`, [ref.campaignId]);
    expect(runs).toEqual([{ status: "cancelled" }]);
    expect(await sweepCancelled(ledger.worker, ref)).toEqual({ counters: null, more: false });
  });

  test("waits for the batches that workers still hold", async () => {
    const ref = await sending(4);
    const batch = await aBatch(ledger, ref, { size: 2 });
    await setStatus(ledger, ref, "cancelled");
    expect(await sweepCancelled(ledger.worker, ref)).toEqual({ counters: null, more: false });
    expect(await statuses(ref)).toEqual(["queued", "queued", "queued", "queued"]);
    await settleAs(ledger, batch, "sent", { positions: [1] });
    await givenBack(batch);
    while ((await sweepCancelled(ledger.worker, ref)).more);
    expect(await statuses(ref)).toEqual(["sent", "skipped", "skipped", "skipped"]);
    await addsUp(ref);
  });

  test("a campaign that is not cancelled is not swept", async () => {
    const ref = await sending(2);
    expect(await sweepCancelled(ledger.worker, ref)).toEqual({ counters: null, more: false });
    expect(await statuses(ref)).toEqual(["queued", "queued"]);
  });
});

test("the ledger itself refuses counters that do not add up, and a second active run", async () => {
  const ref = await sending(2);
  const { owner } = ledger;
  await expect(owner.query(`UPDATE campaign SET sent = 1 WHERE id = $1`, [ref.campaignId])).rejects.toThrow(
    "campaign_states_add_up",
  );
  await expect(
    owner.query(`UPDATE campaign SET sent = -1, queued = 3 WHERE id = $1`, [ref.campaignId]),
  ).rejects.toThrow("check constraint");
  await expect(
    owner.query(
      `INSERT INTO run (id, workspace_id, campaign_id, number, kind) SELECT $2, workspace_id, campaign_id, 2, kind
       FROM run WHERE campaign_id = $1`,
      [ref.campaignId, newId()],
    ),
  ).rejects.toThrow("run_one_active");
  await sendAll(ledger, ref);
});

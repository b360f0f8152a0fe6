import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Hint } from "../campaigns/announce.ts";
import { ALLOWED_FROM, type CampaignAction, CampaignStatus, isAllowed, isAlreadyDone } from "../campaigns/lifecycle.ts";
import { newId } from "../platform/id.ts";
import type { Topics } from "../platform/topics.ts";
import {
  aBatch,
  aCampaign,
  addCustomers,
  aWorkspace,
  countersOf,
  type Ledger,
  maintained,
  openLedger,
  recount,
  rowsOf,
  sendAll,
  settleAs,
} from "../testing/ledger.ts";
import { SOMEBODY } from "../testing/campaigns.ts";
import { cancelCampaign, dispatchCampaign, pauseCampaign, resumeCampaign } from "./dispatch-campaign.ts";
import { retryFailedRecipients } from "./send-again.ts";
import { type CampaignRef, completeIfDone, sweepCancelled } from "./dispatch.store.ts";

let ledger: Ledger;
beforeAll(async () => (ledger = await openLedger()));
afterAll(() => ledger.drop());

const heard: Hint[] = [];
const rung: string[] = [];
beforeEach(() => {
  heard.length = 0;
  rung.length = 0;
});
const topics: Topics = {
  publish: (_topic, hint) => heard.push(hint as Hint),
  listen: () => ({ ready: Promise.resolve(), stop: () => undefined }),
  close: () => Promise.resolve(),
};
const doorbell = { ring: (campaignId: string) => rung.push(campaignId), close: () => Promise.resolve() };

const DECISIONS = {
  dispatch: dispatchCampaign,
  pause: pauseCampaign,
  resume: resumeCampaign,
  cancel: cancelCampaign,
  retryFailed: retryFailedRecipients,
};
type Decision = keyof typeof DECISIONS;
const LEADS_TO: Record<Decision, CampaignStatus> = {
  dispatch: CampaignStatus.PROCESSING,
  pause: CampaignStatus.PAUSED,
  resume: CampaignStatus.PROCESSING,
  cancel: CampaignStatus.CANCELLED,
  retryFailed: CampaignStatus.PROCESSING,
};

async function decide(action: Decision, { workspaceId, campaignId }: CampaignRef, idempotencyKey?: string) {
  const doors = { database: ledger.web, workspaceId, actor: SOMEBODY, topics, doorbell };
  const { campaign, userErrors } = await DECISIONS[action](doors, {
    campaignId,
    idempotencyKey: idempotencyKey ?? null,
  });
  return { status: campaign?.status, codes: userErrors.map((error) => error.code), userErrors };
}

const runsOf = ({ campaignId }: CampaignRef) =>
  ledger.owner.query(`SELECT number, kind, status FROM run WHERE campaign_id = $1 ORDER BY number`, [campaignId]);

/** Completed, with these many failed. */
async function withFailed(total: number, failed: number): Promise<CampaignRef> {
  const ref = await aCampaign(ledger, { status: "processing", recipients: total });
  const batch = await aBatch(ledger, ref);
  const positions = batch.recipients.map((recipient) => recipient.position);
  await settleAs(ledger, batch, "failed", { positions: positions.slice(0, failed) });
  await settleAs(ledger, batch, "sent", { positions: positions.slice(failed) });
  await completeIfDone(ledger.worker, ref);
  return ref;
}

const everyPair = (Object.keys(DECISIONS) as Decision[]).flatMap((action) =>
  Object.values(CampaignStatus).map((status) => [action, status] as const),
);

describe("a decision", () => {
  test.each(everyPair)("to %s a campaign that is %s follows the table", async (action, status) => {
    const ref = status === "completed" ? await withFailed(3, 1) : await aCampaign(ledger, { status, recipients: 3 });
    const seq = (await countersOf(ledger, ref)).seq;
    const decided = await decide(action, ref);
    const after = await countersOf(ledger, ref);
    if (isAllowed(action, status)) {
      expect(decided).toMatchObject({ status: LEADS_TO[action], codes: [] });
      expect(after.seq).toBeGreaterThan(seq);
      expect(heard).toMatchObject([{ counters: { status: LEADS_TO[action], seq: after.seq }, touched: "all" }]);
      expect(rung).toContain(ref.campaignId);
    } else {
      expect(decided.status).toBe(status);
      // The first run is under way here, and repeats no retry.
      const repeats = isAlreadyDone(action, status) && action !== "retryFailed";
      expect(decided.codes).toEqual(repeats ? [] : ["NOT_ALLOWED"]);
      expect(after.seq).toBe(seq);
    }
    expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
    expect((await runsOf(ref)).filter((run) => run["status"] === "active").length).toBeLessThanOrEqual(1);
  });

  test("the table's SQL guard and its words agree for every action", () => {
    for (const action of Object.keys(ALLOWED_FROM) as CampaignAction[]) {
      for (const status of Object.values(CampaignStatus)) {
        expect(ALLOWED_FROM[action].includes(status)).toBe(isAllowed(action, status));
      }
    }
  });

  test("a campaign without recipients is not dispatched, and the refusal says what to do", async () => {
    const ref = await aCampaign(ledger);
    const { userErrors, status } = await decide("dispatch", ref);
    expect(status).toBe("pending");
    expect(userErrors).toMatchObject([{ code: "NO_RECIPIENTS", message: expect.stringContaining("Add recipients") }]);
    expect(await runsOf(ref)).toEqual([]);
  });

  test("of a hundred at once one starts a run, and all are told that it is processing", async () => {
    const ref = await aCampaign(ledger, { recipients: 2 });
    const { seq } = await countersOf(ledger, ref);
    const decided = await Promise.all(Array.from({ length: 100 }, () => decide("dispatch", ref)));
    expect(new Set(decided.map(({ status, codes }) => `${status} ${codes}`))).toEqual(new Set(["processing "]));
    expect(await runsOf(ref)).toEqual([{ number: 1, kind: "first", status: "active" }]);
    expect((await countersOf(ledger, ref)).seq).toBe(seq + 1);
  });

  test("pause, resume and cancel at once leave one status and figures that add up", async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 5 });
    await Promise.all((["pause", "cancel", "resume", "pause", "resume"] as const).map((action) => decide(action, ref)));
    const { status } = await countersOf(ledger, ref);
    expect(["cancelled", "paused"]).toContain(status);
    expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
  });

  test("a campaign that never started is cancelled like any other: everybody is skipped and no run stays open", async () => {
    const ref = await aCampaign(ledger, { recipients: 4 });
    await decide("cancel", ref);
    while ((await sweepCancelled(ledger.worker, ref)).more);
    expect((await rowsOf(ledger, ref)).map((row) => row.status)).toEqual(["skipped", "skipped", "skipped", "skipped"]);
    expect(await runsOf(ref)).toMatchObject([{ status: "cancelled" }]);
  });
});

describe("retrying the failed", () => {
  test("requeues exactly the failed, and the total stays what it was", async () => {
    const ref = await withFailed(6, 2);
    expect(await decide("retryFailed", ref)).toMatchObject({ status: "processing", codes: [] });
    expect(await countersOf(ledger, ref)).toMatchObject({ total: 6, queued: 2, failed: 0, sent: 4 });
    expect((await aBatch(ledger, ref)).recipients.map(({ position, tries }) => [position, tries])).toEqual([
      [1, 0],
      [2, 0],
    ]);
    expect(await runsOf(ref)).toMatchObject([
      { number: 1, kind: "first" },
      { number: 2, kind: "retry" },
    ]);
  });

  test("twice at once requeues them once", async () => {
    const ref = await withFailed(6, 3);
    await Promise.all(Array.from({ length: 20 }, () => decide("retryFailed", ref)));
    expect(await countersOf(ledger, ref)).toMatchObject({ total: 6, queued: 3, failed: 0, sent: 3 });
    await sendAll(ledger, ref);
    const rows = await rowsOf(ledger, ref);
    expect(rows.map((row) => [row.status, row.attempts])).toEqual([
      ...[
        ["sent", 2],
        ["sent", 2],
        ["sent", 2],
      ],
      ...[
        ["sent", 1],
        ["sent", 1],
        ["sent", 1],
      ],
    ]);
  });

  test("where nobody failed says so, and leaves the campaign completed", async () => {
    const ref = await aCampaign(ledger, { status: "completed", recipients: 2 });
    expect(await decide("retryFailed", ref)).toMatchObject({ status: "completed", codes: ["NO_RECIPIENTS"] });
  });

  test("can be done again and again, each a run of its own", async () => {
    const ref = await withFailed(3, 3);
    for (let run = 2; run <= 4; run += 1) {
      await decide("retryFailed", ref);
      await settleAs(ledger, await aBatch(ledger, ref), "failed");
      await completeIfDone(ledger.worker, ref);
      expect(await countersOf(ledger, ref)).toMatchObject({ status: "completed", total: 3, failed: 3 });
      expect(await runsOf(ref)).toHaveLength(run);
    }
    expect((await rowsOf(ledger, ref)).map((row) => row.attempts)).toEqual([4, 4, 4]);
  });
});

describe("an idempotency key", () => {
  test("makes a repeated call harmless, also when the campaign has moved on since", async () => {
    const ref = await aCampaign(ledger, { recipients: 2 });
    const key = newId();
    expect(await decide("dispatch", ref, key)).toMatchObject({ status: "processing", codes: [] });
    await sendAll(ledger, ref);
    expect(await decide("dispatch", ref, key)).toMatchObject({ status: "completed", codes: [] });
    expect(await decide("dispatch", ref)).toMatchObject({ status: "completed", codes: ["NOT_ALLOWED"] });
  });

  test("keeps a late repetition of a retry from starting another run", async () => {
    const ref = await withFailed(2, 2);
    const key = newId();
    await decide("retryFailed", ref, key);
    await settleAs(ledger, await aBatch(ledger, ref), "failed");
    await completeIfDone(ledger.worker, ref);
    expect(await decide("retryFailed", ref, key)).toMatchObject({ status: "completed", codes: [] });
    expect(await runsOf(ref)).toHaveLength(2);
  });

  test("with another campaign or another action is refused, and nothing is done", async () => {
    const [one, other] = [await aCampaign(ledger, { recipients: 1 }), await aCampaign(ledger, { recipients: 1 })];
    const key = newId();
    await decide("dispatch", one, key);
    expect(await decide("dispatch", other, key)).toMatchObject({
      status: "pending",
      codes: ["IDEMPOTENCY_KEY_REUSED"],
    });
    expect(await decide("retryFailed", one, key)).toMatchObject({ codes: ["IDEMPOTENCY_KEY_REUSED"] });
  });

  test("of a request that was refused is free again: mended, it may come under the same key", async () => {
    const ref = await aCampaign(ledger);
    const key = newId();
    expect((await decide("dispatch", ref, key)).codes).toEqual(["NO_RECIPIENTS"]);
    await addCustomers(ledger, ref, 1);
    expect(await decide("dispatch", ref, key)).toMatchObject({ status: "processing", codes: [] });
  });

  test("is forgotten after 24 hours, and not before", async () => {
    const [one, other] = [await aCampaign(ledger, { recipients: 1 }), await aCampaign(ledger, { recipients: 1 })];
    const key = newId();
    await decide("dispatch", one, key);
    const age = (interval: string) =>
      ledger.owner.query(`UPDATE idempotency_key SET created_at = now() - $2::interval WHERE key = $1`, [
        key,
        interval,
      ]);
    await age("23 hours 59 minutes");
    expect((await decide("dispatch", other, key)).codes).toEqual(["IDEMPOTENCY_KEY_REUSED"]);
    await age("24 hours 1 minute");
    expect((await decide("dispatch", other, key)).codes).toEqual([]);
  });

  test("of one workspace says nothing about another's", async () => {
    const ours = await aCampaign(ledger, { recipients: 1 });
    const theirs = await aCampaign(ledger, { recipients: 1, workspaceId: await aWorkspace(ledger) });
    const key = newId();
    expect((await decide("dispatch", ours, key)).codes).toEqual([]);
    expect((await decide("dispatch", theirs, key)).codes).toEqual([]);
  });

  test("used by many calls at once counts once", async () => {
    const ref = await aCampaign(ledger, { recipients: 1 });
    const key = newId();
    const decided = await Promise.all(Array.from({ length: 20 }, () => decide("dispatch", ref, key)));
    expect(decided.flatMap(({ codes }) => codes)).toEqual([]);
    expect(await runsOf(ref)).toHaveLength(1);
  });

  test.each([" ", "x".repeat(201)])("that cannot be kept is refused before anything is done", async (key) => {
    const ref = await aCampaign(ledger, { recipients: 1 });
    expect((await decide("dispatch", ref, key)).userErrors).toMatchObject([{ field: "idempotencyKey" }]);
    expect((await countersOf(ledger, ref)).status).toBe("pending");
  });
});

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { SAMPLE_WORKSPACE_ID } from "../accounts/workspace.store.ts";
import { Channel } from "../campaigns/campaign.ts";
import { campaignIn } from "../campaigns/campaign.store.ts";
import type { QuietHours } from "../campaigns/quiet-hours.ts";
import { newId } from "../platform/id.ts";
import { suppress } from "../recipients/suppression.store.ts";
import { SOMEBODY } from "../testing/campaigns.ts";
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
  settleAs,
} from "../testing/ledger.ts";
import { rollUpByHand } from "../testing/rollups.ts";
import type { CampaignPayload } from "../campaigns/campaign-payload.ts";
import { campaignsDue, type CampaignRef, completeIfDone, sweepCancelled } from "./dispatch.store.ts";
import { mark } from "./mark.store.ts";
import { FailureReason } from "./failure-reason.ts";
import { failureTally } from "./failure-tally.store.ts";
import { heldByOfCampaign } from "./held-by.ts";
import { waitingOf } from "./held-by.store.ts";
import { HoldRule } from "./hold.ts";
import { noteConnections } from "./lane.store.ts";
import { setFailureLimit, setQuietHours, setThrottle } from "./limits.ts";
import { cancelCampaign, dispatchCampaign, pauseCampaign, resumeCampaign } from "./dispatch-campaign.ts";
import { scheduleCampaign, startScheduled } from "./schedule-campaign.ts";
import { resendUnconfirmed, retryFailedRecipients } from "./send-again.ts";

let ledger: Ledger;
beforeAll(async () => (ledger = await openLedger()));
afterAll(() => ledger.drop());

const topics = {
  publish: () => undefined,
  listen: () => ({ ready: Promise.resolve(), stop: () => undefined }),
  close: () => Promise.resolve(),
};
const doors = () => ({
  ...{ database: ledger.web, workspaceId: SAMPLE_WORKSPACE_ID, actor: SOMEBODY, topics },
  doorbell: { ring: () => undefined, close: () => Promise.resolve() },
});

const accepted = async (deciding: Promise<CampaignPayload>) => {
  const { campaign, userErrors } = await deciding;
  expect(userErrors).toEqual([]);
  return campaign!;
};
const sumsAddUp = async (ref: CampaignRef) => expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
const positions = (recipients: { position: number }[]) => recipients.map(({ position }) => position);
const heldBy = async (ref: CampaignRef, workers = 1) =>
  ledger.web.inWorkspace(ref.workspaceId, async (tx) =>
    heldByOfCampaign((await campaignIn(tx, ref.campaignId))!, await waitingOf(tx, ref.campaignId), workers),
  );

/** A configured transport that campaigns of the ledger may stand on. */
async function aTransport(campaign?: CampaignRef): Promise<string> {
  const id = newId();
  await ledger.owner.query(
    `INSERT INTO transport (id, workspace_id, name, kind, config) VALUES ($1, $2, $3, 'smtp', '{}')`,
    [id, SAMPLE_WORKSPACE_ID, `Transport ${id}`],
  );
  if (campaign) await through(campaign, id);
  return id;
}
const through = (campaign: CampaignRef, transportId: string) =>
  ledger.owner.query(`UPDATE campaign SET transport = 'smtp', transport_id = $2 WHERE id = $1`, [
    ...[campaign.campaignId, transportId],
  ]);
const limited = (transportId: string, domain: string, messages: number, per: string) =>
  ledger.owner.query(
    `INSERT INTO lane (workspace_id, transport_id, domain, messages, per) VALUES ($1, $2, $3, $4, $5)`,
    [SAMPLE_WORKSPACE_ID, transportId, domain, messages, per],
  );
/** Lets time pass for whoever waits, as if it were so much later. */
const later = (ref: CampaignRef, interval: string) =>
  ledger.owner.query(`UPDATE recipient SET due_at = due_at - $2::interval WHERE campaign_id = $1`, [
    ...[ref.campaignId, interval],
  ]);

describe("a throttle", () => {
  test("holds for all workers together: however many claim at once, no more leave than it allows", async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 400 });
    await accepted(setThrottle(doors(), { ...ref, throttle: { messages: 40, per: "second" } }));
    const startedAt = Date.now();
    const claimed = await Promise.all(
      Array.from({ length: 8 }, async () => {
        let got = 0;
        for (let n = 0; n < 12; n += 1) {
          const claim = await claimAs(ledger, ref, { size: 100 });
          if (claim.kind === "batch") got += claim.batch.recipients.length;
        }
        return got;
      }),
    );
    const seconds = (Date.now() - startedAt) / 1000;
    const total = claimed.reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThanOrEqual(40);
    expect(total).toBeLessThanOrEqual(Math.floor(40 * seconds) + 40);
    await sumsAddUp(ref);
  });

  test("is changed while it sends: the next claim goes by the new one", async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 100 });
    await accepted(setThrottle(doors(), { ...ref, throttle: { messages: 1, per: "hour" } }));
    expect((await aBatch(ledger, ref)).recipients).toHaveLength(1);
    expect(await claimAs(ledger, ref)).toMatchObject({ kind: "wait" });
    expect(await heldBy(ref)).toMatchObject({ rule: HoldRule.THROTTLE, until: expect.any(Date) });
    await accepted(setThrottle(doors(), { ...ref, throttle: { messages: 20, per: "second" } }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await aBatch(ledger, ref)).recipients.length).toBeGreaterThan(1);
    await accepted(setThrottle(doors(), { ...ref, throttle: null }));
    await sendAll(ledger, ref);
    expect(await heldBy(ref)).toBeNull();
  });

  test("that makes no sense is refused in words, and the old one stays", async () => {
    const ref = await aCampaign(ledger, { recipients: 1 });
    const { userErrors } = await setThrottle(doors(), { ...ref, throttle: { messages: 0, per: "minute" } });
    expect(userErrors).toMatchObject([{ code: "INVALID", field: "throttle.messages" }]);
  });

  test("of a transport holds for all of its campaigns together", async () => {
    const [one, two] = [
      await aCampaign(ledger, { status: "processing", recipients: 30 }),
      await aCampaign(ledger, { status: "processing", recipients: 30 }),
    ];
    const transport = await aTransport(one);
    await through(two, transport);
    await limited(transport, "", 10, "second");
    expect((await aBatch(ledger, one)).recipients).toHaveLength(10);
    const claim = await claimAs(ledger, two);
    expect(claim.kind === "wait" || (claim.kind === "batch" && claim.batch.recipients.length <= 3)).toBe(true);
  });

  test("of a domain puts its recipients off to a slot of their own, and lets the others go", async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 6 });
    await ledger.owner.query(
      `UPDATE recipient SET email = 'c' || position || '@example.net' WHERE campaign_id = $1 AND position % 2 = 0`,
      [ref.campaignId],
    );
    await limited(await aTransport(ref), "example.net", 1, "hour");
    expect(positions((await aBatch(ledger, ref)).recipients)).toEqual([1, 2, 3, 5]);
    await sumsAddUp(ref);
    const due = (await rowsOf(ledger, ref)).filter((row) => row.due_at).map((row) => row.due_at!.getTime());
    expect(due).toHaveLength(2);
    expect(Math.round((due[1]! - due[0]!) / 60_000)).toBe(60);
    expect(await claimAs(ledger, ref)).toEqual({ kind: "nothing" });
    await later(ref, "61 minutes");
    expect(positions((await aBatch(ledger, ref)).recipients)).toEqual([4]);
    await sumsAddUp(ref);
  });
});

describe("quiet hours", () => {
  /** Quiet but for the hour that begins in so many hours, by UTC. */
  const allDayBut = (hours: number, zone: QuietHours["zone"]): QuietHours => {
    const at = (more: number) => `${String((new Date().getUTCHours() + hours + more + 48) % 24).padStart(2, "0")}:00`;
    return { from: at(1), to: at(0), days: [1, 2, 3, 4, 5, 6, 7], zone };
  };

  test("of the workspace stop a campaign as a whole and touch nobody's row", async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 5 });
    await accepted(setQuietHours(doors(), { ...ref, quietHours: allDayBut(3, "workspace") }));
    expect(await claimAs(ledger, ref)).toMatchObject({ kind: "wait" });
    expect((await rowsOf(ledger, ref)).every((row) => row.due_at === null)).toBe(true);
    expect(await heldBy(ref)).toMatchObject({ rule: HoldRule.QUIET_HOURS, because: "UTC" });
    await accepted(setQuietHours(doors(), { ...ref, quietHours: null }));
    expect((await aBatch(ledger, ref)).recipients).toHaveLength(5);
  });

  test("of the recipients hold each until its own morning; a change lets them be looked at again", async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 6 });
    await ledger.owner.query(
      `UPDATE recipient SET fields = '{"time_zone": "Asia/Kathmandu"}' WHERE campaign_id = $1 AND position > 4`,
      [ref.campaignId],
    );
    await accepted(setQuietHours(doors(), { ...ref, quietHours: allDayBut(0, "recipient") }));
    expect(positions((await aBatch(ledger, ref)).recipients)).toEqual([1, 2, 3, 4]);
    await sumsAddUp(ref);
    expect(await claimAs(ledger, ref)).toEqual({ kind: "nothing" });
    expect(await countersOf(ledger, ref)).toMatchObject({ queued: 2, retrying: 0, sending: 4 });
    expect((await rowsOf(ledger, ref)).filter((row) => row.due_at).length).toBe(2);

    await accepted(setQuietHours(doors(), { ...ref, quietHours: null }));
    expect(positions((await aBatch(ledger, ref)).recipients)).toEqual([5, 6]);
    await sumsAddUp(ref);
  });

  test("hold a batch that changes hands in the night, too", async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 4 });
    const batch = await aBatch(ledger, ref);
    await mark(ledger.worker, batch, { settlements: [], openTo: null });
    await accepted(pauseCampaign(doors(), ref));
    const { release } = await import("./dispatch.store.ts");
    await release(ledger.worker, ref.workspaceId, batch, "given back");
    await accepted(resumeCampaign(doors(), ref));
    await accepted(setQuietHours(doors(), { ...ref, quietHours: allDayBut(4, "recipient") }));
    expect(await claimAs(ledger, ref)).toMatchObject({ kind: "held" });
    await sumsAddUp(ref);
    expect(await countersOf(ledger, ref)).toMatchObject({ queued: 4, sending: 0 });
    await completeIfDone(ledger.worker, ref);
    expect((await countersOf(ledger, ref)).status).toBe("processing");
    await later(ref, "24 hours");
    await ledger.owner.query(`UPDATE campaign SET quiet_hours = NULL WHERE id = $1`, [ref.campaignId]);
    await sendAll(ledger, ref);
    expect(await countersOf(ledger, ref)).toMatchObject({ status: "completed", sent: 4 });
  });

  test("are over when the campaign is cancelled: whoever waited is skipped", async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 3 });
    await accepted(setQuietHours(doors(), { ...ref, quietHours: allDayBut(3, "recipient") }));
    await claimAs(ledger, ref);
    await accepted(cancelCampaign(doors(), ref));
    while ((await sweepCancelled(ledger.worker, ref)).more);
    expect(await countersOf(ledger, ref)).toMatchObject({ skipped: 3, queued: 0, retrying: 0 });
    await sumsAddUp(ref);
  });
});

describe("a suppression", () => {
  const suppressFirst = async (ref: CampaignRef) => {
    const [first] = await ledger.owner.query<{ address_key: string }>(
      `SELECT address_key FROM recipient WHERE campaign_id = $1 ORDER BY position LIMIT 1`,
      [ref.campaignId],
    );
    await ledger.web.inWorkspace(ref.workspaceId, (tx) => suppress(tx, first!.address_key, "unsubscribed"));
  };

  test("that came after the recipients were added is kept to by the next claim", async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 3 });
    await suppressFirst(ref);
    expect(positions((await aBatch(ledger, ref)).recipients)).toEqual([2, 3]);
    expect(await countersOf(ledger, ref)).toMatchObject({ skipped: 1, sending: 2, queued: 0 });
    await sumsAddUp(ref);
    expect((await rowsOf(ledger, ref))[0]).toMatchObject({ status: "skipped", reason: "unsubscribed" });
  });

  test("is kept to when a batch changes hands", async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 2 });
    const batch = await aBatch(ledger, ref);
    await suppressFirst(ref);
    const { release } = await import("./dispatch.store.ts");
    await release(ledger.worker, ref.workspaceId, batch, "owner died");
    expect(positions((await aBatch(ledger, ref)).recipients)).toEqual([2]);
    await sumsAddUp(ref);
  });
});

describe("too many failures", () => {
  test("pause the campaign in the transaction that settles them, with the reason; resumed, it counts anew", async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 100 });
    await accepted(setFailureLimit(doors(), { ...ref, share: 0.5 }));
    const first = await aBatch(ledger, ref, { size: 30 });
    await settleAs(ledger, first, "sent", { positions: positions(first.recipients).slice(0, 15) });
    const settled = await settleAs(ledger, first, "failed", { positions: positions(first.recipients).slice(15) });
    expect(settled).toMatchObject({ kind: "ours", status: "paused", counters: { status: "paused", failed: 15 } });
    expect(await heldBy(ref)).toMatchObject({
      rule: HoldRule.PAUSED,
      because: expect.stringContaining("15 of the last 30"),
      by: null,
    });

    await accepted(resumeCampaign(doors(), ref));
    const second = await aBatch(ledger, ref, { size: 40 });
    await settleAs(ledger, second, "failed", { positions: positions(second.recipients).slice(0, 19) });
    expect((await countersOf(ledger, ref)).status).toBe("processing");
    await settleAs(ledger, second, "failed", { positions: positions(second.recipients).slice(19, 20) });
    expect((await countersOf(ledger, ref)).status).toBe("paused");
    await sumsAddUp(ref);
  });
});

describe("a transport that cannot be reached", () => {
  test("rests for all campaigns, and is then tried with a single message", async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 10 });
    const transport = await aTransport(ref);
    const failed = { hadGood: false, failed: 5, because: "connection refused", restMs: null };
    await noteConnections(ledger.worker, ref.workspaceId, transport, failed);
    expect(await claimAs(ledger, ref)).toMatchObject({ kind: "wait" });
    expect(await heldBy(ref)).toMatchObject({ rule: HoldRule.CIRCUIT, because: "connection refused" });
    await ledger.owner.query(`UPDATE lane SET closed_until = now() WHERE transport_id = $1`, [transport]);
    const probe = await aBatch(ledger, ref);
    expect([probe.recipients.length, probe.transport.failures]).toEqual([1, 5]);

    await noteConnections(ledger.worker, ref.workspaceId, transport, { ...failed, hadGood: true, failed: 0 });
    expect((await aBatch(ledger, ref)).recipients).toHaveLength(9);
  });

  test("burns nobody's tries: who was tried waits as one who never was", async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 2 });
    const batch = await aBatch(ledger, ref);
    const unreachable = {
      ...{ position: 1, outcome: "retry" as const, status: "queued" as const, counts: false, delayMs: 30_000 },
      ...{ reason: FailureReason.UNREACHABLE, code: null, error: "connection refused" },
    };
    await mark(ledger.worker, batch, { settlements: [unreachable], openTo: null });
    expect(await countersOf(ledger, ref)).toMatchObject({ queued: 1, retrying: 0, sending: 1 });
    await sumsAddUp(ref);
    expect((await rowsOf(ledger, ref))[0]).toMatchObject({ tries: 0, attempts: 0, held_by: "circuit" });
  });
});

describe("a schedule", () => {
  const inTwoHours = () => new Date(Date.now() + 7_200_000).toISOString().slice(0, 16);

  test("starts the campaign once, however many workers look, and not before its time", async () => {
    const ref = await aCampaign(ledger, { recipients: 3 });
    const campaign = await accepted(scheduleCampaign(doors(), { ...ref, at: inTwoHours(), timeZone: "UTC" }));
    expect(campaign).toMatchObject({ status: "scheduled", scheduledZone: "UTC" });
    expect(await heldBy(ref)).toMatchObject({ rule: HoldRule.SCHEDULE, until: campaign.scheduledAt });
    await startScheduled(ledger.worker, topics, ref);
    expect((await countersOf(ledger, ref)).status).toBe("scheduled");

    await ledger.owner.query(`UPDATE campaign SET scheduled_at = now() WHERE id = $1`, [ref.campaignId]);
    expect(await campaignsDue(ledger.worker)).toContainEqual(ref);
    await Promise.all(Array.from({ length: 10 }, () => startScheduled(ledger.worker, topics, ref)));
    expect((await countersOf(ledger, ref)).status).toBe("processing");
    const runs = await ledger.owner.query(`SELECT id FROM run WHERE campaign_id = $1`, [ref.campaignId]);
    expect(runs).toHaveLength(1);
    await sendAll(ledger, ref);
    expect(await countersOf(ledger, ref)).toMatchObject({ status: "completed", sent: 3 });
  });

  test("in the past, at a time that no clock shows, or in no zone is refused with its place", async () => {
    const ref = await aCampaign(ledger, { recipients: 1 });
    const refusal = async (at: string, timeZone: string) =>
      (await scheduleCampaign(doors(), { ...ref, at, timeZone })).userErrors.map(({ field }) => field);
    expect(await refusal("2020-01-01T09:00", "UTC")).toEqual(["at"]);
    expect(await refusal("2027-03-28T02:30", "Europe/Berlin")).toEqual(["at"]);
    expect(await refusal("2027-03-28T09:30", "Mars/Olympus")).toEqual(["timeZone"]);
    expect((await countersOf(ledger, ref)).status).toBe("pending");
  });

  test("is taken back, and a campaign that has nobody to send to when its time comes says so", async () => {
    const ref = await aCampaign(ledger);
    await accepted(scheduleCampaign(doors(), { ...ref, at: inTwoHours(), timeZone: "UTC" }));
    expect(await accepted(scheduleCampaign(doors(), { ...ref, at: null }))).toMatchObject({ status: "pending" });
    await accepted(scheduleCampaign(doors(), { ...ref, at: inTwoHours(), timeZone: "UTC" }));
    await ledger.owner.query(`UPDATE campaign SET scheduled_at = now() WHERE id = $1`, [ref.campaignId]);
    await startScheduled(ledger.worker, topics, ref);
    expect(await countersOf(ledger, ref)).toMatchObject({
      ...{ status: "pending", statusReason: "Its time came, but there was nobody to send to." },
    });
  });
});

describe("sending again", () => {
  const tallyOf = (ref: CampaignRef) =>
    ledger.web.inWorkspace(ref.workspaceId, (tx) => failureTally(tx, ref.campaignId));

  test("to those who failed for some reasons leaves the others as they are, and the tally goes with the rows", async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 6 });
    const batch = await aBatch(ledger, ref);
    await settleAs(ledger, batch, "failed");
    await completeIfDone(ledger.worker, ref);
    await ledger.owner.query(`UPDATE recipient SET reason = 'busy' WHERE campaign_id = $1 AND position > 4`, [
      ref.campaignId,
    ]);
    await rollUpByHand(ledger.owner, ref.campaignId);
    const none = await retryFailedRecipients(doors(), { ...ref, reasons: [FailureReason.TIMED_OUT] });
    expect(none.userErrors).toMatchObject([{ field: "reasons" }]);
    await accepted(retryFailedRecipients(doors(), { ...ref, reasons: [FailureReason.BUSY] }));
    expect(await countersOf(ledger, ref)).toMatchObject({ total: 6, failed: 4, queued: 2 });
    expect(await tallyOf(ref)).toEqual([{ reason: "mailbox_unknown", count: 4 }]);
    await sendAll(ledger, ref);
    expect(await countersOf(ledger, ref)).toMatchObject({ total: 6, failed: 4, sent: 2, status: "completed" });
    await sumsAddUp(ref);
  });

  test("to the unconfirmed is a run of its own, asked for once however often it is asked", async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 3 });
    const batch = await aBatch(ledger, ref);
    await settleAs(ledger, batch, "unconfirmed", { positions: [1] });
    await settleAs(ledger, batch, "sent", { positions: [2, 3] });
    await completeIfDone(ledger.worker, ref);
    await Promise.all(Array.from({ length: 5 }, () => accepted(resendUnconfirmed(doors(), ref))));
    expect(await countersOf(ledger, ref)).toMatchObject({ unconfirmed: 0, queued: 1, sent: 2, status: "processing" });
    const again = await aBatch(ledger, ref);
    expect([positions(again.recipients), again.runId === batch.runId]).toEqual([[1], false]);
    await settleAs(ledger, again, "sent");
    await completeIfDone(ledger.worker, ref);
    expect(await countersOf(ledger, ref)).toMatchObject({ sent: 3, status: "completed" });
    const { userErrors } = await resendUnconfirmed(doors(), ref);
    expect(userErrors).toMatchObject([{ code: "NO_RECIPIENTS" }]);
    await sumsAddUp(ref);
  });
});

test("a limit cannot be set on a campaign that was cancelled", async () => {
  const ref = await aCampaign(ledger, { status: "cancelled", recipients: 1, channel: Channel.EMAIL });
  const { userErrors } = await setThrottle(doors(), { ...ref, throttle: { messages: 1, per: "second" } });
  expect(userErrors).toMatchObject([{ code: "NOT_ALLOWED" }]);
});

test("a campaign without workers says so, and one that was dispatched holds nobody", async () => {
  const ref = await aCampaign(ledger, { recipients: 2 });
  await accepted(dispatchCampaign(doors(), ref));
  expect(await heldBy(ref, 0)).toMatchObject({ rule: HoldRule.NO_WORKER });
  expect(await heldBy(ref, 1)).toBeNull();
  await addCustomers(ledger, ref, 1);
  await sendAll(ledger, ref);
  expect(await heldBy(ref, 1)).toBeNull();
});

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Context } from "../accounts/context.ts";
import { completeIfDone } from "../dispatch/dispatch.store.ts";
import { failSent, lastWrittenTo } from "../feedback/bounce.store.ts";
import { recordAnswer, recordOpening } from "../feedback/response.store.ts";
import { unsubscribe, unsubscribeAddress } from "../feedback/unsubscribe.ts";
import { FailureReason } from "../dispatch/failure-reason.ts";
import { sweepCancelled } from "../dispatch/dispatch.store.ts";
import { startRun } from "../dispatch/run.store.ts";
import { personalToken } from "../recipients/personal-link.ts";
import {
  aBatch,
  aCampaign,
  aWorkspace,
  claimAs,
  type Ledger,
  openLedger,
  rowsOf,
  sendAll,
  setStatus,
  settleAs,
} from "../testing/ledger.ts";
import { SOMEBODY } from "../testing/campaigns.ts";
import { aListener, deliveriesOf } from "../testing/webhooks.ts";

/** What other services are told of: with the change itself, once, and nobody's personal data. */

let ledger: Ledger;
beforeAll(async () => {
  ledger = await openLedger();
});
afterAll(() => ledger.drop());

/** A workspace of its own, with a webhook that listens to everything. */
async function aListeningWorkspace() {
  const workspaceId = await aWorkspace(ledger);
  const { id } = await aListener(ledger, { workspaceId });
  const told = async () => (await deliveriesOf(ledger, id)).map(({ type, data }) => ({ type, data }));
  return { workspaceId, webhookId: id, told };
}

test("a campaign that comes to its end is told of once, with its counts", async () => {
  const { workspaceId, told } = await aListeningWorkspace();
  const ref = await aCampaign(ledger, { workspaceId, name: "Spring", status: "processing", recipients: 3 });
  await sendAll(ledger, ref);
  expect(await completeIfDone(ledger.worker, ref)).toBeNull();
  const counts = { total: 3, sent: 3, failed: 0, skipped: 0, unconfirmed: 0 };
  expect(await told()).toEqual([
    { type: "campaign.completed", data: { campaignId: ref.campaignId, campaignName: "Spring", ...counts } },
  ]);
});

test("it is told of once, however many workers find it done at the same moment", async () => {
  const { workspaceId, told } = await aListeningWorkspace();
  const ref = await aCampaign(ledger, { workspaceId, status: "processing", recipients: 2 });
  const claimed = await claimAs(ledger, ref);
  if (claimed.kind === "batch") await settleAs(ledger, claimed.batch, "sent");
  await claimAs(ledger, ref);
  await Promise.all(Array.from({ length: 5 }, () => completeIfDone(ledger.worker, ref)));
  expect((await told()).map(({ type }) => type)).toEqual(["campaign.completed"]);
});

test("a campaign that is cancelled is not told of", async () => {
  const { workspaceId, told } = await aListeningWorkspace();
  const ref = await aCampaign(ledger, { workspaceId, status: "processing", recipients: 2 });
  await setStatus(ledger, ref, "cancelled");
  while ((await sweepCancelled(ledger.worker, ref)).more);
  expect(await told()).toEqual([]);
});

test("each recipient who failed is told of with the reason, and others are not", async () => {
  const { workspaceId, told } = await aListeningWorkspace();
  const ref = await aCampaign(ledger, { workspaceId, name: "Spring", status: "processing", recipients: 4 });
  const batch = await aBatch(ledger, ref);
  await settleAs(ledger, batch, "failed", { positions: [1, 3] });
  await settleAs(ledger, batch, "sent", { positions: [2] });
  await settleAs(ledger, batch, "retry", { positions: [4] });
  // The same outcomes again change nothing, and are told of no more.
  await settleAs(ledger, batch, "failed", { positions: [1, 3] });
  const rows = await rowsOf(ledger, ref);
  const about = { campaignId: ref.campaignId, campaignName: "Spring", reason: "MAILBOX_UNKNOWN", bounced: false };
  const failed = [rows[0]!, rows[2]!].map(({ id }) => ({
    type: "recipient.failed",
    data: { ...about, recipientId: id },
  }));
  const heard = await told();
  expect(heard).toHaveLength(2);
  expect(heard).toEqual(expect.arrayContaining(failed));
});

test("a message that comes back later is told of as bounced", async () => {
  const { workspaceId, told } = await aListeningWorkspace();
  const ref = await aCampaign(ledger, { workspaceId, name: "Spring", status: "processing", recipients: 1 });
  await sendAll(ledger, ref);
  const [row] = await rowsOf(ledger, ref);
  await ledger.web.inWorkspace(workspaceId, async (tx) => {
    const writtenTo = (await lastWrittenTo(tx, [row!.address_key]))!;
    const said = { reason: FailureReason.MAILBOX_FULL, code: "552", text: `${row!.address_key} is full` };
    expect(await failSent(tx, writtenTo, said)).not.toBeNull();
    expect(await failSent(tx, writtenTo, said)).toBeNull();
  });
  const data = {
    ...{ campaignId: ref.campaignId, campaignName: "Spring", recipientId: row!.id },
    ...{ reason: "MAILBOX_FULL", bounced: true },
  };
  expect((await told()).slice(1)).toEqual([{ type: "recipient.failed", data }]);
});

test("an answer is told of, and its change as a change; the same one again, or an opening, is not", async () => {
  const { workspaceId, told } = await aListeningWorkspace();
  const ref = await aCampaign(ledger, { workspaceId, name: "Spring", status: "processing", recipients: 1 });
  await sendAll(ledger, ref);
  const [row] = await rowsOf(ledger, ref);
  const answer = (rating: number, comment: string | null) =>
    ledger.web.inWorkspace(workspaceId, (tx) => recordAnswer(tx, row!.id, { rating, comment }));
  await ledger.web.inWorkspace(workspaceId, (tx) => recordOpening(tx, row!.id));
  await answer(4, null);
  await answer(4, null);
  await answer(4, "Better now");
  const about = { campaignId: ref.campaignId, campaignName: "Spring", recipientId: row!.id, rating: 4 };
  expect((await told()).slice(1)).toEqual([
    { type: "response.received", data: { ...about, hasComment: false, isNew: true } },
    { type: "response.received", data: { ...about, hasComment: true, isNew: false } },
  ]);
});

test("whoever leaves the list is told of once", async () => {
  const { workspaceId, told } = await aListeningWorkspace();
  const ref = await aCampaign(ledger, { workspaceId, name: "Spring", recipients: 1 });
  const [row] = await rowsOf(ledger, ref);
  const [workspace] = await ledger.owner.query<{ message_secret: Buffer }>(
    `SELECT message_secret FROM workspace WHERE id = $1`,
    [workspaceId],
  );
  const token = personalToken(workspace!.message_secret, row!.id, "unsubscribe");
  for (let i = 0; i < 2; i += 1) expect(await unsubscribe(ledger.web, token)).not.toBeNull();
  const data = { campaignId: ref.campaignId, campaignName: "Spring", recipientId: row!.id };
  expect(await told()).toEqual([{ type: "recipient.unsubscribed", data }]);
});

test("whoever leaves it elsewhere is told of by the message they had, if they had one", async () => {
  const { workspaceId, told } = await aListeningWorkspace();
  const ref = await aCampaign(ledger, { workspaceId, name: "Spring", status: "processing", recipients: 1 });
  await sendAll(ledger, ref);
  const [row] = await rowsOf(ledger, ref);
  const context = { database: ledger.web, workspaceId, actor: SOMEBODY } as Context;
  for (const address of [row!.address_key, "never.written.to@example.com"])
    expect((await unsubscribeAddress(context, { address })).userErrors).toEqual([]);
  const data = { campaignId: ref.campaignId, campaignName: "Spring", recipientId: row!.id };
  expect((await told()).slice(1)).toEqual([{ type: "recipient.unsubscribed", data }]);
});

describe("an event", () => {
  test("is not there when what it is about was taken back", async () => {
    const { workspaceId, told } = await aListeningWorkspace();
    const ref = await aCampaign(ledger, { workspaceId, status: "processing", recipients: 1 });
    await sendAll(ledger, ref);
    const [row] = await rowsOf(ledger, ref);
    const before = await told();
    const undone = ledger.web.inWorkspace(workspaceId, async (tx) => {
      await recordAnswer(tx, row!.id, { rating: 5, comment: null });
      expect(await tx.query(`SELECT FROM webhook_delivery WHERE type = 'response.received'`)).toHaveLength(1);
      throw new Error("taken back");
    });
    await expect(undone).rejects.toThrow("taken back");
    expect(await told()).toEqual(before);
  });

  test("is told to each webhook that listens to it, under one id, and to no other", async () => {
    const workspaceId = await aWorkspace(ledger);
    const [first, second] = [await aListener(ledger, { workspaceId }), await aListener(ledger, { workspaceId })];
    const other = await aListener(ledger, { workspaceId, events: ["response.received"] });
    const off = await aListener(ledger, { workspaceId });
    await ledger.owner.query(`UPDATE webhook SET enabled = false, disabled_at = now() WHERE id = $1`, [off.id]);
    await sendAll(ledger, await aCampaign(ledger, { workspaceId, status: "processing", recipients: 1 }));
    const [[one], [two]] = [await deliveriesOf(ledger, first.id), await deliveriesOf(ledger, second.id)];
    expect(one!.event_id).toBe(two!.event_id);
    expect(one!.id).not.toBe(two!.id);
    expect([...(await deliveriesOf(ledger, other.id)), ...(await deliveriesOf(ledger, off.id))]).toEqual([]);
  });

  test("costs a workspace without webhooks not a row", async () => {
    const workspaceId = await aWorkspace(ledger);
    const ref = await aCampaign(ledger, { workspaceId, status: "processing", recipients: 2 });
    const batch = await aBatch(ledger, ref);
    await settleAs(ledger, batch, "failed", { positions: [1] });
    await settleAs(ledger, batch, "sent", { positions: [2] });
    await completeIfDone(ledger.worker, ref);
    const rows = await ledger.owner.query(`SELECT FROM webhook_delivery WHERE workspace_id = $1`, [workspaceId]);
    expect(rows).toEqual([]);
  });

  test("names nobody: neither addresses nor names nor words of a customer are in it", async () => {
    const { workspaceId, webhookId } = await aListeningWorkspace();
    const ref = await aCampaign(ledger, { workspaceId, status: "processing", recipients: 2 });
    const rows = await rowsOf(ledger, ref);
    const batch = await aBatch(ledger, ref);
    await settleAs(ledger, batch, "failed", { positions: [1] });
    await settleAs(ledger, batch, "sent", { positions: [2] });
    await completeIfDone(ledger.worker, ref);
    const words = { rating: 1, comment: "Bad words" };
    await ledger.web.inWorkspace(workspaceId, (tx) => recordAnswer(tx, rows[1]!.id, words));
    const told = JSON.stringify(await deliveriesOf(ledger, webhookId));
    expect(told).toContain("response.received");
    for (const personal of ["@example.com", "A customer", "Bad words"]) expect(told).not.toContain(personal);
  });

  test("of a retry that ends the campaign once more is another one", async () => {
    const { workspaceId, told } = await aListeningWorkspace();
    const ref = await aCampaign(ledger, { workspaceId, status: "processing", recipients: 1 });
    await settleAs(ledger, await aBatch(ledger, ref), "failed");
    await completeIfDone(ledger.worker, ref);
    await ledger.owner.query(`UPDATE recipient SET status = 'queued', tries = 0 WHERE campaign_id = $1`, [
      ref.campaignId,
    ]);
    await ledger.owner.query(`UPDATE campaign SET failed = 0, queued = 1 WHERE id = $1`, [ref.campaignId]);
    await ledger.web.inWorkspace(workspaceId, (tx) => startRun(tx, ref.campaignId, "retry"));
    await setStatus(ledger, ref, "processing");
    await sendAll(ledger, ref);
    expect((await told()).map(({ type }) => type)).toEqual([
      "recipient.failed",
      "campaign.completed",
      "campaign.completed",
    ]);
  });
});

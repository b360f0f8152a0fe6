import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { setQuietHoursOf } from "../campaigns/campaign.store.ts";
import { ClaimedMessage } from "../dispatch/claimed-message.ts";
import { cancelCampaign, pauseCampaign, resumeCampaign } from "../dispatch/dispatch-campaign.ts";
import { type CampaignRef, release } from "../dispatch/dispatch.store.ts";
import { compileMessage } from "../campaigns/template.ts";
import { Channel } from "../campaigns/campaign.ts";
import { personalToken } from "../recipients/personal-link.ts";
import { suppress } from "../recipients/suppression.store.ts";
import {
  aBatch,
  aCampaign,
  aWorkspace,
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
import { answerAs, begunOf, childOf, hoursPass, remindAll, secretOf, setThese } from "../testing/reminders.ts";
import { quietDoors } from "../testing/stepwise.ts";
import { addRecipients } from "../recipients/add-recipients-to-campaign.ts";
import { forgetRecipients } from "../erasure/forget-recipients.ts";
import { erasePerson } from "../erasure/erase-person.ts";
import { campaignsUsing } from "../dispatch/transport-settings.store.ts";
import { newId } from "../platform/id.ts";
import { remind } from "./remind.ts";
import { remindersDue } from "./reminder.store.ts";
import { setReminders } from "./set-reminders.ts";
import { stopReminders } from "./stop-reminders.store.ts";

/** Whom a reminder goes to, when, and what stops it; on the tables themselves. */

let ledger: Ledger;
beforeAll(async () => (ledger = await openLedger()));
afterAll(() => ledger.drop());

/** A campaign that was sent to so many so many hours ago, with reminders. */
async function aReminded({ recipients = 3, hoursAgo = 25, reminders = [{ afterHours: 24 }] } = {}) {
  const ref = await aCampaign(ledger, { status: "completed", recipients });
  await setThese(ledger, ref, reminders);
  await hoursPass(ledger, ref, hoursAgo);
  return { ref, rows: await rowsOf(ledger, ref) };
}
const addressesOf = async (ref: CampaignRef, status?: string) =>
  (await rowsOf(ledger, ref)).filter((row) => !status || row.status === status).map((row) => row.address_key);
const isTrueToItsRows = async (ref: CampaignRef) =>
  expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
const nextAtOf = async (ref: CampaignRef, number = 1) =>
  (
    await ledger.owner.query<{ next_at: Date | null }>(
      `SELECT next_at FROM reminder WHERE campaign_id = $1 AND number = $2`,
      [ref.campaignId, number],
    )
  )[0]!.next_at;

describe("a reminder", () => {
  test("goes to those who were sent to long enough ago, once each, as a campaign of its own", async () => {
    const { ref, rows } = await aReminded();
    await remindAll(ledger, ref);
    await remindAll(ledger, ref);
    const child = await begunOf(ledger, ref);
    expect(await addressesOf(child)).toEqual(rows.map((row) => row.address_key));
    expect(await countersOf(ledger, child)).toMatchObject({ status: "processing", total: 3, queued: 3 });
    await sendAll(ledger, child);
    expect(await countersOf(ledger, child)).toMatchObject({ status: "completed", sent: 3 });
    const [campaign] = await ledger.owner.query(`SELECT name, subject, body, channel FROM campaign WHERE id = $1`, [
      child.campaignId,
    ]);
    expect(campaign).toMatchObject({ name: "Reminder 1 of A campaign", subject: "How did we do?", channel: "email" });
  });

  test("goes to nobody before their time, and says when the next may be due", async () => {
    const { ref } = await aReminded({ hoursAgo: 23 });
    await remindAll(ledger, ref);
    expect(await childOf(ledger, ref)).toBeNull();
    expect((await nextAtOf(ref))!.getTime()).toBeGreaterThan(Date.now());
    expect(await remindersDue(ledger.worker)).not.toContainEqual({ ...ref, number: 1 });
    await hoursPass(ledger, ref, 1);
    expect(await remindersDue(ledger.worker)).toContainEqual({ ...ref, number: 1 });
    await remindAll(ledger, ref);
    expect(await addressesOf(await begunOf(ledger, ref))).toHaveLength(3);
  });

  test("goes to nobody who answered, unsubscribed, is suppressed, was erased, or never got the message", async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 6 });
    const batch = await aBatch(ledger, ref);
    await settleAs(ledger, batch, "sent", { positions: [1, 2, 3, 4] });
    await settleAs(ledger, batch, "failed", { positions: [5] });
    await settleAs(ledger, batch, "unconfirmed", { positions: [6] });
    await setThese(ledger, ref, [{ afterHours: 24 }]);
    await hoursPass(ledger, ref, 30);
    const [answered, left, erased, silent] = await rowsOf(ledger, ref);
    await answerAs(ledger, answered!.id);
    await ledger.web.inWorkspace(ref.workspaceId, (tx) => suppress(tx, left!.address_key, "unsubscribed"));
    await ledger.owner.query(`UPDATE recipient SET erased_at = now(), address_key = 'erased:' || id WHERE id = $1`, [
      erased!.id,
    ]);
    await remindAll(ledger, ref);
    expect(await addressesOf(await begunOf(ledger, ref))).toEqual([silent!.address_key]);
  });

  test("where all have answered makes no campaign at all", async () => {
    const { ref, rows } = await aReminded({ recipients: 1 });
    await answerAs(ledger, rows[0]!.id);
    await remindAll(ledger, ref);
    expect(await childOf(ledger, ref)).toBeNull();
    expect(await nextAtOf(ref)).toBeNull();
  });

  test("is added in bounded steps, and a step that dies with its worker loses and doubles nobody", async () => {
    const { ref, rows } = await aReminded({ recipients: 10 });
    expect(await remind(ledger.worker, { ...ref, number: 1 }, 4)).toMatchObject({ isMore: true });
    const dying = {
      ...ledger.worker,
      inWorkspace: ((workspaceId, work) =>
        ledger.worker.inWorkspace(workspaceId, async (tx) => {
          await work(tx);
          throw new Error("the worker dies before its commit");
        })) as Ledger["worker"]["inWorkspace"],
    };
    await expect(remind(dying, { ...ref, number: 1 }, 4)).rejects.toThrow("dies");
    const child = await begunOf(ledger, ref);
    expect(await rowsOf(ledger, child)).toHaveLength(4);
    await remindAll(ledger, ref, 1, 4);
    const reminded = await rowsOf(ledger, child);
    expect(reminded.map((row) => row.address_key)).toEqual(rows.map((row) => row.address_key));
    expect(reminded.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await isTrueToItsRows(child);
  });

  test("is added once each by a hundred steps at once", async () => {
    const { ref } = await aReminded({ recipients: 40 });
    for (let round = 0; round < 2; round += 1)
      await Promise.all(Array.from({ length: 50 }, () => remind(ledger.worker, { ...ref, number: 1 }, 7)));
    await remindAll(ledger, ref, 1, 7);
    const child = await begunOf(ledger, ref);
    expect(new Set(await addressesOf(child)).size).toBe(40);
    expect(await ledger.owner.query(`SELECT id FROM campaign WHERE reminds_id = $1`, [ref.campaignId])).toHaveLength(1);
    await isTrueToItsRows(child);
  });

  test("whose campaign was completed goes out again when more are due, and is not completed while some may be", async () => {
    const { ref } = await aReminded({ recipients: 2 });
    await ledger.owner.query(
      `UPDATE recipient SET sent_at = now() - interval '20 hours', activity_at = now() - interval '20 hours'
       WHERE campaign_id = $1 AND position = 2`,
      [ref.campaignId],
    );
    await remindAll(ledger, ref);
    const child = await begunOf(ledger, ref);
    await sendAll(ledger, child);
    expect(await countersOf(ledger, child)).toMatchObject({ status: "processing", total: 1, sent: 1 });
    await hoursPass(ledger, ref, 5);
    await remindAll(ledger, ref);
    await sendAll(ledger, child);
    expect(await countersOf(ledger, child)).toMatchObject({ status: "completed", sent: 2 });
    // Somebody who was sent to later: the first campaign tried its failures again.
    await ledger.owner.query(`UPDATE recipient SET activity_at = now() WHERE campaign_id = $1 AND position = 1`, [
      ref.campaignId,
    ]);
    await ledger.owner.query(`DELETE FROM recipient WHERE campaign_id = $1 AND position = 1`, [child.campaignId]);
    await ledger.owner.query(`UPDATE campaign SET sent = 1, total = 1 WHERE id = $1`, [child.campaignId]);
    await hoursPass(ledger, ref, 30);
    await remindAll(ledger, ref);
    expect(await countersOf(ledger, child)).toMatchObject({ status: "processing", total: 2, queued: 1 });
    await sendAll(ledger, child);
    expect(await countersOf(ledger, child)).toMatchObject({ status: "completed", sent: 2 });
  });

  test("leads to the links of the first message", async () => {
    const { ref, rows } = await aReminded({ recipients: 1 });
    await remindAll(ledger, ref);
    const batch = await aBatch(ledger, await begunOf(ledger, ref));
    const message = compileMessage({ subject: "?", body: "{{ link }}", html: null }, Channel.EMAIL);
    const rendering = { message, origin: "https://ask.example.com" };
    const sent = new ClaimedMessage(batch, batch.recipients[0]!, rendering).render();
    const secret = await secretOf(ledger);
    expect(sent.link).toBe(`https://ask.example.com/r/${personalToken(secret, rows[0]!.id, "respond")}`);
    expect(sent.unsubscribeUrl).toBe(`https://ask.example.com/u/${personalToken(secret, rows[0]!.id, "unsubscribe")}`);
  });

  test("keeps to quiet hours, as its campaign does", async () => {
    const ref = await aCampaign(ledger, { status: "completed", recipients: 1 });
    await ledger.web.inWorkspace(ref.workspaceId, (tx) => setQuietHoursOf(tx, ref.campaignId, quietNow()));
    await setThese(ledger, ref, [{ afterHours: 24 }]);
    await hoursPass(ledger, ref, 25);
    await remindAll(ledger, ref);
    const child = await begunOf(ledger, ref);
    expect(await claimAs(ledger, child)).toMatchObject({ kind: "wait" });
    await ledger.web.inWorkspace(ref.workspaceId, (tx) => setQuietHoursOf(tx, child.campaignId, null));
    expect(await claimAs(ledger, child)).toMatchObject({ kind: "batch" });
  });

  test("is held by a pause of its own campaign: who is due later is added, and waits", async () => {
    const { ref } = await aReminded({ recipients: 4 });
    await remind(ledger.worker, { ...ref, number: 1 }, 2);
    const child = await begunOf(ledger, ref);
    await pauseCampaign(quietDoors(ledger.web), child);
    await remindAll(ledger, ref, 1, 2);
    expect(await countersOf(ledger, child)).toMatchObject({ status: "paused", queued: 4 });
    expect(await claimAs(ledger, child)).toEqual({ kind: "stopped" });
    await resumeCampaign(quietDoors(ledger.web), child);
    await sendAll(ledger, child);
    expect(await countersOf(ledger, child)).toMatchObject({ status: "completed", sent: 4 });
  });

  test("ends for good when its own campaign is cancelled", async () => {
    const { ref } = await aReminded({ recipients: 4 });
    await remind(ledger.worker, { ...ref, number: 1 }, 2);
    const child = await begunOf(ledger, ref);
    await cancelCampaign(quietDoors(ledger.web), child);
    await remindAll(ledger, ref, 1, 2);
    expect(await rowsOf(ledger, child)).toHaveLength(2);
    expect(await remindersDue(ledger.worker)).not.toContainEqual({ ...ref, number: 1 });
  });

  test("ends with the campaign that it reminds of", async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 3 });
    await settleAs(ledger, await aBatch(ledger, ref, { size: 2 }), "sent");
    await setThese(ledger, ref, [{ afterHours: 24 }]);
    await hoursPass(ledger, ref, 25);
    // The one who was not sent to comes first by their activity, and then the first of the others.
    await remind(ledger.worker, { ...ref, number: 1 }, 2);
    const child = await begunOf(ledger, ref);
    await cancelCampaign(quietDoors(ledger.web), ref);
    expect(await countersOf(ledger, child)).toMatchObject({ status: "cancelled" });
    await remindAll(ledger, ref);
    expect(await rowsOf(ledger, child)).toHaveLength(1);
    expect(await remindersDue(ledger.worker)).not.toContainEqual({ ...ref, number: 1 });
  });

  test("that is taken off goes to nobody else, and leaves no campaign open", async () => {
    const { ref } = await aReminded({ recipients: 4 });
    await remind(ledger.worker, { ...ref, number: 1 }, 2);
    const child = await begunOf(ledger, ref);
    await setThese(ledger, ref, []);
    await remindAll(ledger, ref);
    await sendAll(ledger, child);
    expect(await countersOf(ledger, child)).toMatchObject({ status: "completed", sent: 2, total: 2 });
  });

  test("that is set anew looks at everybody again, and goes twice to nobody", async () => {
    const { ref } = await aReminded({ recipients: 2, hoursAgo: 50 });
    await remindAll(ledger, ref);
    await setThese(ledger, ref, [{ afterHours: 48 }]);
    await remindAll(ledger, ref);
    const child = await begunOf(ledger, ref);
    expect(await rowsOf(ledger, child)).toHaveLength(2);
    await isTrueToItsRows(child);
  });

  test("takes nobody else in", async () => {
    const { ref } = await aReminded();
    await remindAll(ledger, ref);
    const { campaignId } = await begunOf(ledger, ref);
    const { payload } = await addRecipients(ledger.web, ref.workspaceId, {
      campaignId,
      recipients: [{ email: "another@example.com" }],
    });
    expect(payload).toMatchObject({ added: 0, userErrors: [{ code: "NOT_ALLOWED", field: "campaignId" }] });
  });

  test("is looked for in every workspace, and reaches nobody of another", async () => {
    const workspaceId = await aWorkspace(ledger);
    const ref = await aCampaign(ledger, { workspaceId, status: "completed", recipients: 1 });
    await setThese(ledger, ref, [{ afterHours: 24 }]);
    await hoursPass(ledger, ref, 25);
    expect(await remindersDue(ledger.worker)).toContainEqual({ ...ref, number: 1 });
    const { ref: ours } = await aReminded();
    expect(await remind(ledger.worker, { ...ref, workspaceId: ours.workspaceId, number: 1 })).toEqual({
      ...{ counters: null, isMore: false },
    });
    expect(await childOf(ledger, ref)).toBeNull();
  });

  test("of a first message whose recipient was erased since is skipped by the claim", async () => {
    const { ref } = await aReminded({ recipients: 2 });
    await remindAll(ledger, ref);
    const child = await begunOf(ledger, ref);
    await ledger.owner.query(`UPDATE campaign SET status_changed_at = now() - interval '8 days' WHERE id = $1`, [
      ref.campaignId,
    ]);
    await forgetRecipients(ledger.web, 7);
    expect(await claimAs(ledger, child)).toMatchObject({ kind: "held" });
    expect((await rowsOf(ledger, child)).map(({ status }) => status)).toEqual(["skipped", "skipped"]);
  });

  test("that waits for somebody who is erased is skipped, and leaves nobody's name behind", async () => {
    const { ref, rows } = await aReminded({ recipients: 2 });
    await remindAll(ledger, ref);
    const child = await begunOf(ledger, ref);
    const context = { ...quietDoors(ledger.web), caller: null, address: null };
    const { erased, userErrors } = await erasePerson(context, { address: rows[0]!.address_key });
    expect({ erased, userErrors }).toMatchObject({ erased: { recipients: 2 }, userErrors: [] });
    const [gone, stays] = await rowsOf(ledger, child);
    expect(gone).toMatchObject({ status: "skipped", address_key: `erased:${gone!.id}` });
    expect(stays).toMatchObject({ status: "queued" });
    await isTrueToItsRows(child);
  });

  test("to come keeps the transport of its campaign from being removed", async () => {
    const { ref } = await aReminded({ hoursAgo: 2 });
    const transportId = newId();
    await ledger.owner.query(
      `INSERT INTO transport (id, workspace_id, name, kind, config) VALUES ($1, $2, 'Ours', 'smtp', '{}')`,
      [transportId, ref.workspaceId],
    );
    await ledger.owner.query(`UPDATE campaign SET transport_id = $2 WHERE id = $1`, [ref.campaignId, transportId]);
    const using = () => ledger.web.inWorkspace(ref.workspaceId, (tx) => campaignsUsing(tx, transportId, 5));
    await remindAll(ledger, ref);
    expect(await using()).toEqual([{ name: "A campaign" }]);
    await setThese(ledger, ref, []);
    expect(await using()).toEqual([]);
  });
});

describe("the second reminder", () => {
  const TWO = [{ afterHours: 24 }, { afterHours: 72 }];

  test("goes to those who got the first one and have not answered since", async () => {
    const { ref, rows } = await aReminded({ recipients: 4, reminders: TWO });
    await remindAll(ledger, ref);
    const first = await begunOf(ledger, ref);
    const batch = await aBatch(ledger, first);
    await settleAs(ledger, batch, "sent", { positions: [1, 2] });
    await settleAs(ledger, batch, "failed", { positions: [3] });
    await settleAs(ledger, batch, "unconfirmed", { positions: [4] });
    await answerAs(ledger, rows[0]!.id);
    await hoursPass(ledger, ref, 49);
    await remindAll(ledger, ref, 2);
    const second = await begunOf(ledger, ref, 2);
    expect(await addressesOf(second)).toEqual([rows[1]!.address_key]);
    const [reminded] = await ledger.owner.query(`SELECT reminds_id FROM recipient WHERE campaign_id = $1`, [
      second.campaignId,
    ]);
    expect(reminded).toEqual({ reminds_id: rows[1]!.id });
  });

  test("keeps its distance to a first one that left late", async () => {
    const { ref } = await aReminded({ recipients: 1, hoursAgo: 71, reminders: TWO });
    await remindAll(ledger, ref);
    await sendAll(ledger, await begunOf(ledger, ref));
    await remindAll(ledger, ref, 2);
    await hoursPass(ledger, ref, 47);
    await remindAll(ledger, ref, 2);
    expect(await childOf(ledger, ref, 2)).toBeNull();
    await hoursPass(ledger, ref, 1);
    await remindAll(ledger, ref, 2);
    expect(await rowsOf(ledger, await begunOf(ledger, ref, 2))).toHaveLength(1);
  });
});

describe("an answer", () => {
  test("stops the reminders that wait, in words, and both counts are right", async () => {
    const { ref, rows } = await aReminded();
    await remindAll(ledger, ref);
    const child = await begunOf(ledger, ref);
    await answerAs(ledger, rows[1]!.id);
    expect(await addressesOf(child, "skipped")).toEqual([rows[1]!.address_key]);
    const [row] = await ledger.owner.query(
      `SELECT reason, error FROM recipient WHERE campaign_id = $1 AND position = 2`,
      [child.campaignId],
    );
    expect(row).toEqual({ reason: "answered", error: "The customer answered before this reminder was sent." });
    await isTrueToItsRows(child);
    await sendAll(ledger, child);
    expect(await countersOf(ledger, child)).toMatchObject({ status: "completed", sent: 2, skipped: 1 });
  });

  test("takes the customer out of a batch that nobody owns, and leaves one that a worker has in hand", async () => {
    const { ref, rows } = await aReminded();
    await remindAll(ledger, ref);
    const child = await begunOf(ledger, ref);
    const batch = await aBatch(ledger, child);
    await answerAs(ledger, rows[0]!.id);
    expect(await addressesOf(child, "skipped")).toEqual([]);
    await release(ledger.worker, ref.workspaceId, batch, "given back");
    await answerAs(ledger, rows[1]!.id);
    expect(await addressesOf(child, "skipped")).toEqual([rows[1]!.address_key]);
    await isTrueToItsRows(child);
    // Whoever adopts the batch looks for the others who answered.
    const adopted = await aBatch(ledger, child);
    expect(adopted.recipients.map(({ addressKey }) => addressKey)).toEqual([rows[2]!.address_key]);
    await isTrueToItsRows(child);
    await settleAs(ledger, adopted, "sent");
    await sendAll(ledger, child);
    expect(await countersOf(ledger, child)).toMatchObject({ status: "completed", sent: 1, skipped: 2 });
  });

  test("finds them by the address, though Postgres has not seen yet how many wait", async () => {
    const { ref, rows } = await aReminded({ recipients: 1_000 });
    await ledger.owner.query(`ANALYZE recipient, campaign, run`);
    await remindAll(ledger, ref);
    const plans: string[] = [];
    await ledger.web.inWorkspace(ref.workspaceId, async (tx) => {
      const query = async <Row>(statement: string, parameters?: unknown[]): Promise<Row[]> => {
        const plan = await tx.query<{ "QUERY PLAN": string }>(`EXPLAIN ${statement}`, parameters);
        plans.push(plan.map((line) => line["QUERY PLAN"]).join("\n"));
        return [];
      };
      await stopReminders({ ...tx, query }, rows.at(-1)!.id);
    });
    expect(plans).toHaveLength(1);
    expect(plans[0]).toContain("recipient_address");
    expect(plans[0]).not.toContain("recipient_queued");
  });

  test("stops both reminders of a customer who waits in both", async () => {
    const { ref, rows } = await aReminded({ recipients: 1, reminders: [{ afterHours: 24 }, { afterHours: 25 }] });
    await remindAll(ledger, ref);
    const first = await begunOf(ledger, ref);
    await sendAll(ledger, first);
    await hoursPass(ledger, ref, 2);
    await remindAll(ledger, ref, 2);
    const second = await begunOf(ledger, ref, 2);
    await answerAs(ledger, rows[0]!.id);
    expect(await countersOf(ledger, first)).toMatchObject({ sent: 1, skipped: 0 });
    expect(await countersOf(ledger, second)).toMatchObject({ sent: 0, skipped: 1, queued: 0 });
  });
});

describe("setting reminders", () => {
  const set = (ref: CampaignRef, reminders: { afterHours: number; subject?: string; body?: string }[]) =>
    setReminders({ ...quietDoors(ledger.web), responseLinkDays: 180 }, { ...ref, reminders });
  const problems = async (...asked: Parameters<typeof set>) =>
    (await set(...asked)).userErrors.map(({ code, field }) => `${code} ${field}`);

  test("is refused for more than two, wrong times and wrong words, each at its place", async () => {
    const ref = await aCampaign(ledger);
    expect(await problems(ref, [{ afterHours: 1 }, { afterHours: 2 }, { afterHours: 3 }])).toEqual([
      "TOO_MANY reminders",
    ]);
    expect(await problems(ref, [{ afterHours: 0 }, { afterHours: 2161 }])).toEqual([
      "INVALID reminders[0].afterHours",
      "INVALID reminders[1].afterHours",
    ]);
    expect(await problems(ref, [{ afterHours: 5 }, { afterHours: 5 }])).toEqual(["INVALID reminders[1].afterHours"]);
    expect(await problems(ref, [{ afterHours: 5, body: "{{ broken" }])).toEqual(["INVALID reminders[0].body"]);
    expect(await ledger.owner.query(`SELECT FROM reminder WHERE campaign_id = $1`, [ref.campaignId])).toEqual([]);
  });

  test("is allowed in every status but cancelled, and not for a reminder", async () => {
    for (const status of ["pending", "scheduled", "processing", "paused", "completed"] as const)
      expect(await problems(await aCampaign(ledger, { status, recipients: 1 }), [{ afterHours: 1 }])).toEqual([]);
    const cancelled = await aCampaign(ledger, { status: "cancelled", recipients: 1 });
    expect(await problems(cancelled, [{ afterHours: 1 }])).toEqual(["NOT_ALLOWED campaignId"]);
    const { ref } = await aReminded();
    await remindAll(ledger, ref);
    expect(await problems(await begunOf(ledger, ref), [{ afterHours: 1 }])).toEqual(["NOT_ALLOWED campaignId"]);
  });

  test("keeps the words of one that has gone out, whose time may change", async () => {
    const { ref } = await aReminded({
      reminders: [{ afterHours: 24, body: "Still there?" } as { afterHours: number }],
    });
    await remindAll(ledger, ref);
    expect(await problems(ref, [{ afterHours: 24, body: "Really?" }])).toEqual(["NOT_ALLOWED reminders[0].body"]);
    expect(await problems(ref, [{ afterHours: 30, body: "Still there?" }])).toEqual([]);
  });

  test("of a campaign that has not started looks at nobody before it starts", async () => {
    const ref = await aCampaign(ledger, { recipients: 2 });
    await setThese(ledger, ref, [{ afterHours: 1 }]);
    expect(await remindersDue(ledger.worker)).not.toContainEqual({ ...ref, number: 1 });
  });
});

/** Quiet at this moment, by the clock of UTC, for some hours. */
function quietNow() {
  const hour = (offset: number) => `${String((new Date().getUTCHours() + offset + 24) % 24).padStart(2, "0")}:00`;
  return { from: hour(-2), to: hour(4), days: [1, 2, 3, 4, 5, 6, 7], zone: "workspace" as const };
}

import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { SAMPLE_WORKSPACE_ID } from "../accounts/workspace.store.ts";
import { applyDelta } from "../campaigns/counters.store.ts";
import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { newId } from "../platform/id.ts";
import { insertRecipients } from "../recipients/recipient.store.ts";
import {
  aBatch,
  aCampaign,
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
import { begunOf, hoursPass, remindAll, setThese } from "../testing/reminders.ts";
import { stepwise } from "../testing/stepwise.ts";
import { type CampaignRef, claim, release } from "./dispatch.store.ts";

/** The rest of an address between two campaigns of a workspace. */

let ledger: Ledger;
beforeAll(async () => (ledger = await openLedger()));
afterAll(() => ledger.drop());
afterEach(() => rest(0));

const rest = (days: number) =>
  ledger.owner.query(`UPDATE workspace SET rest_days = $2 WHERE id = $1`, [SAMPLE_WORKSPACE_ID, days]);
const customers = (count: number) => Array.from({ length: count }, () => `${newId()}@example.com`);

/** A campaign that sends, to these. */
async function sendingTo(emails: string[], name = "A campaign"): Promise<CampaignRef> {
  const ref = await aCampaign(ledger, { name });
  await ledger.web.inWorkspace(ref.workspaceId, async (tx) => {
    const nothing = { name: null, phone: null, emailGiven: null, phoneGiven: null, fields: {} };
    const recipients = emails.map((email) => ({ ...nothing, addressKey: email, email }));
    await insertRecipients(tx, ref.campaignId, recipients);
    await applyDelta(tx, ref.campaignId, { total: emails.length, queued: emails.length });
    await tx.query(`INSERT INTO run (id, workspace_id, campaign_id, number, kind) VALUES ($1, $2, $3, 1, 'first')`, [
      newId(),
      ref.workspaceId,
      ref.campaignId,
    ]);
    await tx.query(`UPDATE campaign SET status = 'processing', started_at = now() WHERE id = $1`, [ref.campaignId]);
  });
  return ref;
}
const skippedOf = async ({ campaignId }: CampaignRef) =>
  ledger.owner.query<{ address_key: string; reason: string; error: string }>(
    `SELECT address_key, reason, error FROM recipient WHERE campaign_id = $1 AND status = 'skipped'`,
    [campaignId],
  );

test("whoever another campaign wrote to within the rest period is skipped, with its name and how long ago", async () => {
  await rest(14);
  const [both, onlyFirst, onlySecond] = customers(3) as [string, string, string];
  const first = await sendingTo([both, onlyFirst], "Spring");
  await sendAll(ledger, first);
  await hoursPass(ledger, first, 24 * 3);
  const second = await sendingTo([both, onlySecond]);
  const batch = await aBatch(ledger, second);
  expect(batch.recipients.map(({ addressKey }) => addressKey)).toEqual([onlySecond]);
  expect(await skippedOf(second)).toEqual([
    {
      ...{ address_key: both, reason: "rested" },
      error: "Was written to 3 days ago by “Spring”; the rest period is 14 days.",
    },
  ]);
  expect(await maintained(ledger, second)).toEqual(await recount(ledger, second));
});

test("once the rest is over, or where there is none, everybody is written to", async () => {
  const [customer] = customers(1) as [string];
  const first = await sendingTo([customer]);
  await sendAll(ledger, first);
  const unrested = await sendingTo([customer]);
  expect((await aBatch(ledger, unrested)).recipients).toHaveLength(1);
  await sendAll(ledger, unrested);
  await rest(14);
  await hoursPass(ledger, first, 24 * 15);
  await hoursPass(ledger, unrested, 24 * 15);
  const later = await sendingTo([customer]);
  await ledger.owner.query(`DELETE FROM batch WHERE campaign_id = $1`, [unrested.campaignId]);
  await ledger.owner.query(`UPDATE campaign SET sending = 0, queued = sending WHERE id = $1`, [unrested.campaignId]);
  expect((await aBatch(ledger, later)).recipients).toHaveLength(1);
});

test("a reminder does not rest from its own campaign, and another campaign rests from the reminder", async () => {
  await rest(14);
  const [customer] = customers(1) as [string];
  const ref = await sendingTo([customer], "Spring");
  await sendAll(ledger, ref);
  await setThese(ledger, ref, [{ afterHours: 24 }]);
  await hoursPass(ledger, ref, 24 * 20);
  await remindAll(ledger, ref);
  const reminder = await begunOf(ledger, ref);
  await sendAll(ledger, reminder);
  expect(await countersOf(ledger, reminder)).toMatchObject({ sent: 1, skipped: 0 });
  const other = await sendingTo([customer]);
  expect(await claimAs(ledger, other)).toMatchObject({ kind: "held" });
  expect(await skippedOf(other)).toMatchObject([{ error: expect.stringContaining("by “Reminder 1 of Spring”") }]);
});

test("two campaigns that claim the same customers at once, whatever the order: each is written to by one of them", async () => {
  await rest(1);
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (schedule) => {
      const both = customers(4);
      const refs = [await sendingTo(both), await sendingTo(both)];
      const work = async (ref: CampaignRef, i: number) => {
        const worker = stepwise(ledger.worker, schedule, `worker ${i}`);
        for (let look = 0; look < 3; look += 1) {
          const claimed = await claim(worker, ref, { workerId: newId(), size: 3, inDoubtOf: () => "hold" });
          if (claimed.kind === "batch") await settleAs({ ...ledger, worker }, claimed.batch, "sent");
        }
      };
      await schedule.waitFor(Promise.all(refs.map(work)));
      const rows = (await Promise.all(refs.map((ref) => rowsOf(ledger, ref)))).flat();
      const sent = rows.filter(({ status }) => status === "sent");
      expect(sent.map((row) => row.address_key).sort()).toEqual([...both].sort());
      for (const ref of refs) expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
    }),
    { numRuns: 25 },
  );
});

test("a batch that changes hands looks again: who was written to meanwhile is not written to twice", async () => {
  const [customer] = customers(1) as [string];
  const first = await sendingTo([customer]);
  await release(ledger.worker, first.workspaceId, await aBatch(ledger, first), "given back");
  await sendAll(ledger, await sendingTo([customer], "Spring"));
  await rest(1);
  expect(await claimAs(ledger, first)).toMatchObject({ kind: "held" });
  expect(await skippedOf(first)).toHaveLength(1);
  expect(await maintained(ledger, first)).toEqual(await recount(ledger, first));
});

test("without a rest period, and for a campaign that is no reminder, a claim takes no statement more", async () => {
  const asked = async () => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 2 });
    const counted = countingStatements(ledger.worker);
    await claim(counted.database, ref, { workerId: newId(), size: 10, inDoubtOf: () => "hold" });
    return counted.statements();
  };
  expect(await asked()).toHaveLength(5);
  await rest(1);
  expect((await asked()).length).toBeGreaterThan(5);
});

function countingStatements(database: Database): { database: Database; statements: () => string[] } {
  const statements: string[] = [];
  return {
    statements: () => statements,
    database: {
      ...database,
      inWorkspace: (workspaceId, work, accountId) =>
        database.inWorkspace(
          workspaceId,
          (tx) => {
            const counting: WorkspaceTransaction = {
              ...tx,
              query: (statement, parameters) => {
                statements.push(statement);
                return tx.query(statement, parameters);
              },
            };
            return work(counting);
          },
          accountId,
        ),
    },
  };
}

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { cancelCampaign } from "../dispatch/dispatch-campaign.ts";
import { claim, completeIfDone, release, sweepCancelled } from "../dispatch/dispatch.store.ts";
import { mark } from "../dispatch/mark.store.ts";
import { erasePerson } from "../erasure/erase-person.ts";
import { newId } from "../platform/id.ts";
import {
  aCampaign,
  countersOf,
  type Ledger,
  maintained,
  openLedger,
  recount,
  rowsOf,
  sendAll,
  settlement,
} from "../testing/ledger.ts";
import { answerAs, begunOf, childOf, hoursPass, remindAll, setThese } from "../testing/reminders.ts";
import { quietDoors, stepwise } from "../testing/stepwise.ts";
import { remind } from "./remind.ts";

/**
 * A customer answers while they are added to a reminder, claimed, and sent to. A schedule decides in which order the statements
 * and commits reach Postgres; whatever it is: who had answered before the claim began gets no reminder, and what is counted is
 * what stands in the rows. A deadlock would fail it as well.
 */

let ledger: Ledger;
beforeAll(async () => (ledger = await openLedger()));
afterAll(() => ledger.drop());

const RUNS = { numRuns: 40 };
const TIMEOUT_MS = 120_000;

/** A campaign whose customers are due for a reminder. */
async function due(recipients: number) {
  const ref = await aCampaign(ledger, { status: "completed", recipients });
  await setThese(ledger, ref, [{ afterHours: 24 }]);
  await hoursPass(ledger, ref, 25);
  return { ref, rows: await rowsOf(ledger, ref) };
}

test(
  "an answer at any moment of the step that adds the customer: whoever claims afterwards does not remind them",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (schedule) => {
        const { ref, rows } = await due(3);
        const step = () => remind(stepwise(ledger.worker, schedule, "step"), { ...ref, number: 1 }, 2);
        const answer = () => answerAs(ledger, rows[0]!.id, { database: stepwise(ledger.web, schedule, "answer") });
        const [, isTaken] = await schedule.waitFor(Promise.all([step(), answer(), step()]));
        expect(isTaken).toBe(true);

        await remindAll(ledger, ref);
        const child = await begunOf(ledger, ref);
        expect(await maintained(ledger, child)).toEqual(await recount(ledger, child));
        await sendAll(ledger, child);
        const sent = (await rowsOf(ledger, child)).filter(({ status }) => status === "sent");
        expect(sent.map((row) => row.address_key).sort()).toEqual([rows[1]!.address_key, rows[2]!.address_key].sort());
        expect(await countersOf(ledger, child)).toMatchObject({ status: "completed", sent: 2, queued: 0 });
        expect(await maintained(ledger, child)).toEqual(await recount(ledger, child));
        expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  "an answer at any moment of claims, marks and batches that change hands: nobody who had answered before a claim began is reminded",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.boolean(), async (schedule, givesBack) => {
        const { ref, rows } = await due(3);
        await remindAll(ledger, ref);
        const child = await begunOf(ledger, ref);
        const customer = rows[1]!;
        const seen = { isAnswered: false, given: [] as { key: string; hadAnswered: boolean }[] };

        const answer = async () => {
          await schedule.schedule(Promise.resolve(), "the customer");
          await answerAs(ledger, customer.id, { database: stepwise(ledger.web, schedule, "answer") });
          seen.isAnswered = true;
        };
        const work = async () => {
          const worker = stepwise(ledger.worker, schedule, "worker");
          for (let look = 0; look < 3; look += 1) {
            const hadAnswered = seen.isAnswered;
            const claimed = await claim(worker, child, { workerId: newId(), size: 2, inDoubtOf: () => "hold" });
            if (claimed.kind !== "batch") continue;
            const { batch } = claimed;
            if (givesBack && look === 0) {
              await release(worker, child.workspaceId, batch, "given back");
              continue;
            }
            seen.given.push(...batch.recipients.map(({ addressKey }) => ({ key: addressKey, hadAnswered })));
            const settlements = batch.recipients.map(({ position }) => settlement(position, "sent"));
            await mark(worker, batch, { settlements, openTo: null });
          }
          await completeIfDone(worker, child);
        };
        await schedule.waitFor(Promise.all([work(), answer()]));

        expect(seen.given.filter(({ key, hadAnswered }) => hadAnswered && key === customer.address_key)).toEqual([]);
        expect(await maintained(ledger, child)).toEqual(await recount(ledger, child));
        await sendAll(ledger, child);
        const [answered] = (await rowsOf(ledger, child)).filter((row) => row.address_key === customer.address_key);
        const wasGiven = seen.given.some(({ key }) => key === customer.address_key);
        expect(answered!.status).toBe(wasGiven ? "sent" : "skipped");
        expect(await countersOf(ledger, child)).toMatchObject({
          ...{ status: "completed", sent: wasGiven ? 3 : 2, skipped: wasGiven ? 0 : 1, sending: 0, queued: 0 },
        });
        expect(await maintained(ledger, child)).toEqual(await recount(ledger, child));
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  "a cancellation of the campaign at any moment of steps and answers: nobody is reminded afterwards, and nobody waits for another for ever",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (schedule) => {
        const { ref, rows } = await due(4);
        // As one that has somebody left: who has sent to all cannot be cancelled.
        await ledger.owner.query(`UPDATE campaign SET status = 'paused' WHERE id = $1`, [ref.campaignId]);
        const step = () => remind(stepwise(ledger.worker, schedule, "step"), { ...ref, number: 1 }, 2);
        const answer = () => answerAs(ledger, rows[0]!.id, { database: stepwise(ledger.web, schedule, "answer") });
        const cancel = () => cancelCampaign(quietDoors(stepwise(ledger.web, schedule, "cancel")), ref);
        await schedule.waitFor(Promise.all([step(), cancel(), answer(), step()]));

        await remindAll(ledger, ref);
        const child = await childOf(ledger, ref);
        if (!child) return;
        while ((await sweepCancelled(ledger.worker, child)).more);
        const counters = await countersOf(ledger, child);
        expect(counters).toMatchObject({ status: "cancelled", sent: 0, queued: 0, skipped: counters.total });
        expect(await maintained(ledger, child)).toEqual(await recount(ledger, child));
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  "an erasure at any moment of the step that adds the person: nothing of them is left in the reminder",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (schedule) => {
        const { ref, rows } = await due(2);
        const address = rows[0]!.address_key;
        const step = () => remind(stepwise(ledger.worker, schedule, "step"), { ...ref, number: 1 });
        const context = { ...quietDoors(stepwise(ledger.web, schedule, "erasure")), caller: null, address: null };
        const [, { userErrors }] = await schedule.waitFor(Promise.all([step(), erasePerson(context, { address })]));
        expect(userErrors).toEqual([]);

        await remindAll(ledger, ref);
        const child = await begunOf(ledger, ref);
        expect((await rowsOf(ledger, child)).map((row) => row.address_key)).not.toContain(address);
        await sendAll(ledger, child);
        expect(await maintained(ledger, child)).toEqual(await recount(ledger, child));
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { recordOpening } from "../feedback/response.store.ts";
import { newId } from "../platform/id.ts";
import {
  aBatch,
  aCampaign,
  countersOf,
  type Ledger,
  maintained,
  meansOf,
  openLedger,
  recount,
  rowsOf,
  sendAll,
  settleAs,
} from "../testing/ledger.ts";
import { quietDoors, stepwise } from "../testing/stepwise.ts";
import { cancelCampaign, pauseCampaign, resumeCampaign } from "./dispatch-campaign.ts";
import { completeIfDone, sweepCancelled } from "./dispatch.store.ts";
import { OpenSends } from "./open-sends.ts";
import type { Outcome } from "./outcome.ts";
import { resendUnconfirmed, retryFailedRecipients } from "./send-again.ts";
import { sendBatch } from "./send-batch.ts";
import type { Message, Transport } from "./transports/transport.ts";

/**
 * Somebody pauses or cancels while a worker is in the middle of its batch. A schedule decides in which order the statements and
 * commits of both reach Postgres, and when the provider answers; whatever it is, what the decision promises holds.
 */

let ledger: Ledger;
beforeAll(async () => (ledger = await openLedger()));
afterAll(() => ledger.drop());

const RECIPIENTS = 10;
const DECISIONS = { pause: pauseCampaign, cancel: cancelCampaign };

test.each(["pause", "cancel"] as const)(
  "a %s at any moment of a mark: marks that begin after it open nothing, what had left is written down, and nobody else was sent to",
  async (decision) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 6 }), async (schedule, openMax) => {
        const ref = await aCampaign(ledger, { status: "processing", recipients: RECIPIENTS });
        const workerId = newId();
        const batch = await aBatch(ledger, ref, { workerId });
        const seen = { isDecided: false, givenAtFirstMarkAfter: null as number | null, given: [] as string[] };

        const atMark = () => {
          if (seen.isDecided) seen.givenAtFirstMarkAfter ??= seen.given.length;
        };
        const process = {
          ...{ recognised: new OpenSends(openMax), unrecognised: new OpenSends(openMax), stopping: false },
          database: stepwise(ledger.worker, schedule, "worker", atMark),
          life: { id: workerId, isFresh: () => true },
        };
        const hand = sendBatch(process, meansOf(provider(schedule, seen.given)), batch, () => undefined);
        const decide = async () => {
          await schedule.schedule(Promise.resolve(), "the click");
          const decided = await DECISIONS[decision](quietDoors(stepwise(ledger.web, schedule, decision)), ref);
          seen.isDecided = true;
          return decided;
        };
        const [{ userErrors }, end] = await schedule.waitFor(Promise.all([decide(), hand.done]));

        // The batch may have been through before the click: then there is nothing left to be stopped.
        const rows = await rowsOf(ledger, ref);
        const sent = rows.filter(({ status }) => status === "sent");
        expect(userErrors).toEqual([]);
        expect(end).toBe(sent.length === RECIPIENTS ? "finished" : "stopped");
        expect(seen.given.length).toBe(seen.givenAtFirstMarkAfter ?? seen.given.length);
        expect(new Set(seen.given).size).toBe(seen.given.length);
        expect(sent.map(({ address_key }) => address_key).sort()).toEqual([...seen.given].sort());
        expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
        expect(await countersOf(ledger, ref)).toMatchObject({ sending: 0, unconfirmed: 0, failed: 0 });

        if (decision === "pause") {
          await resumeCampaign(quietDoors(ledger.web), ref);
          await sendAll(ledger, ref);
        } else while ((await sweepCancelled(ledger.worker, ref)).more);
        const left = RECIPIENTS - sent.length;
        expect(await countersOf(ledger, ref)).toMatchObject(
          decision === "pause"
            ? { status: "completed", sent: RECIPIENTS }
            : { status: "cancelled", sent: sent.length, skipped: left },
        );
      }),
      { numRuns: 40 },
    );
  },
  120_000,
);

/** Takes every message, keeps whose it was, and answers when its turn has come. */
function provider(schedule: fc.Scheduler, given: string[]): Transport {
  return {
    ...{ deduplicates: false, inDoubt: "hold" as const },
    retry: { baseMs: 1_000, factor: 4, capMs: 10_000, triesMax: 3 },
    send: async ({ to }: Message): Promise<Outcome> => {
      given.push(to.email!);
      await schedule.schedule(Promise.resolve(), "provider");
      return { kind: "sent" };
    },
  };
}

test.each([
  ["unconfirmed", resendUnconfirmed, { unconfirmed: 0, sent: 3 }],
  ["failed", retryFailedRecipients, { failed: 1, sent: 2 }],
] as const)(
  "sending again does not wait for a customer who is %s and opens the page at this moment, nor takes them along",
  async (fate, sendAgain, after) => {
    const ref = await aCampaign(ledger, { status: "processing", recipients: 3 });
    await settleAs(ledger, await aBatch(ledger, ref), fate);
    await completeIfDone(ledger.worker, ref);
    const [customer] = await rowsOf(ledger, ref);
    await ledger.web.inWorkspace(ref.workspaceId, async (tx) => {
      await tx.query(`SELECT FROM recipient WHERE id = $1 FOR NO KEY UPDATE`, [customer!.id]);
      // It takes the campaign's lock, which the customer needs next.
      const { userErrors } = await sendAgain(quietDoors(ledger.web), ref);
      expect(userErrors).toEqual([]);
      await recordOpening(tx, customer!.id);
    });
    expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
    await sendAll(ledger, ref);
    expect(await countersOf(ledger, ref)).toMatchObject({ status: "completed", ...after });
    expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
  },
);

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { newId } from "../platform/id.ts";
import { log } from "../platform/log.ts";
import type { Topics } from "../platform/topics.ts";
import { eventually } from "../testing/app.ts";
import { aCampaign, countersOf, type Ledger, only, openLedger } from "../testing/ledger.ts";
import { Desk } from "./desk.ts";
import type { Outcome } from "./outcome.ts";
import type { Transport } from "./transports/transport.ts";
import type { WorkerLife } from "./worker-life.ts";

let ledger: Ledger;
beforeAll(async () => {
  log.level = "silent";
  ledger = await openLedger();
});
afterAll(() => ledger.drop());

const SENT: Outcome = { kind: "sent" };
const unheard: Topics = {
  publish: () => undefined,
  listen: () => ({ ready: Promise.resolve(), stop: () => undefined }),
  close: () => Promise.resolve(),
};

test("a few messages that take long do not keep the others waiting, however large their batches are", async () => {
  const answerLate: (() => void)[] = [];
  let given = 0;
  const provider: Transport = {
    deduplicates: true,
    inDoubt: "retry",
    retry: { baseMs: 1000, factor: 4, capMs: 10_000, triesMax: 3 },
    send: () => {
      given += 1;
      return given % 100 === 0 ? new Promise((resolve) => answerLate.push(() => resolve(SENT))) : SENT;
    },
  };
  const life = { id: newId(), isFresh: () => true } as unknown as WorkerLife;
  const settings = {
    campaignsAtOnce: 1,
    sliceMs: 5_000,
    claimMax: 100,
    openSendsMax: 10,
    sendsInFlightMax: 50,
    origin: "http://localhost",
  };
  const desk = new Desk(ledger.worker, life, unheard, only({ simulated: provider }), settings);
  const ref = await aCampaign(ledger, { status: "processing", recipients: 500 });

  void desk.work(ref);
  await eventually(async () => (await countersOf(ledger, ref))?.sent === 495);
  expect(answerLate).toHaveLength(5);

  for (const answer of answerLate) answer();
  await eventually(async () => (await countersOf(ledger, ref))?.status === "completed");
  await desk.stop();
});

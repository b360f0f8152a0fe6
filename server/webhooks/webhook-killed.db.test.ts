import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { enqueue } from "../platform/outbox.store.ts";
import { Processes } from "../testing/chaos/processes.ts";
import { eventually } from "../testing/eventually.ts";
import { HttpSink } from "../testing/http-sink.ts";
import { type Ledger, openLedger } from "../testing/ledger.ts";
import { aListener, deliveriesOf } from "../testing/webhooks.ts";

/** Processes that are killed with events in hand: none is lost, and few are told twice. */

/** Of a busy machine, on which processes start slowly. */
const TIMEOUT_MS = 120_000;

let ledger: Ledger;
let sink: HttpSink;
const processes = new Processes();
beforeAll(async () => {
  ledger = await openLedger();
});
beforeEach(async () => {
  sink = await HttpSink.start({ status: 204 });
});
afterEach(async () => {
  await processes.endAll();
  await sink.stop();
});
afterAll(() => ledger.drop());

const startTeller = () =>
  processes.start("dist/server/testing/webhook-teller.js", { env: { DATABASE_URL: ledger.url }, ready: /Ready/ });

/** So many calls of one webhook a process has under way at once: what its death may repeat. */
const CALLS_A_WEBHOOK = 4;

test(
  "what a killed process had in hand is told by another one, under the same ids",
  async () => {
    sink.answering = "stays silent";
    const webhook = await aListener(ledger, { url: sink.url });
    const events = Array.from({ length: 10 }, (_, number) => ({ number }));
    await ledger.web.inWorkspace(webhook.workspaceId, (tx) => enqueue(tx, "response.received", [webhook.id], events));

    const first = await startTeller();
    await eventually(() => Promise.resolve(sink.arrivals.length === CALLS_A_WEBHOOK));
    first.signal("SIGKILL");
    await first.exit;
    const inHand = sink.arrivals.map(({ headers }) => headers["webhook-id"]);
    sink.mend();
    await startTeller();
    await eventually(
      async () => (await deliveriesOf(ledger, webhook.id)).every(({ status }) => status === "delivered"),
      60_000,
    );
    const taken = sink.taken.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(taken).size).toBe(10);
    expect(taken).toHaveLength(10);
    expect(taken).toEqual(expect.arrayContaining(inHand));
  },
  TIMEOUT_MS,
);

test(
  "with processes killed again and again while they tell, every event arrives, and few more than once",
  async () => {
    const [EVENTS, DEATHS] = [300, 2];
    const webhook = await aListener(ledger, { url: sink.url });
    const events = Array.from({ length: EVENTS }, (_, number) => ({ number }));
    await ledger.web.inWorkspace(webhook.workspaceId, (tx) => enqueue(tx, "response.received", [webhook.id], events));

    for (let death = 1; death <= DEATHS; death += 1) {
      const teller = await startTeller();
      await eventually(() => Promise.resolve(sink.taken.length >= (death * EVENTS) / (DEATHS * 5)));
      teller.signal("SIGKILL");
      await teller.exit;
    }
    expect((await deliveriesOf(ledger, webhook.id)).some(({ status }) => status === "pending")).toBe(true);
    await startTeller();
    await eventually(
      async () => (await deliveriesOf(ledger, webhook.id)).every(({ status }) => status === "delivered"),
      60_000,
    );
    const ids = sink.taken.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids).size).toBe(EVENTS);
    expect(ids.length).toBeLessThanOrEqual(EVENTS + DEATHS * CALLS_A_WEBHOOK);
  },
  TIMEOUT_MS,
);

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { metrics } from "../platform/metrics.ts";
import { enqueue } from "../platform/outbox.store.ts";
import { eraseRecipients, eraseWords, lockTheirs } from "../erasure/person.store.ts";
import { aCampaign } from "../testing/campaigns.ts";
import { eventually } from "../testing/eventually.ts";
import { HttpSink } from "../testing/http-sink.ts";
import { aWorkspace, type Ledger, openLedger } from "../testing/ledger.ts";
import { freePort } from "../testing/program.ts";
import { aListener, deliveriesOf, isSignedWith, keyring } from "../testing/webhooks.ts";
import { settleDelivered, settleFailed, takeDue } from "./webhook-delivery.store.ts";
import { openSecrets, renewed, sealSecrets, signingSecrets } from "./webhook-secret.ts";
import { setSecrets, updateWebhookRow, webhookIn } from "./webhook.store.ts";
import { type Patience, startWebhookWorker, type WebhookWorker } from "./webhook.worker.ts";

/** Events on their way to a real receiver on this machine. */

let ledger: Ledger;
let sink: HttpSink;
let workers: WebhookWorker[] = [];
let workspaceId: string;

beforeAll(async () => {
  ledger = await openLedger();
});
afterAll(() => ledger.drop());
beforeEach(async () => {
  sink = await HttpSink.start({ status: 204 });
  workspaceId = await aWorkspace(ledger);
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  workers = [];
  // What a test leaves due is nobody's business any more.
  await ledger.owner.query(`DELETE FROM webhook`);
  await sink.stop();
});

const QUICK: Patience = { connectMsMax: 1_000, answerMsMax: 700, leaseMs: 30_000 };

function start(patience: Partial<Patience> = {}, { allowPrivate = true } = {}): WebhookWorker {
  const worker = startWebhookWorker({
    ...{ database: ledger.worker, keyring, reach: { allowPrivate } },
    ...{ settings: { pollMs: 50 }, patience: { ...QUICK, ...patience } },
  });
  workers.push(worker);
  return worker;
}

type Listener = Awaited<ReturnType<typeof aListener>>;

/** So many events for a webhook, as their causes would leave them. */
async function happen({ id, workspaceId }: Listener, count = 1): Promise<void> {
  const events = Array.from({ length: count }, (_, i) => ({ campaignName: "Spring", number: i }));
  await ledger.web.inWorkspace(workspaceId, (tx) => enqueue(tx, "response.received", [id], events));
}

const listener = (url = `${sink.url}/hook`) => aListener(ledger, { url, workspaceId });
const dueNow = ({ id }: Listener) =>
  ledger.owner.query(
    `UPDATE webhook_delivery SET next_at = clock_timestamp() WHERE webhook_id = $1 AND status = 'pending' AND lease IS NULL`,
    [id],
  );
const webhookOf = async ({ id, workspaceId }: Listener) =>
  (await ledger.web.inWorkspace(workspaceId, (tx) => webhookIn(tx, id)))!;
const only = async (webhook: Listener) => (await deliveriesOf(ledger, webhook.id))[0]!;
const tried = (webhook: Listener, attempts: number) =>
  eventually(async () => {
    const delivery = await only(webhook);
    return delivery.attempts === attempts ? delivery : null;
  });

describe("a call", () => {
  test("has type, time and data, is signed as Standard Webhooks says, and is noted as delivered", async () => {
    const webhook = await listener();
    await happen(webhook);
    start();
    const delivery = await tried(webhook, 1);
    expect(delivery).toMatchObject({ status: "delivered", answer_status: 204, problem: null, next_at: null });
    expect(await metrics.metrics()).toMatch(/campaign_dispatcher_webhook_calls_total\{outcome="delivered"\} [1-9]/);
    const [arrival, ...more] = sink.arrivals;
    expect(more).toEqual([]);
    expect(arrival!.path).toBe("/hook");
    expect(arrival!.headers).toMatchObject({ "content-type": "application/json", "webhook-id": delivery.event_id });
    const sentAt = Number(arrival!.headers["webhook-timestamp"]);
    expect(Math.abs(sentAt - Date.now() / 1_000)).toBeLessThan(60);
    const body = JSON.parse(arrival!.body) as Record<string, unknown>;
    expect(body).toEqual({
      ...{ type: "response.received", timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) },
      data: { campaignName: "Spring", number: 0 },
    });
    expect(isSignedWith(webhook.secret, arrival!)).toBe(true);
    expect(isSignedWith(webhook.secret, { ...arrival!, body: arrival!.body.replace("Spring", "Autumn") })).toBe(false);
  });

  test("is signed with the secret before, too, for a day after it was changed", async () => {
    const webhook = await listener();
    const now = new Date();
    const before = openSecrets(keyring, await webhookOf(webhook))!;
    const after = renewed(before, now);
    await ledger.web.inWorkspace(workspaceId, (tx) =>
      setSecrets(tx, webhook.id, sealSecrets(keyring, webhook, after)!),
    );
    await happen(webhook);
    start();
    await tried(webhook, 1);
    expect([before.current, after.current].map((secret) => isSignedWith(secret, sink.arrivals[0]!))).toEqual([
      true,
      true,
    ]);
    expect(after.current).not.toBe(before.current);
    const in24Hours = new Date(now.getTime() + 24 * 3_600_000);
    expect(signingSecrets(after, new Date(in24Hours.getTime() - 1))).toEqual([after.current, before.current]);
    expect(signingSecrets(after, in24Hours)).toEqual([after.current]);
  });

  test("that cannot be signed is not made", async () => {
    const webhook = await listener();
    const other = await listener();
    const moved = (await webhookOf(other)).secrets;
    await ledger.web.inWorkspace(workspaceId, (tx) => setSecrets(tx, webhook.id, moved));
    await happen(webhook);
    start();
    const delivery = await tried(webhook, 1);
    expect(delivery).toMatchObject({ status: "pending", problem: expect.stringContaining("SECRET_KEY") });
    expect(sink.arrivals).toEqual([]);
  });

  test("is not made to a private address, unless the installation allows it", async () => {
    const webhook = await listener(sink.url.replace("http:", "https:"));
    await happen(webhook);
    start({}, { allowPrivate: false });
    expect(await tried(webhook, 1)).toMatchObject({
      ...{ status: "pending", answer_status: null },
      problem: "127.0.0.1 is not a public address, so it is not called.",
    });
    expect(sink.arrivals).toEqual([]);
  });
});

describe("a try that fails", () => {
  const faults: [string, () => void, number | null, RegExp][] = [
    ["500", () => (sink.answering = { status: 500, body: "no room" }), 500, /^It answered 500\.$/],
    ["404", () => (sink.answering = { status: 404 }), 404, /^It answered 404\.$/],
    [
      "a redirect",
      () => (sink.answering = { status: 302, headers: { location: "http://127.0.0.1:1/" } }),
      ...([302, /redirects are not followed/] as const),
    ],
    ["no answer", () => (sink.answering = "stays silent"), null, /^No answer: no answer within 700 ms\.$/],
    ["a reset connection", () => (sink.answering = "resets"), null, /^No answer: /],
    ["no HTTP", () => (sink.answering = "babbles"), null, /^No answer: /],
  ];

  test.each(faults)(
    "by %s is made again later, with the same id and a new time",
    async (_what, break_, status, words) => {
      break_();
      const webhook = await listener();
      await happen(webhook);
      start();
      const failed = await tried(webhook, 1);
      expect(failed).toMatchObject({ status: "pending", answer_status: status, problem: expect.stringMatching(words) });
      // Five seconds, a tenth more by chance, less what passed since.
      expect(failed.due_in!).toBeLessThanOrEqual(5.5);
      expect(failed.due_in!).toBeGreaterThan(0);
      expect(await webhookOf(webhook)).toMatchObject({ enabled: true, failingSince: expect.any(Date) });

      sink.mend();
      await dueNow(webhook);
      expect(await tried(webhook, 2)).toMatchObject({ status: "delivered", problem: null });
      const [first, second] = sink.arrivals;
      expect(second!.headers["webhook-id"]).toBe(first!.headers["webhook-id"]);
      expect(second!.body).toBe(first!.body);
      expect(isSignedWith(webhook.secret, second!)).toBe(true);
      expect((await webhookOf(webhook)).failingSince).toBeNull();
    },
  );

  test("by a refused connection is made again later", async () => {
    const webhook = await listener(`http://127.0.0.1:${await freePort()}/`);
    await happen(webhook);
    start();
    expect(await tried(webhook, 1)).toMatchObject({
      ...{ status: "pending", answer_status: null, problem: expect.stringMatching(/^No connection: .*ECONNREFUSED/) },
    });
  });

  test("is made again as late as the receiver asks", async () => {
    sink.answering = { status: 429, headers: { "retry-after": "600" } };
    const webhook = await listener();
    await happen(webhook);
    start();
    expect((await tried(webhook, 1)).due_in!).toBeGreaterThan(500);
  });

  test("as the tenth is the last one", async () => {
    sink.answering = { status: 500 };
    const webhook = await listener();
    await happen(webhook);
    await ledger.owner.query(`UPDATE webhook_delivery SET tries = 9, attempts = 9 WHERE webhook_id = $1`, [webhook.id]);
    start();
    expect(await tried(webhook, 10)).toMatchObject({ status: "failed", next_at: null, lease: null });
  });

  test("keeps the first 500 characters of what was said, and never the secret", async () => {
    const webhook = await listener();
    sink.answering = { status: 500, body: `${webhook.secret}\0${"é".repeat(600)}` };
    await happen(webhook);
    start();
    const { answer } = await tried(webhook, 1);
    expect([...answer!]).toHaveLength(500);
    expect(answer).toMatch(/^\[secret\]\ufffdé+$/);
  });
});

describe("a receiver", () => {
  test("that answers 410 is called no more; nothing that waits is lost, and enabling it goes on", async () => {
    sink.answering = { status: 410 };
    const webhook = await listener();
    await happen(webhook);
    start();
    await tried(webhook, 1);
    expect(await webhookOf(webhook)).toMatchObject({
      ...{ enabled: false, disabledAt: expect.any(Date), disabledBecause: expect.stringContaining("410") },
    });
    await dueNow(webhook);
    await happen(webhook);
    sink.mend();
    // Another webhook's event, which comes after them, shows that the worker has looked since.
    const other = await listener();
    await happen(other);
    await tried(other, 1);
    expect((await deliveriesOf(ledger, webhook.id)).map(({ status }) => status)).toEqual(["pending", "pending"]);

    const row = await webhookOf(webhook);
    await ledger.web.inWorkspace(workspaceId, (tx) => updateWebhookRow(tx, { ...row, enabled: true }));
    await eventually(async () =>
      (await deliveriesOf(ledger, webhook.id)).every(({ status }) => status === "delivered"),
    );
    expect(await webhookOf(webhook)).toMatchObject({ enabled: true, disabledAt: null, disabledBecause: null });
  });

  test("that answers from an address that was changed meanwhile switches nothing off, and is no failure of the new one", async () => {
    for (const isGone of [true, false]) {
      const webhook = await listener();
      await happen(webhook);
      const [taken] = await takeDue(
        ledger.worker,
        { workspaceId, webhookId: webhook.id },
        { ...{ most: 1, lease: webhook.id, leaseMs: 60_000 } },
      );
      const row = await webhookOf(webhook);
      await ledger.web.inWorkspace(workspaceId, (tx) => updateWebhookRow(tx, { ...row, url: `${sink.url}/new` }));
      const said = { status: isGone ? 410 : 500, problem: "It said no.", answer: null, isGone, pauseMs: 1 };
      expect(await settleFailed(ledger.worker, taken!, said)).toBe(false);
      expect(await only(webhook)).toMatchObject({ status: "pending", attempts: 1 });
      expect(await webhookOf(webhook)).toMatchObject({ enabled: true, disabledBecause: null, failingSince: null });
    }
  });

  test("that has failed for five days is called no more, with words why; one that fails for less is", async () => {
    sink.answering = { status: 503 };
    const [long, less] = [await listener(), await listener()];
    const failing = `UPDATE webhook SET failing_since = now() - $2::interval WHERE id = $1`;
    await ledger.owner.query(failing, [long.id, "121 hours"]);
    await ledger.owner.query(failing, [less.id, "119 hours"]);
    await Promise.all([happen(long), happen(less)]);
    start();
    await Promise.all([tried(long, 1), tried(less, 1)]);
    expect(await webhookOf(long)).toMatchObject({
      ...{ enabled: false, disabledBecause: "Every try of 5 days failed, the last one so: It answered 503." },
    });
    expect(await webhookOf(less)).toMatchObject({ enabled: true, disabledBecause: null });
  });

  test("that does not answer holds up nobody else, and gets one call at a time once it has failed", async () => {
    const silent = await HttpSink.start("stays silent");
    const slow = await listener(silent.url);
    await ledger.owner.query(`UPDATE webhook SET failing_since = now() WHERE id = $1`, [slow.id]);
    const quick = await listener();
    await Promise.all([happen(slow, 10), happen(quick, 25)]);
    // Longer than the test: the silent one is under way all the while.
    const worker = start({ answerMsMax: 60_000 });
    await eventually(async () => (await deliveriesOf(ledger, quick.id)).every(({ status }) => status === "delivered"));
    expect(sink.taken).toHaveLength(25);
    await eventually(() => Promise.resolve(silent.arrivals.length > 0));
    expect(silent.arrivals).toHaveLength(1);

    // Told to stop, it waits some seconds, gives back what is not answered, and counts no try for it.
    await worker.stop();
    const waiting = await deliveriesOf(ledger, slow.id);
    expect(
      waiting.filter(({ lease, status, attempts }) => !lease && status === "pending" && attempts === 0),
    ).toHaveLength(10);
    expect(waiting.every(({ due_in }) => due_in! <= 0)).toBe(true);
    await silent.stop();
  });
});

describe("what is said about somebody", () => {
  test.each(["delivered", "failed"])(
    "while they are being erased is not kept, where the event was %s",
    async (became) => {
      const webhook = await listener();
      const campaignId = await aCampaign(ledger.web, { workspaceId, recipients: 1 });
      const [{ id: recipientId } = { id: "" }] = await ledger.owner.query<{ id: string }>(
        `SELECT id FROM recipient WHERE campaign_id = $1`,
        [campaignId],
      );
      await ledger.web.inWorkspace(workspaceId, (tx) =>
        enqueue(tx, "response.received", [webhook.id], [{ recipientId }]),
      );
      const [taken] = await takeDue(
        ledger.worker,
        { workspaceId, webhookId: webhook.id },
        { ...{ most: 1, lease: webhook.id, leaseMs: 60_000 } },
      );
      const said = { status: 200, answer: "Thank you, Ada." };
      const settle = () =>
        became === "delivered"
          ? settleDelivered(ledger.worker, taken!, said)
          : settleFailed(ledger.worker, taken!, { ...said, problem: "It answered 500.", isGone: false, pauseMs: null });

      let settled: Promise<unknown> | undefined;
      await ledger.web.inWorkspace(workspaceId, async (tx) => {
        await lockTheirs(tx, [recipientId]);
        await eraseRecipients(tx, [recipientId]);
        await eraseWords(tx, [recipientId]);
        settled = settle();
        await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, 300))]);
      });
      await settled;
      expect(await only(webhook)).toMatchObject({ status: became, attempts: 1, answer: null });
    },
  );
});

describe("several processes", () => {
  test("tell each event once", async () => {
    const webhook = await listener();
    await happen(webhook, 60);
    start();
    start();
    start();
    await eventually(async () =>
      (await deliveriesOf(ledger, webhook.id)).every(({ status }) => status === "delivered"),
    );
    const ids = sink.arrivals.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids).size).toBe(60);
    expect(ids).toHaveLength(60);
  });

  test("take over what one had in hand that said nothing more, and what it says late changes nothing", async () => {
    const webhook = await listener();
    await happen(webhook);
    const [taken] = await takeDue(
      ledger.worker,
      { workspaceId, webhookId: webhook.id },
      {
        ...{ most: 1, lease: webhook.id, leaseMs: 300 },
      },
    );
    expect(taken).toBeDefined();
    start();
    const delivery = await tried(webhook, 1);
    expect(delivery.status).toBe("delivered");
    const late = { status: 500, problem: "late", answer: null, isGone: false, pauseMs: 1 };
    await settleFailed(ledger.worker, taken!, late);
    expect(await only(webhook)).toEqual({ ...delivery, due_in: null });
    expect((await webhookOf(webhook)).failingSince).toBeNull();
  });

  test("take nothing more of a webhook that was switched off while they worked it off", async () => {
    const webhook = await listener();
    await happen(webhook, 2);
    const take = () =>
      takeDue(ledger.worker, { workspaceId, webhookId: webhook.id }, { most: 1, lease: webhook.id, leaseMs: 60_000 });
    expect(await take()).toHaveLength(1);
    const row = await webhookOf(webhook);
    await ledger.web.inWorkspace(workspaceId, (tx) => updateWebhookRow(tx, { ...row, enabled: false }));
    expect(await take()).toEqual([]);
  });

  test("leave alone what a webhook waits for that is gone", async () => {
    const [gone, there] = [await listener(), await listener()];
    await happen(gone);
    await ledger.owner.query(`DELETE FROM webhook WHERE id = $1`, [gone.id]);
    await happen(there);
    start();
    await tried(there, 1);
    expect(await only(gone)).toMatchObject({ status: "pending", attempts: 0 });
    expect(sink.arrivals).toHaveLength(1);
  });
});

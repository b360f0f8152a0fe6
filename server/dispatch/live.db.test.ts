import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { announce, type Touched } from "../campaigns/announce.ts";
import { readCounters } from "../campaigns/counters.store.ts";
import { newId } from "../platform/id.ts";
import { log } from "../platform/log.ts";
import { openTopics, type Topics } from "../platform/topics.ts";
import { eventually } from "../testing/app.ts";
import {
  aBatch,
  aCampaign,
  addCustomers,
  type Ledger,
  openLedger,
  rowsOf,
  settleAs,
  setStatus,
} from "../testing/ledger.ts";
import { freshRedis } from "../testing/services.ts";
import type { CampaignRef, ClaimedBatch } from "./dispatch.store.ts";
import { Live } from "./live.ts";

let ledger: Ledger;
let topics: Topics;
let redisUrl: string;
beforeAll(async () => {
  log.level = "silent";
  ledger = await openLedger();
  redisUrl = (await freshRedis()).url;
  topics = openTopics(redisUrl, ledger.url);
});
afterAll(async () => {
  await topics.close();
  await ledger.drop();
});

/** Redis that loses everything: what is heard comes from Postgres alone. */
const deaf: Topics = {
  publish: () => undefined,
  listen: () => ({ ready: Promise.resolve(), stop: () => undefined }),
  close: () => Promise.resolve(),
};

/** Collects a stream's events until it is stopped. */
function collect<Event>(stream: AsyncIterableIterator<Event>) {
  const events: { event: Event; at: number }[] = [];
  const over = (async () => {
    for await (const event of stream) events.push({ event, at: performance.now() });
  })();
  const until = (fits: (event: Event) => boolean) =>
    eventually(() => Promise.resolve(events.find(({ event }) => fits(event))?.event));
  return { events, until, stop: async () => (await stream.return?.(), await over) };
}

/** One committed change and its hint, as a worker makes them. */
async function settleAndTell(batch: ClaimedBatch, positions: number[], via = topics): Promise<void> {
  const marked = await settleAs(ledger, batch, "sent", { positions });
  if (marked.kind === "ours" && marked.counters) announce(via, marked.counters, positions);
}

async function watched(recipients: number): Promise<{ ref: CampaignRef; batch: ClaimedBatch; ids: string[] }> {
  const ref = await aCampaign(ledger, { status: "processing", recipients });
  const batch = await aBatch(ledger, ref, { size: recipients });
  return { ref, batch, ids: (await rowsOf(ledger, ref)).map((row) => row.id) };
}

describe("watching progress", () => {
  test("starts with the whole picture, at most ten events follow in a second, and the last one says everything", async () => {
    const { ref, batch } = await watched(400);
    const seen = collect(await new Live(ledger.web, topics).watchProgress(ref));
    await seen.until(() => true);
    const startedAt = performance.now();
    for (let position = 1; position <= 400; position += 1) await settleAndTell(batch, [position]);
    await seen.until((event) => event.sent === 400);
    const seconds = (performance.now() - startedAt) / 1000;
    await seen.stop();
    const figures = seen.events.map(({ event }) => event);
    expect(figures[0]).toMatchObject({ total: 400, sending: 400, sent: 0, percent: 0 });
    expect(figures.at(-1)).toMatchObject({ sent: 400, percent: 100 });
    expect(figures.map(({ seq }) => seq)).toEqual(figures.map(({ seq }) => seq).sort((a, b) => a - b));
    // 400 changes: far more than events.
    expect(figures.length).toBeLessThanOrEqual(seconds * 10 + 2);
    for (const [index, { at }] of seen.events.entries()) {
      const within = seen.events.filter((other) => other.at >= at && other.at < at + 1000).length;
      expect([index, within <= 11]).toEqual([index, true]);
    }
  });

  test("tells nobody a hint that is another workspace's, even on the campaign's own topic", async () => {
    const { ref, batch } = await watched(3);
    const seen = collect(await new Live(ledger.web, topics).watchProgress(ref));
    await seen.until(() => true);
    const counters = await ledger.web.inWorkspace(ref.workspaceId, (tx) => readCounters(tx, ref.campaignId));
    announce(topics, { ...counters!, workspaceId: newId(), seq: counters!.seq + 1_000, sent: 999 }, "all");
    // Believed, it would be the newest for a thousand changes, and ours would never show.
    await settleAndTell(batch, [1, 2, 3]);
    await seen.until((event) => event.sent === 3);
    await seen.stop();
    expect(seen.events.map(({ event }) => event.sent)).not.toContain(999);
  });

  test("goes on without Redis: what no hint told is seen within a look at Postgres", async () => {
    const { ref, batch } = await watched(3);
    const seen = collect(await new Live(ledger.web, deaf).watchProgress(ref));
    await seen.until(() => true);
    await settleAs(ledger, batch, "sent");
    expect(await seen.until((event) => event.sent === 3)).toMatchObject({ percent: 100 });
    await seen.stop();
  });

  test("never goes back, whatever order the hints come in", async () => {
    const { ref, batch } = await watched(6);
    const live = new Live(ledger.web, topics);
    const seen = collect(await live.watchProgress(ref));
    await seen.until(() => true);
    const marks = [];
    for (const { position } of batch.recipients)
      marks.push(await settleAs(ledger, batch, "sent", { positions: [position] }));
    for (const marked of [...marks, ...marks].reverse()) {
      if (marked.kind === "ours" && marked.counters) announce(topics, marked.counters, "none");
    }
    await seen.until((event) => event.sent === 6);
    await seen.stop();
    const sent = seen.events.map(({ event }) => event.sent);
    expect(sent).toEqual([...sent].sort((a, b) => a - b));
  });

  test("begins anew with the picture of now, for whoever comes late or comes back", async () => {
    const { ref, batch } = await watched(4);
    const live = new Live(ledger.web, topics);
    const first = collect(await live.watchProgress(ref));
    await first.until(() => true);
    await settleAndTell(batch, [1, 2]);
    await first.until((event) => event.sent === 2);
    await first.stop();
    const second = collect(await live.watchProgress(ref));
    await second.until(() => true);
    expect(second.events[0]?.event).toMatchObject({ sent: 2, sending: 2 });
    await second.stop();
  });

  test("ends when the watcher leaves, and leaves nothing listening behind", async () => {
    const { ref } = await watched(1);
    const listening = { now: 0 };
    const counting: Topics = {
      ...deaf,
      listen: () => {
        listening.now += 1;
        return { ready: Promise.resolve(), stop: () => (listening.now -= 1) };
      },
    };
    const live = new Live(ledger.web, counting);
    const streams = await Promise.all(Array.from({ length: 5 }, () => live.watchProgress(ref)));
    expect(listening.now).toBe(1);
    const waiting = Promise.all(streams.map(async (stream) => (await stream.next(), stream.next())));
    for (const stream of streams.slice(1)) await stream.return?.();
    expect(listening.now).toBe(1);
    await streams[0]!.return?.();
    expect(listening.now).toBe(0);
    expect((await waiting).every(({ done }) => done)).toBe(true);
    await expect(live.watchProgress({ ...ref, campaignId: ref.workspaceId })).rejects.toThrow("no campaign");
    await expect(live.watchProgress({ ...ref, campaignId: "garbage" })).rejects.toThrow("no campaign");
    expect(listening.now).toBe(0);
  });
});

describe("watching recipients", () => {
  test("tells of those asked for, when they look different, and of no others", async () => {
    const { ref, batch, ids } = await watched(300);
    const asked = ids.slice(100, 110);
    const seen = collect(await new Live(ledger.web, topics).watchRecipients(ref, asked));
    await seen.until(() => true);
    expect(seen.events[0]!.event).toMatchObject({ resync: true });
    expect(seen.events[0]!.event.recipients.map((row) => row.id)).toEqual(asked);
    await settleAndTell(
      batch,
      Array.from({ length: 90 }, (_, i) => i + 1),
    );
    await settleAndTell(batch, [105, 106, 200]);
    await seen.until((event) => event.recipients.some((row) => row.status === "sent"));
    await settleAndTell(
      batch,
      Array.from({ length: 80 }, (_, i) => i + 201),
    );
    await settleAndTell(batch, [107]);
    await seen.until((event) => event.recipients.some((row) => row.position === 107 && row.status === "sent"));
    await seen.stop();
    const told = seen.events.slice(1).flatMap(({ event }) => event.recipients.map((row) => [row.position, row.status]));
    expect(told.sort()).toEqual([
      [105, "sent"],
      [106, "sent"],
      [107, "sent"],
    ]);
  });

  test("tells of everybody asked for once a hint was lost", async () => {
    const { ref, batch, ids } = await watched(5);
    const seen = collect(await new Live(ledger.web, topics).watchRecipients(ref, ids));
    await seen.until(() => true);
    await settleAs(ledger, batch, "sent", { positions: [2] });
    await settleAndTell(batch, [4]);
    const healed = await seen.until((event) => event.resync && event.recipients.some((row) => row.status === "sent"));
    await seen.stop();
    const last = seen.events.flatMap(({ event }) => event.recipients);
    expect(healed.recipients).toHaveLength(5);
    expect([2, 4].map((position) => last.filter((row) => row.position === position).at(-1)?.status)).toEqual([
      "sent",
      "sent",
    ]);
  });

  test("tells of everybody asked for when the last hint of all was lost", async () => {
    const { ref, batch, ids } = await watched(3);
    const seen = collect(await new Live(ledger.web, deaf).watchRecipients(ref, ids));
    await seen.until(() => true);
    await settleAs(ledger, batch, "sent");
    await seen.until((event) => event.recipients.every((row) => row.status === "sent"));
    await seen.stop();
  });

  test("takes at most a hundred, and leaves out what is not in the campaign", async () => {
    const { ref, ids } = await watched(2);
    const other = await watched(1);
    const live = new Live(ledger.web, topics);
    await expect(
      live.watchRecipients(
        ref,
        Array.from({ length: 101 }, () => ids[0]!),
      ),
    ).rejects.toThrow("at most 100");
    const seen = collect(await live.watchRecipients(ref, [...other.ids, "garbage", ids[1]!]));
    await seen.until(() => true);
    expect(seen.events[0]!.event.recipients.map((row) => row.id)).toEqual([ids[1]]);
    await seen.stop();
  });
});

describe("watching activity", () => {
  test("lists whose state changed last, newest first, and counts all that were settled", async () => {
    const { ref, batch } = await watched(40);
    const seen = collect(await new Live(ledger.web, topics).watchActivity(ref, 5));
    await seen.until(() => true);
    for (let from = 1; from <= 40; from += 10) {
      await settleAndTell(
        batch,
        Array.from({ length: 10 }, (_, i) => from + i),
      );
    }
    await seen.until((event) => event.recipients[0]?.position === 40 && event.recipients.length === 5);
    await eventually(() => Promise.resolve(seen.events.reduce((sum, { event }) => sum + event.changes, 0) === 40));
    await seen.stop();
    for (const { event } of seen.events) {
      const times = event.recipients.map((row) => row.activityAt.getTime());
      expect(times).toEqual([...times].sort((a, b) => b - a));
      expect(event.recipients.length).toBeLessThanOrEqual(5);
    }
  });
});

describe("hints", () => {
  test("reach every process that listens, as they were said, and none after it stopped", async () => {
    const { ref } = await watched(1);
    const [one, two] = [openTopics(redisUrl, ledger.url), openTopics(redisUrl, ledger.url)];
    const heard: unknown[] = [];
    const listening = [one, two].map((topic) => topic.listen(`x:${ref.campaignId}`, (news) => heard.push(news)));
    await Promise.all(listening.map(({ ready }) => ready));
    const touched: Touched = { from: 1, to: 9 };
    topics.publish(`x:${ref.campaignId}`, { touched });
    await eventually(() => Promise.resolve(heard.length === 2));
    expect(heard).toEqual([{ touched }, { touched }]);
    listening[0]!.stop();
    topics.publish(`x:${ref.campaignId}`, "again");
    await eventually(() => Promise.resolve(heard.length === 3));
    await Promise.all([one.close(), two.close()]);
  });

  test("of another installation on the same Redis are not heard", async () => {
    const { ref } = await watched(1);
    const elsewhere = openTopics(redisUrl, "another installation");
    const heard: unknown[] = [];
    const { ready } = topics.listen(`x:${ref.campaignId}`, (news) => heard.push(news));
    await ready;
    // Said for certain: they hear it themselves.
    const theirs: unknown[] = [];
    await elsewhere.listen(`x:${ref.campaignId}`, (news) => theirs.push(news)).ready;
    await eventually(() => {
      elsewhere.publish(`x:${ref.campaignId}`, "theirs");
      return Promise.resolve(theirs.length > 0);
    });
    topics.publish(`x:${ref.campaignId}`, "ours");
    await eventually(() => Promise.resolve(heard.length > 0));
    expect(heard).toEqual(["ours"]);
    await elsewhere.close();
  });
});

test("a change that nobody announces is told with the next look: recipients who were added, a new status", async () => {
  const { ref } = await watched(2);
  const seen = collect(await new Live(ledger.web, deaf).watchProgress(ref));
  await seen.until(() => true);
  await addCustomers(ledger, ref, 3);
  await seen.until((event) => event.total === 5);
  await setStatus(ledger, ref, "paused");
  await seen.until((event) => event.status === "paused");
  await seen.stop();
});

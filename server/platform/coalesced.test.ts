import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Coalesced } from "./coalesced.ts";

/** News are sets of numbers, joined by appending; so an event shows all that went into it. */
function streamOf(
  everyMs: number,
  produce: (news: number[]) => Promise<number[] | null> = (news) => Promise.resolve(news),
) {
  const counted = { stops: 0 };
  const stream = new Coalesced<number[], number[]>({
    everyMs,
    merge: (earlier, later) => [...earlier, ...later],
    produce,
    stop: () => (counted.stops += 1),
  });
  return { stream, counted };
}

const pause = fc.integer({ min: 0, max: 3 });

describe("a coalesced stream", () => {
  test("nothing told is lost, repeated or out of order, however it is told and read", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(pause, { minLength: 1, maxLength: 25 }), fc.array(pause), async (tells, reads) => {
        const { stream } = streamOf(1);
        const heard: number[] = [];
        const reading = (async () => {
          for (let i = 0; heard.length < tells.length; i += 1) {
            heard.push(...((await stream.next()).value as number[]));
            await sleep(reads[i % (reads.length || 1)] ?? 0);
          }
        })();
        for (const [number, afterMs] of tells.entries()) {
          if (afterMs > 0) await sleep(afterMs);
          stream.tell([number]);
        }
        await reading;
        expect(heard).toEqual(tells.map((_, number) => number));
      }),
      { numRuns: 30 },
    );
  });

  test("news that nobody reads becomes one pending piece", async () => {
    const { stream } = streamOf(0);
    for (let number = 0; number < 10_000; number += 1) stream.tell([number]);
    expect((await stream.next()).value).toHaveLength(10_000);
  });

  test("two events are never closer than asked for", async () => {
    const { stream } = streamOf(20);
    const times: number[] = [];
    const telling = setInterval(() => stream.tell([1]), 1);
    stream.tell([1]);
    while (times.length < 6) {
      await stream.next();
      times.push(performance.now());
    }
    clearInterval(telling);
    // Each gap alone may be short by what the clock jitters; five together may not.
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(5 * 20 - 10);
  });

  test("the first event comes at once", async () => {
    const { stream } = streamOf(60_000);
    stream.tell([1]);
    expect(await stream.next()).toEqual({ value: [1], done: false });
  });

  test("return() ends a next() that waits for news, at once", async () => {
    const { stream, counted } = streamOf(60_000);
    const waiting = stream.next();
    await stream.return();
    expect(counted.stops).toBe(1);
    expect(await waiting).toEqual({ value: undefined, done: true });
  });

  test("return() ends a next() that waits between two events, at once", async () => {
    const { stream } = streamOf(60_000);
    stream.tell([1]);
    await stream.next();
    stream.tell([2]);
    const waiting = stream.next();
    await Promise.resolve();
    await stream.return();
    expect(await waiting).toEqual({ value: undefined, done: true });
  });

  test("return() while an event is being made gives no event", async () => {
    let finish = (): void => undefined;
    const { stream } = streamOf(0, (news) => new Promise((resolve) => (finish = () => resolve(news))));
    stream.tell([1]);
    const waiting = stream.next();
    await Promise.resolve();
    await stream.return();
    finish();
    expect(await waiting).toEqual({ value: undefined, done: true });
  });

  test("the source is let go once, and what is told afterwards is dropped", async () => {
    const { stream, counted } = streamOf(0);
    await stream.return();
    await stream.return();
    stream.tell([1]);
    expect(counted.stops).toBe(1);
    expect((await stream.next()).done).toBe(true);
  });

  test("news that turns out to be none makes no event", async () => {
    const { stream } = streamOf(0, (news) => Promise.resolve(news.includes(2) ? news : null));
    stream.tell([1]);
    const next = stream.next();
    await sleep(5);
    stream.tell([2]);
    expect((await next).value).toEqual([2]);
  });

  test("news whose event could not be made is asked for again, with what came meanwhile", async () => {
    let tries = 0;
    const { stream } = streamOf(0, (news) => {
      tries += 1;
      return tries === 1 ? Promise.reject(new Error("away")) : Promise.resolve(news);
    });
    stream.tell([1]);
    const next = stream.next();
    await sleep(5);
    stream.tell([2]);
    expect((await next).value).toEqual([1, 2]);
  });
});

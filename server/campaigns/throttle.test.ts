import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { burst, carried, intervalMs, perWords, room, taken, type Throttle, waitMs } from "./throttle.ts";

const HOUR_MS = 3_600_000;
const noon = Date.UTC(2026, 0, 14, 12);
/** More than what two numbers of milliseconds since 1970 can differ by for the same sum. */
const RESOLUTION_MS = 0.001;

const throttle = (messages: number, per: Throttle["per"]): Throttle => ({ messages, per });
const anyThrottle: fc.Arbitrary<Throttle> = fc.oneof(
  fc.record({ messages: fc.integer({ min: 1, max: 5_000 }), per: fc.constant("second" as const) }),
  fc.record({ messages: fc.integer({ min: 1, max: 5_000 }), per: fc.constant("minute" as const) }),
  fc.record({ messages: fc.integer({ min: 1, max: 100_000 }), per: fc.constant("hour" as const) }),
);

/** One timestamp under one lock, as workers share it; remembers what left when. */
class Limited {
  nextAt = -Infinity;
  readonly leaving: { at: number; count: number }[] = [];

  constructor(public throttle: Throttle) {}

  /** As a claim does: as many as there is room for, and not more than it wants. */
  claim(now: number, wanted = Infinity): number {
    const count = Math.min(wanted, room(this.throttle, this.nextAt, now));
    this.nextAt = taken(this.throttle, this.nextAt, count, now);
    if (count > 0) this.leaving.push({ at: now, count });
    return count;
  }

  change(throttle: Throttle, now: number): void {
    this.throttle = throttle;
    this.nextAt = carried(throttle, this.nextAt, now);
  }

  get total(): number {
    return this.leaving.reduce((sum, { count }) => sum + count, 0);
  }

  /** The most by which any span of time, of all that begin and end with a message, is over its rate. */
  get mostOverRate(): number {
    let most = 0;
    // Over one span by as much as over the worst that ends just before it, less what the time between allows.
    let over = 0;
    let before: number | undefined;
    for (const { at, count } of this.leaving) {
      const allowed = before === undefined ? 0 : (at - before) / intervalMs(this.throttle);
      over = Math.max(0, over - allowed) + count;
      most = Math.max(most, over);
      before = at;
    }
    return most;
  }
}

describe("a throttle", () => {
  test("of 120 per minute lets one message go every half second, and two at once", () => {
    const limited = new Limited(throttle(120, "minute"));
    expect(intervalMs(limited.throttle)).toBe(500);
    expect([0, 0, 499, 500, 999, 1_000, 1_001].map((ms) => limited.claim(noon + ms))).toEqual([2, 0, 0, 1, 0, 1, 0]);
  });

  test("never lets two go at once where that would be more than a second's worth", () => {
    for (const slow of [throttle(1, "second"), throttle(60, "minute"), throttle(7, "hour"), throttle(119, "minute")]) {
      expect(room(slow, -Infinity, noon)).toBe(1);
    }
  });

  test("lets a second's worth go at once, and saves up no more in a quiet hour", () => {
    const limited = new Limited(throttle(100, "second"));
    expect(limited.claim(noon)).toBe(100);
    expect(limited.claim(noon + HOUR_MS)).toBe(100);
    expect(limited.claim(noon + HOUR_MS + 250)).toBe(25);
  });

  test("is said in words", () => {
    expect(perWords(throttle(120, "minute"))).toBe("120 per minute");
    expect(perWords(throttle(36_000, "hour"))).toBe("36,000 per hour");
  });
});

describe("over any span of time", () => {
  const anyAsking = fc.array(
    fc.record({
      pauseMs: fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 5_000 })),
      wanted: fc.integer({ min: 1, max: 6_000 }),
    }),
    { minLength: 1, maxLength: 300 },
  );

  test("no more leave than its rate and the burst allow, however it is asked", () => {
    fc.assert(
      fc.property(anyThrottle, anyAsking, (any, asking) => {
        const limited = new Limited(any);
        let now = noon;
        for (const { pauseMs, wanted } of asking) limited.claim((now += pauseMs), wanted);
        expect(limited.mostOverRate).toBeLessThanOrEqual(burst(any) + 1e-6);
        expectEverySpanAllowed(limited);
      }),
      { numRuns: 300 },
    );
  });

  // The rule in its plainest form, on every pair of moments: what `mostOverRate` is checked against.
  function expectEverySpanAllowed({ leaving, throttle }: Limited): void {
    for (let first = 0; first < leaving.length; first += 7) {
      let count = 0;
      for (let last = first; last < leaving.length; last += 1) {
        count += leaving[last]!.count;
        const spanMs = leaving[last]!.at - leaving[first]!.at;
        if (count > spanMs / intervalMs(throttle) + burst(throttle) + 1e-6) {
          throw new Error(`${count} left within ${spanMs} ms at ${perWords(throttle)}`);
        }
      }
    }
  }
});

describe("over an hour, with many workers that share it", () => {
  test.each([
    [7, "hour"],
    [1_000, "hour"],
    [50, "minute"],
    [120, "minute"],
    [1, "second"],
    [3, "second"],
    [14, "second"],
    [1_000, "second"],
  ] as const)("%d per %s leave exactly, but for the burst, though nobody asks at the right moment", (messages, per) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1 }), (workers, seed) => {
        const limited = new Limited(throttle(messages, per));
        const random = randomFrom(seed);
        // Each worker sleeps as long as it was told to, wakes up to 200 ms late, and may find that another was faster.
        const wakesAt = Array.from({ length: workers }, () => noon + random() * 100);
        for (;;) {
          const now = Math.min(...wakesAt);
          if (now >= noon + HOUR_MS) break;
          let sleepMs = waitMs(limited.throttle, limited.nextAt, now);
          if (sleepMs === 0) {
            limited.claim(now, 1 + Math.floor(random() * 500));
            sleepMs = waitMs(limited.throttle, limited.nextAt, now);
          }
          wakesAt[wakesAt.indexOf(now)] = now + sleepMs + random() * 200;
        }
        const expected = HOUR_MS / intervalMs(limited.throttle);
        expect(limited.total).toBeGreaterThanOrEqual(expected - burst(limited.throttle) - 1);
        expect(limited.total).toBeLessThanOrEqual(expected + burst(limited.throttle));
        expect(limited.mostOverRate).toBeLessThanOrEqual(burst(limited.throttle) + 1e-6);
      }),
      // Tens of thousands of claims are one run; other workers and moments come with the next run of the tests.
      { numRuns: 1 },
    );
  });

  test("a timestamp that is kept to the microsecond, rounded up, loses nothing that counts", () => {
    const limited = new Limited(throttle(3_333, "second"));
    for (let now = noon; now < noon + HOUR_MS; now += 125) {
      limited.claim(now);
      limited.nextAt = Math.ceil(limited.nextAt * 1_000) / 1_000;
    }
    const expected = 3_333 * 3_600;
    expect(Math.abs(limited.total - expected)).toBeLessThanOrEqual(burst(limited.throttle));
  });
});

describe("how long to wait", () => {
  test("fits: after it there is room, and a claim is of a quarter of a second's messages, not of single ones", () => {
    fc.assert(
      fc.property(anyThrottle, fc.integer({ min: 1, max: 5_000 }), fc.nat({ max: 2_000 }), (any, wanted, laterMs) => {
        const limited = new Limited(any);
        limited.claim(noon, wanted);
        const now = noon + laterMs;
        const wait = waitMs(any, limited.nextAt, now);
        expect(Number.isInteger(wait) && wait >= 0).toBe(true);
        const quarter = Math.max(1, Math.floor(250 / intervalMs(any)));
        // A millisecond more, for what fractions lose.
        expect(room(any, limited.nextAt, now + wait + 1)).toBeGreaterThanOrEqual(quarter);
        if (wait > 1) expect(room(any, limited.nextAt, now + wait - 2)).toBeLessThan(quarter);
      }),
    );
  });

  test("is at most one interval, or a quarter of a second where that is longer", () => {
    fc.assert(
      fc.property(anyThrottle, fc.double({ noNaN: true }), (any, nextAt) => {
        expect(waitMs(any, nextAt, noon)).toBeLessThanOrEqual(Math.max(250, Math.ceil(intervalMs(any))) + 1);
      }),
    );
  });
});

describe("a throttle that is changed while it is used", () => {
  test("to a faster one holds nobody for longer than one new interval", () => {
    const limited = new Limited(throttle(1, "hour"));
    expect(limited.claim(noon)).toBe(1);
    limited.change(throttle(60, "minute"), noon);
    expect(limited.claim(noon)).toBe(0);
    expect(waitMs(limited.throttle, limited.nextAt, noon)).toBe(1_000);
    expect([999, 1_000, 2_000].map((ms) => limited.claim(noon + ms))).toEqual([0, 1, 1]);
  });

  test("whatever it was and is, keeps to the new one from that moment on, and starts within its interval", () => {
    fc.assert(
      fc.property(anyThrottle, anyThrottle, fc.nat({ max: 5_000 }), (before, after, laterMs) => {
        const limited = new Limited(before);
        limited.claim(noon);
        const now = noon + laterMs;
        limited.change(after, now);
        limited.leaving.length = 0;
        const stepMs = Math.max(10, intervalMs(after) / 50);
        for (let ms = 0; ms <= intervalMs(after) + 3_000 + stepMs; ms += stepMs) limited.claim(now + ms);
        expect(limited.mostOverRate).toBeLessThanOrEqual(burst(after) + 1e-6);
        expect(limited.leaving[0]!.at).toBeLessThanOrEqual(now + intervalMs(after) + stepMs + RESOLUTION_MS);
      }),
      { numRuns: 50 },
    );
  });

  test("to a slower one keeps to the slower one from that moment on", () => {
    const limited = new Limited(throttle(1_000, "second"));
    expect(limited.claim(noon)).toBe(1_000);
    limited.change(throttle(10, "second"), noon);
    const left = Array.from({ length: 101 }, (_, tenth) => limited.claim(noon + tenth * 100));
    expect(left.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(10 * 10 + 10);
  });
});

/** Even numbers in [0, 1) that depend on the seed alone (a linear congruential generator). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

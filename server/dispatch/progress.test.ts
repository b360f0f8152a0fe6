import "reflect-metadata";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Counters, RATE_DECAY_SECONDS } from "../campaigns/counters.store.ts";
import { CampaignStatus } from "../campaigns/lifecycle.ts";
import { percentOf, progressOf, rateAt } from "./progress.ts";

const NOON = new Date("2026-03-01T12:00:00Z");
const after = (seconds: number) => new Date(NOON.getTime() + seconds * 1000);

const count = fc.nat({ max: 1_000_000 });
const anyCounters: fc.Arbitrary<Counters> = fc
  .record({
    campaignId: fc.constant("c"),
    seq: fc.nat(),
    status: fc.constantFrom(...Object.values(CampaignStatus)),
    statusReason: fc.constant(null),
    statusBy: fc.constant(null),
    workspaceId: fc.constant("w"),
    queued: count,
    retrying: count,
    sending: count,
    sent: count,
    failed: count,
    skipped: count,
    unconfirmed: count,
    rateSum: fc.double({ min: 0, max: 1e6, noNaN: true }),
    rateAt: fc.constantFrom(null, NOON.toISOString()),
    startedAt: fc.constantFrom(null, NOON.toISOString()),
    updatedAt: fc.constant(NOON.toISOString()),
  })
  .map((counters) => {
    const { queued, retrying, sending, sent, failed, skipped, unconfirmed } = counters;
    return { ...counters, total: queued + retrying + sending + sent + failed + skipped + unconfirmed };
  });

const sending = (more: Partial<Counters>): Counters => ({
  campaignId: "c",
  seq: 1,
  status: CampaignStatus.PROCESSING,
  statusReason: null,
  statusBy: null,
  workspaceId: "w",
  total: 1000,
  queued: 1000,
  retrying: 0,
  sending: 0,
  sent: 0,
  failed: 0,
  skipped: 0,
  unconfirmed: 0,
  rateSum: 0,
  rateAt: NOON.toISOString(),
  startedAt: NOON.toISOString(),
  updatedAt: NOON.toISOString(),
  ...more,
});

describe("percent", () => {
  test("is 100 exactly when everybody is settled, and never above", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (total, share) => {
          const settled = Math.floor(total * share);
          const percent = percentOf(settled, total);
          expect(percent).toBeGreaterThanOrEqual(0);
          expect(percent).toBeLessThanOrEqual(100);
          expect(percent === 100).toBe(settled === total);
        },
      ),
    );
  });

  test("the last one open keeps it below 100, however many there are", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (total) => {
        expect(percentOf(total - 1, total)).toBeLessThan(100);
        expect(percentOf(total, total)).toBe(100);
      }),
    );
  });

  test("never goes back while more are settled, and has at most one decimal", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.nat({ max: 1e9 }), (total, settled) => {
        fc.pre(settled < total);
        const percent = percentOf(settled, total);
        expect(percentOf(settled + 1, total)).toBeGreaterThanOrEqual(percent);
        expect(percent).toBe(Number(percent.toFixed(1)));
      }),
    );
  });

  test("a campaign without recipients is at 0", () => expect(percentOf(0, 0)).toBe(0));
});

describe("progress", () => {
  test("its states add up to the total and its figures are sane, whatever the counters", () => {
    fc.assert(
      fc.property(
        anyCounters,
        fc.integer({ min: -10, max: 1000 }),
        fc.nat({ max: 9 }),
        (counters, seconds, workers) => {
          const p = progressOf(counters, after(seconds), workers);
          expect(p.queued + p.retrying + p.sending + p.sent + p.failed + p.skipped + p.unconfirmed).toBe(p.total);
          expect(p.ratePerSecond).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(p.ratePerSecond)).toBe(true);
          expect(p.etaSeconds === null || Number.isInteger(p.etaSeconds)).toBe(true);
          expect(p).toMatchObject({ seq: counters.seq, status: counters.status, workers });
          if (counters.status !== CampaignStatus.PROCESSING) expect([p.ratePerSecond, p.etaSeconds]).toEqual([0, null]);
        },
      ),
    );
  });

  test("a steady stream shows its rate from the first seconds on", () => {
    const perSecond = 200;
    for (const seconds of [2, 5, 30, 600]) {
      // What the ledger's decayed count holds after so long at this rate.
      const rateSum = perSecond * RATE_DECAY_SECONDS * (1 - Math.exp(-seconds / RATE_DECAY_SECONDS));
      const counters = sending({ rateSum, rateAt: after(seconds).toISOString() });
      expect(rateAt(counters, after(seconds))).toBeCloseTo(perSecond, 6);
    }
  });

  test("the rate fades when nothing is settled any more", () => {
    const counters = sending({ rateSum: 1000 });
    const rates = [20, 25, 30, 60].map((seconds) => rateAt(counters, after(seconds)));
    expect(rates).toEqual([...rates].sort((a, b) => b - a));
    expect(rates.at(-1)).toBeLessThan(0.01);
  });

  test("the remaining time is what is left over the rate, once it has settled down", () => {
    const counters = sending({
      rateSum: 10 * RATE_DECAY_SECONDS,
      rateAt: after(100).toISOString(),
      queued: 990,
      sending: 10,
    });
    expect(progressOf(counters, after(100), 1).etaSeconds).toBe(100);
    expect(progressOf(counters, after(9), 1).etaSeconds).toBeNull();
  });

  test("there is no remaining time when only retries wait, or nothing moves", () => {
    const waiting = sending({ rateSum: 100, rateAt: after(100).toISOString(), queued: 0, retrying: 1000 });
    expect(progressOf(waiting, after(100), 1).etaSeconds).toBeNull();
    expect(progressOf(sending({ rateSum: 100 }), after(500), 1).etaSeconds).toBeNull();
  });
});

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Pace } from "./pace.ts";

const lesson = fc.record({ recipients: fc.integer({ min: 1, max: 50_000 }), tookMs: fc.double({ min: 0, max: 1e7 }) });

describe("the pace of claims", () => {
  test("a claim holds at least one and at most CLAIM_MAX recipients, whatever was learnt", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50_000 }),
        fc.array(lesson.filter(({ tookMs }) => !Number.isNaN(tookMs))),
        (claimMax, lessons) => {
          const pace = new Pace(claimMax);
          for (const { recipients, tookMs } of [{ recipients: 1, tookMs: 1 }, ...lessons]) {
            const size = pace.claimSize("a");
            expect(Number.isInteger(size)).toBe(true);
            expect(size).toBeGreaterThanOrEqual(1);
            expect(size).toBeLessThanOrEqual(claimMax);
            pace.learn("a", recipients, tookMs);
          }
        },
      ),
    );
  });

  test("claims grow to a quarter of a second of work and not beyond it", () => {
    const pace = new Pace(5000);
    const perMs = 4;
    for (let claim = 0; claim < 10; claim += 1) pace.learn("a", pace.claimSize("a"), pace.claimSize("a") / perMs);
    expect(pace.claimSize("a")).toBe(250 * perMs);
  });

  test("claims shrink when sending gets slow, and never below what is worth a claim", () => {
    const pace = new Pace(5000);
    pace.learn("a", 100, 10_000);
    expect(pace.claimSize("a")).toBe(25);
  });

  test("one lucky batch does not take everything: a claim is at most eight times the one before", () => {
    const pace = new Pace(5000);
    pace.learn("a", 100, 0);
    expect(pace.claimSize("a")).toBe(800);
  });

  test("each campaign has a pace of its own, until it is forgotten", () => {
    const pace = new Pace(5000);
    const atFirst = pace.claimSize("b");
    pace.learn("a", 100, 10_000);
    expect(pace.claimSize("b")).toBe(atFirst);
    pace.forget("a");
    expect(pace.claimSize("a")).toBe(atFirst);
  });
});

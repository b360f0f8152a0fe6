import { describe, expect, test } from "@jest/globals";
import { afterFailures, CLOSED, FAILURES_MAX, isHalfOpen, restUntil } from "./lane.ts";

const NOON = Date.parse("2026-12-01T12:00:00Z");
const MINUTE_MS = 60_000;
const failed = (count: number) => ({ count, because: "connection refused" });

describe("the circuit breaker of a transport", () => {
  test("opens at the fifth connection in a row that failed, whoever counted the others", () => {
    const four = afterFailures(CLOSED, failed(4), NOON);
    expect([four.failures, four.closedUntil, isHalfOpen(four)]).toEqual([4, null, false]);
    const five = afterFailures(four, failed(1), NOON);
    expect(five).toEqual({ failures: 5, rests: 1, closedUntil: NOON + MINUTE_MS, closedBecause: "connection refused" });
  });

  test("each rest is twice the one before, up to a quarter of an hour", () => {
    let lane = CLOSED;
    let now = NOON;
    const rests: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      lane = afterFailures(lane, failed(n === 0 ? FAILURES_MAX : 1), now);
      rests.push((lane.closedUntil! - now) / MINUTE_MS);
      now = lane.closedUntil! + 1;
    }
    expect(rests).toEqual([1, 2, 4, 8, 15, 15, 15]);
  });

  test("what was under way when the rest began does not lengthen it", () => {
    const resting = afterFailures(CLOSED, failed(5), NOON);
    expect(afterFailures(resting, failed(20), NOON + 1)).toMatchObject({ rests: 1, closedUntil: resting.closedUntil });
  });

  test("a provider's own time is kept to, and never shortened", () => {
    const told = restUntil(CLOSED, NOON + 90_000, "429 slow down");
    expect(told).toMatchObject({ failures: 0, closedUntil: NOON + 90_000, closedBecause: "429 slow down" });
    expect(restUntil(told, NOON + 10_000, "429 again")).toEqual(told);
  });
});

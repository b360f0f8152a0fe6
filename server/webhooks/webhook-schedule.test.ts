import { describe, expect, test } from "@jest/globals";
import { pauseMs, TRIES_MAX } from "./webhook-schedule.ts";

const MINUTE = 60_000;

describe("the pauses between tries", () => {
  const all = Array.from({ length: TRIES_MAX - 1 }, (_, i) => pauseMs(i + 1, { random: 0 })!);

  test("are those that Standard Webhooks proposes, and take three days in all", () => {
    expect(all.map((ms) => ms / MINUTE)).toEqual([5 / 60, 5, 30, 120, 300, 600, 840, 1200, 1440]);
    expect(all.reduce((sum, ms) => sum + ms, 0) / (24 * 60 * MINUTE)).toBeCloseTo(3.15, 2);
  });

  test("end after ten tries", () => {
    expect(TRIES_MAX).toBe(10);
    expect(pauseMs(TRIES_MAX, { random: 0 })).toBeNull();
  });

  test("are spread by up to a tenth", () => {
    expect(pauseMs(2, { random: 1 })).toBe(5.5 * MINUTE);
    expect(pauseMs(2, { random: 0.5 })).toBe(5.25 * MINUTE);
  });

  test("are as long as the receiver asks for, where that is longer", () => {
    expect(pauseMs(1, { askedMs: MINUTE, random: 0 })).toBe(MINUTE);
    expect(pauseMs(2, { askedMs: MINUTE, random: 0 })).toBe(5 * MINUTE);
    expect(pauseMs(TRIES_MAX, { askedMs: MINUTE, random: 0 })).toBeNull();
  });
});

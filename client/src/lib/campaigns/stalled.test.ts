import { expect, test } from "@jest/globals";
import { isStalled } from "./stalled.ts";

const running = { status: "PROCESSING" as const, queued: 10, sending: 0 };

test("a running campaign that has not moved for more than a minute is stalled", () => {
  expect(isStalled(running, 60_000)).toBe(false);
  expect(isStalled(running, 61_000)).toBe(true);
});

test("one that is paused, or only waits for retries, is not", () => {
  expect(isStalled({ ...running, status: "PAUSED" }, 3_600_000)).toBe(false);
  expect(isStalled({ ...running, queued: 0 }, 3_600_000)).toBe(false);
});

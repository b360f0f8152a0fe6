import { expect, test } from "@jest/globals";
import { stepsOf } from "./timeline.ts";

const at = "2026-12-01T08:00:00Z";
const busy = { number: 1, at, outcome: "RETRY" as const, reason: "BUSY" as const, code: "421", message: "421 busy" };

test("each try has the provider's words as they came, the code once", () => {
  const refused = { ...busy, number: 2, outcome: "FAILED" as const, code: "550", message: "no such user" };
  expect(stepsOf({ status: "FAILED", error: "no such user" }, [busy, refused], null)).toEqual([
    { look: "retrying", title: "Not now, try 1", at, words: "421 busy" },
    { look: "failed", title: "Failed, try 2", at, words: "550 no such user" },
  ]);
});

test("whoever waits says for what at the end, and who is skipped why", () => {
  const waits = { rule: "RETRY" as const, until: at, because: null, by: null };
  expect(stepsOf({ status: "QUEUED", error: null }, [busy], waits).at(-1)).toMatchObject({ title: "Next try", at });
  expect(stepsOf({ status: "QUEUED", error: null }, [], null)).toMatchObject([{ title: "Waits for its turn" }]);
  const paused = { rule: "PAUSED" as const, until: null, because: null, by: "Ada" };
  expect(stepsOf({ status: "QUEUED", error: null }, [], paused)).toMatchObject([
    { title: "Waits: the campaign is paused by Ada" },
  ]);
  expect(stepsOf({ status: "SKIPPED", error: "suppressed" }, [], null)).toMatchObject([{ words: "suppressed" }]);
});

import { expect, test } from "@jest/globals";
import { readReason } from "../recipients/failure-reason.ts";
import { countFor, transientReasons } from "./reasons.ts";

const groups = [
  { reason: "MAILBOX_UNKNOWN" as const, count: 31, isTransient: false, isDeadAddress: true, words: "", remedy: "" },
  { reason: "BUSY" as const, count: 9, isTransient: true, isDeadAddress: false, words: "", remedy: "" },
  { reason: "TIMED_OUT" as const, count: 2, isTransient: true, isDeadAddress: false, words: "", remedy: "" },
];

test("what may pass by itself is chosen to be retried, and counted", () => {
  expect(transientReasons(groups)).toEqual(["BUSY", "TIMED_OUT"]);
  expect(countFor(groups, transientReasons(groups))).toBe(11);
  expect(countFor(groups, [])).toBe(0);
});

test("only a known reason is one, in any letter case", () => {
  expect(readReason("mailbox_full")).toBe("MAILBOX_FULL");
  expect(readReason("toString")).toBeNull();
  expect(readReason(null)).toBeNull();
});

import { describe, expect, test } from "@jest/globals";
import { actionInWords, etaInWords, nextAction, rateInWords, stateInWords } from "./words.ts";

const nobody = {
  statusReason: null,
  statusBy: null,
  total: 100,
  queued: 0,
  retrying: 0,
  sending: 0,
  sent: 0,
  failed: 0,
  skipped: 0,
  unconfirmed: 0,
};

describe("a campaign's state in words", () => {
  test("completed says how many were not reached, and how", () => {
    const state = { ...nobody, status: "COMPLETED" as const, sent: 55, failed: 42, unconfirmed: 3 };
    expect(stateInWords(state)).toBe("Completed with 42 failures, 3 that could not be confirmed");
    expect(stateInWords({ ...nobody, status: "COMPLETED", sent: 100 })).toBe("Completed: all 100 sent");
  });

  test("paused says what is still in flight, then why", () => {
    const paused = { ...nobody, status: "PAUSED" as const, queued: 92, sending: 8 };
    expect(stateInWords(paused)).toBe("Pausing… 8 in flight");
    expect(stateInWords({ ...paused, sending: 0, statusReason: "the mail server refused the login" })).toBe(
      "Paused: the mail server refused the login",
    );
  });

  test("paused and cancelled say who did it, where it was somebody", () => {
    expect(stateInWords({ ...nobody, status: "PAUSED", queued: 100, statusBy: "Ada" })).toBe("Paused by Ada");
    expect(stateInWords({ ...nobody, status: "CANCELLED", skipped: 100, statusBy: "Ada" })).toBe(
      "Cancelled by Ada: 0 sent, 100 not",
    );
  });

  test("cancelled says how many were sent to and how many were not", () => {
    const cancelled = { ...nobody, status: "CANCELLED" as const, sent: 30, skipped: 60, failed: 10 };
    expect(stateInWords(cancelled)).toBe("Cancelled: 30 sent, 70 not");
    expect(stateInWords({ ...cancelled, skipped: 0, queued: 60 })).toBe("Cancelling… 60 left to skip");
  });

  test("sending says when only retries are left", () => {
    expect(stateInWords({ ...nobody, status: "PROCESSING", sending: 1, retrying: 9 })).toBe("Sending");
    expect(stateInWords({ ...nobody, status: "PROCESSING", retrying: 1 })).toBe("Waiting to try 1 recipient again");
  });
});

test("the one action fits the state", () => {
  expect(nextAction({ status: "PENDING", failed: 0, total: 0 })).toBe("addRecipients");
  expect(nextAction({ status: "PENDING", failed: 0, total: 5 })).toBe("dispatch");
  expect(nextAction({ status: "COMPLETED", failed: 42, total: 50 })).toBe("retryFailed");
  expect(actionInWords("retryFailed", { failed: 1042 })).toBe("Retry 1,042 failed");
});

test("an estimate is rounded, and hidden rather than silly", () => {
  expect(etaInWords(null)).toBeNull();
  expect(etaInWords(3)).toBe("about 5 s");
  expect(etaInWords(42)).toBe("about 45 s");
  expect(etaInWords(600)).toBe("about 10 min");
  expect(etaInWords(10_000_000)).toBeNull();
});

test("a slow rate is told by the minute", () => {
  expect(rateInWords(1234.4)).toBe("1,234 a second");
  expect(rateInWords(0.3)).toBe("18 a minute");
  expect(rateInWords(0)).toBe("0 a second");
});

import { describe, expect, test } from "@jest/globals";
import { actionInWords, etaInWords, nextAction, rateInWords, secondsLeft, stateInWords, waitsUntil } from "./words.ts";

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
    expect(stateInWords(state)).toBe("Completed with 42 failures, 3 unconfirmed");
    expect(stateInWords({ ...nobody, status: "COMPLETED", sent: 100 })).toBe("Completed: all 100 sent");
  });

  test("paused says what is still in flight, then why", () => {
    const paused = { ...nobody, status: "PAUSED" as const, queued: 92, sending: 8 };
    expect(stateInWords(paused)).toBe("Pausing… 8 in flight");
    expect(stateInWords({ ...paused, sending: 0, statusReason: "the mail server refused the login" })).toBe(
      "Paused by itself: the mail server refused the login",
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

  test("whoever waits says for what, and until when by the clock that counts", () => {
    const now = new Date("2026-11-30T20:00:00Z");
    const held = { until: "2026-12-01T08:00:00Z", because: "Europe/Berlin", by: null };
    const waits = { heldBy: null, throttle: null, now };
    const sending = { ...nobody, status: "PROCESSING" as const, queued: 100 };
    expect(stateInWords(sending, { ...waits, heldBy: { ...held, rule: "QUIET_HOURS" } })).toBe(
      "Waiting for quiet hours, resumes 1 Dec 09:00 Europe/Berlin",
    );
    expect(stateInWords({ ...nobody, status: "SCHEDULED" }, { ...waits, heldBy: { ...held, rule: "SCHEDULE" } })).toBe(
      "Starts 1 Dec 09:00 Europe/Berlin",
    );
    const resting = { ...held, rule: "CIRCUIT" as const, because: "421 too many connections" };
    expect(stateInWords(sending, { ...waits, heldBy: resting })).toBe(
      "Waiting for the transport: 421 too many connections",
    );
    expect(waitsUntil(sending, resting)).toBe(held.until);
    expect(waitsUntil(sending, { ...held, rule: "QUIET_HOURS" })).toBeNull();
    expect(waitsUntil({ ...sending, queued: 0, retrying: 1 }, { ...held, rule: "RETRY" })).toBe(held.until);
    expect(waitsUntil({ ...sending, retrying: 1 }, { ...held, rule: "RETRY" })).toBeNull();
    expect(stateInWords(sending, { ...waits, throttle: { messages: 1200, per: "HOUR" } })).toBe(
      "Sending at most 1,200 an hour",
    );
    // What was asked before the pause says nothing about it.
    expect(stateInWords({ ...sending, status: "PAUSED" }, { ...waits, heldBy: resting })).toBe("Paused");
  });
});

test("the one action fits the state", () => {
  expect(nextAction({ status: "PENDING", failed: 0, total: 0 })).toBe("addRecipients");
  expect(nextAction({ status: "PENDING", failed: 0, total: 5 })).toBe("dispatch");
  expect(nextAction({ status: "COMPLETED", failed: 42, total: 50 })).toBe("retryFailed");
  expect(actionInWords("retryFailed", { status: "COMPLETED", failed: 1042 })).toBe("Retry 1,042 failed");
  expect(actionInWords("dispatch", { status: "SCHEDULED", failed: 0 })).toBe("Dispatch now");
});

test("an estimate is rounded, and hidden rather than silly", () => {
  expect(etaInWords(null)).toBeNull();
  expect(etaInWords(3)).toBe("about 5 s");
  expect(etaInWords(42)).toBe("about 45 s");
  expect(etaInWords(600)).toBe("about 10 min");
  expect(etaInWords(10_000_000)).toBeNull();
});

test("an estimate is never sooner than the throttle allows, and there is none while it waits", () => {
  const sending = { status: "PROCESSING" as const, queued: 590, sending: 10, etaSeconds: 6 };
  const free = { heldBy: null, throttle: null };
  expect(secondsLeft(sending, free)).toBe(6);
  expect(secondsLeft(sending, { ...free, throttle: { messages: 120, per: "MINUTE" } })).toBe(300);
  expect(secondsLeft({ ...sending, etaSeconds: 900 }, { ...free, throttle: { messages: 120, per: "MINUTE" } })).toBe(
    900,
  );
  expect(secondsLeft({ ...sending, etaSeconds: 900 }, { ...free, throttle: { messages: 30, per: "MINUTE" } })).toBe(
    1200,
  );
  const held = { until: null, because: null, by: null };
  expect(secondsLeft(sending, { ...free, heldBy: { ...held, rule: "QUIET_HOURS" } })).toBeNull();
  expect(secondsLeft(sending, { ...free, heldBy: { ...held, rule: "LIMIT" } })).toBe(6);
  expect(secondsLeft({ ...sending, status: "PAUSED" }, free)).toBeNull();
});

test("a slow rate is told by the minute", () => {
  expect(rateInWords(1234.4)).toBe("1,234 a second");
  expect(rateInWords(0.3)).toBe("18 a minute");
  expect(rateInWords(0)).toBe("0 a second");
});

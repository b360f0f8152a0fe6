import { describe, expect, test } from "@jest/globals";
import { tooManyFailed } from "./failure-limit.ts";

const never = { pauseAtFailureShare: null, failedBefore: 0, settledBefore: 0 };
const atFifth = { ...never, pauseAtFailureShare: 0.2 };

describe("the share of failures at which a campaign pauses", () => {
  test("is never reached where there is none", () => {
    expect(tooManyFailed({ failed: 1000, sent: 0, unconfirmed: 0 }, never)).toBeNull();
  });

  test("says nothing before twenty messages were settled", () => {
    expect(tooManyFailed({ failed: 19, sent: 0, unconfirmed: 0 }, atFifth)).toBeNull();
    expect(tooManyFailed({ failed: 20, sent: 0, unconfirmed: 0 }, atFifth)).toContain(
      "20 of the last 20 messages failed",
    );
  });

  test("is reached exactly at the share", () => {
    expect(tooManyFailed({ failed: 19, sent: 81, unconfirmed: 0 }, atFifth)).toBeNull();
    expect(tooManyFailed({ failed: 20, sent: 79, unconfirmed: 1 }, atFifth)).toContain("pauses by itself at 20 %");
  });

  test("counts from where the campaign was resumed", () => {
    const resumed = { pauseAtFailureShare: 0.2, failedBefore: 500, settledBefore: 1000 };
    expect(tooManyFailed({ failed: 505, sent: 595, unconfirmed: 0 }, resumed)).toBeNull();
    expect(tooManyFailed({ failed: 525, sent: 575, unconfirmed: 0 }, resumed)).toContain("25 of the last 100");
  });
});

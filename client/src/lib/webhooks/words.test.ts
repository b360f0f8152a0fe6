import { describe, expect, test } from "@jest/globals";
import { eventsInWords, isStatus, isUnderWay, nameOf, outcomeInWords, stateOf } from "./words.ts";

test("what a webhook is told of is a sentence in the order of a campaign's life", () => {
  expect(eventsInWords(["CAMPAIGN_COMPLETED", "RESPONSE_RECEIVED"])).toBe(
    "A customer answered, a campaign is completed",
  );
});

test("a webhook is called what somebody wrote, or by its host", () => {
  const url = "https://crm.example.com/hooks/very-secret";
  expect(nameOf({ description: "Our CRM", url })).toBe("Our CRM");
  expect(nameOf({ description: null, url })).toBe("crm.example.com");
});

test("a webhook that is switched off is off, whatever was before", () => {
  expect(stateOf({ enabled: true, failingSince: null })).toBe("working");
  expect(stateOf({ enabled: true, failingSince: "2026-01-01T00:00:00Z" })).toBe("failing");
  expect(stateOf({ enabled: false, failingSince: "2026-01-01T00:00:00Z" })).toBe("off");
});

describe("a delivery", () => {
  const noon = new Date("2026-01-01T12:00:00Z");
  const waiting = { status: "PENDING", attempts: 0, statusCode: null, nextTryAt: noon.toISOString() } as const;

  test("says how far it is", () => {
    expect(outcomeInWords(waiting)).toBe("Waits to be delivered");
    expect(outcomeInWords({ ...waiting, nextTryAt: null })).toBe("Being delivered now");
    expect(outcomeInWords({ ...waiting, attempts: 1 })).toBe("Not delivered in 1 try");
    const delivered = { ...waiting, status: "DELIVERED", statusCode: 204, nextTryAt: null } as const;
    expect(outcomeInWords({ ...delivered, attempts: 1 })).toBe("Delivered, answered with 204");
    expect(outcomeInWords({ ...delivered, attempts: 3 })).toBe("Delivered, answered with 204, after 3 tries");
    expect(outcomeInWords({ ...waiting, status: "FAILED", attempts: 10 })).toBe("Failed after 10 tries");
  });

  test("is looked at again while it may change within seconds", () => {
    expect(isUnderWay(waiting, noon)).toBe(true);
    expect(isUnderWay({ ...waiting, nextTryAt: null }, noon)).toBe(true);
    expect(isUnderWay({ ...waiting, nextTryAt: "2026-01-01T12:05:00Z" }, noon)).toBe(false);
    expect(isUnderWay({ ...waiting, status: "DELIVERED" }, noon)).toBe(false);
  });
});

test("only a status is one", () => {
  expect(["PENDING", "FAILED", "DELIVERED", "", null, "SENT"].map(isStatus)).toEqual([
    ...[true, true, true, false, false, false],
  ]);
});

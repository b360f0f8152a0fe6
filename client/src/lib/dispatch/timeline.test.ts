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

test("after the tries comes what the customer did: opened the page, and rated it in words", () => {
  const sent = { ...busy, outcome: "SENT" as const, reason: null, code: null, message: null };
  const response = { rating: 5, comment: "Lovely.", answeredAt: at, changedAt: null, responseTimeSeconds: 3 * 3600 };
  const steps = (customer: Parameters<typeof stepsOf>[3]) =>
    stepsOf({ status: "SENT", error: null }, [sent], null, customer).slice(1);
  expect(steps({ openedAt: at, response })).toEqual([
    { look: "sent", title: "Opened the page", at, words: null },
    { look: "sent", title: "Rated 5 after 3 h:", at, words: "“Lovely.”" },
  ]);
  const silent = { ...response, comment: null, responseTimeSeconds: null, changedAt: at };
  expect(steps({ openedAt: null, response: silent })).toMatchObject([{ title: "Rated 5, changed since" }]);
  expect(steps({ openedAt: null, response: null })).toEqual([]);
});

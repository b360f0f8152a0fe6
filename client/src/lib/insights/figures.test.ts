import { expect, test } from "@jest/globals";
import type { Insights, KeyFigures } from "./documents.ts";
import { funnelSteps, isEmpty, keyFigures } from "./figures.ts";

const now: KeyFigures = {
  funnel: { sent: 1_000, opened: 400, rated: 312, commented: 90 },
  ...{
    conversionRate: 0.312,
    averageRating: 4.3,
    medianResponseTimeSeconds: 7_500,
    averageResponseTimeSeconds: 300_000,
  },
};
const nothing: KeyFigures = {
  funnel: { sent: 0, opened: 0, rated: 0, commented: 0 },
  ...{ conversionRate: null, averageRating: null, medianResponseTimeSeconds: null, averageResponseTimeSeconds: null },
};

test("each key figure says what it counts, and stands beside the one before", () => {
  const figures = keyFigures(now, { ...now, conversionRate: 0.28, averageResponseTimeSeconds: null });
  expect(figures.map(({ label, value, before, change }) => [label, value, before, change])).toEqual([
    ["Conversion", "31.2 %", "28 %", "up 3.2 points"],
    ["Average rating", "4.30", "4.30", "no change"],
    ["Median response time", "2 h 5 min", "2 h 5 min", "no change"],
    ["Average response time", "3 days 11 h", null, null],
  ]);
  for (const { definition } of figures) expect(definition).toMatch(/^[A-Z].*\.$/);
});

test("where nothing was sent there is no figure, not a zero", () => {
  for (const { value, before, change } of keyFigures(nothing, null))
    expect([value, before, change]).toEqual([null, null, null]);
  for (const { share } of funnelSteps(nothing.funnel)) expect(share).toBeNull();
});

test("what was rated is the same share as the conversion, however it is rounded", () => {
  // 559 of 1,744 are 0.32052…, which is 0.3205 in the API.
  const [, , rated] = funnelSteps({ sent: 1_744, opened: 600, rated: 559, commented: 0 });
  expect(rated).toMatchObject({ label: "Rated", share: 0.3205 });
});

test("the funnel's steps are shares of the messages sent", () => {
  expect(funnelSteps(now.funnel)).toEqual([
    { label: "Sent", count: 1_000, share: 1 },
    { label: "Opened the page", count: 400, share: 0.4 },
    { label: "Rated", count: 312, share: 0.312 },
    { label: "Left a comment", count: 90, share: 0.09 },
  ]);
});

test("a period is empty when nothing was sent, nobody answered and nothing failed in it", () => {
  const step = { start: "2026-10-01T00:00:00Z", funnel: { sent: 0, rated: 0 }, conversionRate: null };
  const empty = { ...nothing, failures: [], overTime: [{ ...step, answered: 0, averageRating: null }] };
  expect(isEmpty(empty as unknown as Insights)).toBe(true);
  const answered = { ...empty, overTime: [{ ...step, answered: 1, averageRating: 5 }] };
  expect(isEmpty(answered as unknown as Insights)).toBe(false);
  expect(isEmpty({ ...empty, failures: [{ count: 1 }] } as unknown as Insights)).toBe(false);
});

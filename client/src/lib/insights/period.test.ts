import { expect, test } from "@jest/globals";
import { type Asked, daysOf, exportAddress, insightsAddress, rangeOf, readAsked } from "./period.ts";

const read = (address: string) => readAsked(new URL(address, "http://localhost").searchParams);
const october = { first: "2026-10-01", last: "2026-10-31" };

test.each<[Asked, string]>([
  [{ period: { days: 30 }, campaignId: null }, "/insights"],
  [{ period: { days: 7 }, campaignId: null }, "/insights?days=7"],
  [{ period: { days: 365 }, campaignId: "c1" }, "/insights?days=365&campaign=c1"],
  [{ period: october, campaignId: null }, "/insights?from=2026-10-01&to=2026-10-31"],
  [
    { period: { first: "2016-10-01", last: "2026-09-30" }, campaignId: null },
    "/insights?from=2016-10-01&to=2026-09-30",
  ],
])("what is asked stands in the address and is read from it: %j", (asked, address) => {
  expect(insightsAddress(asked)).toBe(address);
  expect(read(address)).toEqual({ asked, problem: null });
});

test("what is no period is the last 30 days", () => {
  for (const query of ["", "?days=8", "?days=x", "?campaign="])
    expect(read(`/insights${query}`)).toEqual({ asked: { period: { days: 30 }, campaignId: null }, problem: null });
});

test.each([
  ["?from=2026-10-01", "needs its first day and its last day"],
  ["?from=2026-10-01&to=2026-02-30", "needs its first day and its last day"],
  ["?from=2026-10-02&to=2026-10-01", "must not be before the first one"],
  ["?from=2016-10-01&to=2026-10-01", "10 years long at most"],
])("days that are no period are told in a sentence: %s", (query, words) => {
  const { asked, problem } = read(`/insights${query}&campaign=c1`);
  expect(problem).toContain(words);
  expect(asked).toEqual({ period: { days: 30 }, campaignId: "c1" });
});

test("the last days are whole ones of the zone, today among them", () => {
  const now = new Date("2026-10-31T23:30:00Z");
  expect(daysOf({ days: 7 }, "UTC", now)).toEqual({ first: "2026-10-25", last: "2026-10-31" });
  expect(daysOf({ days: 7 }, "Europe/Berlin", now)).toEqual({ first: "2026-10-26", last: "2026-11-01" });
  expect(daysOf(october, "Europe/Berlin", now)).toEqual(october);
});

test("a period lasts from the first moment of its first day to the end of its last, whatever the clocks do", () => {
  const { from, to } = rangeOf(october, "Europe/Berlin");
  expect([from.toISOString(), to.toISOString()]).toEqual(["2026-09-30T22:00:00.000Z", "2026-10-31T23:00:00.000Z"]);
});

test("answers are exported of the same time and campaign", () => {
  const time = "from=2026-09-30T22%3A00%3A00.000Z&before=2026-10-31T23%3A00%3A00.000Z";
  expect(exportAddress(rangeOf(october, "Europe/Berlin"), null)).toBe(`/exports/responses.csv?${time}`);
  expect(exportAddress(rangeOf(october, "Europe/Berlin"), "c1")).toBe(`/exports/responses.csv?${time}&campaign=c1`);
});

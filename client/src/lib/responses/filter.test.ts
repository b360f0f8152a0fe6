import { expect, test } from "@jest/globals";
import {
  actionAddress,
  EVERYTHING,
  fileAddress,
  fits,
  forApi,
  readFilter,
  readOpened,
  responsesAddress,
  toggled,
} from "./filter.ts";

const query = (address: string) => new URL(address, "http://localhost").searchParams;
const opened = { campaignId: "c1", id: "r1" };
const all = { stars: [1, 5], campaignId: "c1", withComment: true, unread: true, mine: true, after: "further" };
const answer = { rating: 4, comment: "Fine.", readAt: null, campaign: { id: "c1", name: "Spring" }, assignee: null };

test("a filter and what is open stand in the address, and are read from it again", () => {
  const address = responsesAddress(all, opened);
  expect(readFilter(query(address))).toEqual(all);
  expect(readOpened(query(address))).toEqual(opened);
  expect(responsesAddress(EVERYTHING)).toBe("/responses");
});

test("what is not understood in the address counts as not said", () => {
  expect(readFilter(query("/responses?stars=9&stars=x&campaign=&unread=perhaps"))).toEqual(EVERYTHING);
  expect(readOpened(query("/responses?open=half"))).toBeNull();
});

test("a form comes back to the same answers, whatever the filter", () => {
  expect(actionAddress("read", EVERYTHING, null)).toBe("/responses?/read");
  expect(actionAddress("note", { ...EVERYTHING, unread: true }, null)).toBe("/responses?unread=yes&/note");
});

test("stars are added to the filter and taken out again, from the first page on", () => {
  expect(toggled({ ...EVERYTHING, stars: [4], after: "further" }, 2)).toEqual({ ...EVERYTHING, stars: [2, 4] });
  expect(toggled({ ...EVERYTHING, stars: [2, 4] }, 2)).toEqual({ ...EVERYTHING, stars: [4] });
});

test("an answer belongs in the list only where it fits each part of the filter", () => {
  const under = (filter: Partial<typeof EVERYTHING>) => fits(answer, { ...EVERYTHING, ...filter }, "me");
  expect(under({})).toBe(true);
  expect(under({ stars: [4, 5], campaignId: "c1", withComment: true, unread: true })).toBe(true);
  expect(under({ stars: [5] })).toBe(false);
  expect(under({ campaignId: "c2" })).toBe(false);
  expect(under({ mine: true })).toBe(false);
  expect(fits({ ...answer, assignee: { id: "me", name: "Ana" } }, { ...EVERYTHING, mine: true }, "me")).toBe(true);
  expect(fits({ ...answer, comment: null }, { ...EVERYTHING, withComment: true }, "me")).toBe(false);
});

test("the API is asked for what was said, and for nothing else", () => {
  expect(forApi(EVERYTHING, "me")).toEqual({});
  expect(forApi(all, "me")).toEqual({
    ...{ ratings: [1, 5], campaignIds: ["c1"], hasComment: true, unread: true, assigneeId: "me" },
  });
});

test("the file has what the list has, in the words of its address, and the pages after it", () => {
  expect(fileAddress(EVERYTHING, "m1")).toBe("/exports/responses.csv");
  expect(fileAddress(all, "m1")).toBe(
    "/exports/responses.csv?rating=1&rating=5&campaign=c1&comment=true&unread=true&assignee=m1",
  );
});

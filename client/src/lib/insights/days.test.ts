import { expect, test } from "@jest/globals";
import { addDays, dayAt, readDay, startOf } from "./days.ts";

test("a day is read as a date field writes it, and nothing else is one", () => {
  expect(readDay("2028-02-29")).toBe("2028-02-29");
  for (const text of ["2026-02-30", "2026-13-01", "26-1-1", "2026-10-01T00:00", "yesterday", "", null])
    expect([text, readDay(text)]).toEqual([text, null]);
});

test("days are counted by the calendar", () => {
  expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
  expect(addDays("2026-03-01", -1)).toBe("2026-02-28");
  expect(addDays("2026-10-31", -29)).toBe("2026-10-02");
});

test("the day is that of the clocks there", () => {
  const moment = new Date("2026-10-31T23:30:00Z");
  expect(dayAt(moment, "UTC")).toBe("2026-10-31");
  expect(dayAt(moment, "Europe/Berlin")).toBe("2026-11-01");
  expect(dayAt(moment, "America/New_York")).toBe("2026-10-31");
});

test.each([
  ["a winter's day", "2026-01-15", "Europe/Berlin", "2026-01-14T23:00:00.000Z"],
  ["the day on which the clocks go forward", "2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00.000Z"],
  ["the day after it", "2026-03-30", "Europe/Berlin", "2026-03-29T22:00:00.000Z"],
  ["the day on which they go back", "2026-10-25", "Europe/Berlin", "2026-10-24T22:00:00.000Z"],
  ["the day after it", "2026-10-26", "Europe/Berlin", "2026-10-25T23:00:00.000Z"],
  ["a day west of Greenwich", "2026-07-01", "America/New_York", "2026-07-01T04:00:00.000Z"],
  ["a zone that is not whole hours from UTC", "2026-07-01", "Asia/Kathmandu", "2026-06-30T18:15:00.000Z"],
  ["the far end of the world", "2026-07-01", "Pacific/Kiritimati", "2026-06-30T10:00:00.000Z"],
  ["a day that has no midnight", "2026-04-24", "Africa/Cairo", "2026-04-23T22:00:00.000Z"],
  ["a day whose midnight comes twice", "2026-11-01", "America/Havana", "2026-11-01T04:00:00.000Z"],
])("begins with its first moment: %s, %s in %s", (_, day, zone, start) => {
  expect(startOf(day, zone).toISOString()).toBe(start);
  expect(dayAt(startOf(day, zone), zone)).toBe(day);
  expect(dayAt(new Date(startOf(day, zone).getTime() - 1), zone)).toBe(addDays(day, -1));
});

test("each of a year's days begins where the one before ends", () => {
  for (const zone of ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
    for (let day = "2026-01-01"; day < "2027-01-01"; day = addDays(day, 1))
      expect(dayAt(new Date(startOf(day, zone).getTime() - 1), zone)).toBe(addDays(day, -1));
});

import { expect, test } from "@jest/globals";
import { duration, exactTime, shortTime, timeInZone } from "./times.ts";

const noon = new Date("2030-03-05T12:00:00Z");

test("a time is as short as it can be without being mistaken", () => {
  expect(shortTime(new Date("2030-03-05T11:02:11Z"), noon, "utc")).toBe("11:02:11");
  expect(shortTime(new Date("2030-03-04T11:02:11Z"), noon, "utc")).toBe("4 Mar, 11:02:11");
  expect(shortTime(new Date("2029-07-04T11:02:11Z"), noon, "utc")).toBe("4 Jul 2029");
});

test("the exact time names its zone", () => {
  expect(exactTime(noon, "utc")).toMatch(/Tuesday.*5 March 2030.*12:00:00 UTC/);
});

test("a duration is told in its two largest units", () => {
  expect(duration(400)).toBe("1 s");
  expect(duration(40_000)).toBe("40 s");
  expect(duration(200_000)).toBe("3 min 20 s");
  expect(duration(3 * 3600_000)).toBe("3 h");
  expect(duration(2 * 3600_000 + 300_000)).toBe("2 h 5 min");
  expect(duration(47 * 3600_000 + 3540_000)).toBe("47 h 59 min");
  expect(duration(48 * 3600_000)).toBe("2 days");
  expect(duration(76 * 3600_000 + 300_000)).toBe("3 days 4 h");
  expect(duration(96 * 3600_000 - 60_000)).toBe("4 days");
});

test("a time in a zone is that of a clock there, with the day when it is not today there", () => {
  const now = new Date("2026-11-30T20:00:00Z");
  expect(timeInZone(new Date("2026-11-30T22:30:00Z"), "Europe/Berlin", now)).toBe("23:30 Europe/Berlin");
  expect(timeInZone(new Date("2026-12-01T08:00:00Z"), "Europe/Berlin", now)).toBe("1 Dec 09:00 Europe/Berlin");
  expect(timeInZone(new Date("2027-01-01T08:00:00Z"), "UTC", now)).toBe("1 Jan 2027 08:00 UTC");
});

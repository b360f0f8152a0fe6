import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { instantOf } from "./schedule.ts";

const at = (local: string, zone: string) => {
  const scheduled = instantOf(local, zone);
  return "at" in scheduled ? scheduled.at.toISOString().replace(":00.000Z", "Z") : scheduled.problem;
};
const noteOf = (local: string, zone: string) => {
  const scheduled = instantOf(local, zone);
  return "at" in scheduled ? scheduled.note : `refused: ${scheduled.problem}`;
};

describe("a time by the clock of a zone", () => {
  test.each([
    ["2026-12-01T09:00", "Europe/Berlin", "2026-12-01T08:00Z"],
    ["2026-07-01T09:00", "Europe/Berlin", "2026-07-01T07:00Z"],
    ["2026-12-01T09:00", "UTC", "2026-12-01T09:00Z"],
    ["2026-12-01T09:00", "Asia/Kathmandu", "2026-12-01T03:15Z"],
    ["2026-12-01T09:00", "Pacific/Kiritimati", "2026-11-30T19:00Z"],
    ["2026-12-01T09:00", "Pacific/Marquesas", "2026-12-01T18:30Z"],
    ["2026-03-29T01:59", "Europe/Berlin", "2026-03-29T00:59Z"],
    ["2026-03-29T03:00", "Europe/Berlin", "2026-03-29T01:00Z"],
  ])("%s in %s is %s", (local, zone, expected) => {
    expect(at(local, zone)).toBe(expected);
    expect(noteOf(local, zone)).toBe(null);
  });

  test.each([
    ["2026-03-29T02:30", "Europe/Berlin", "2026-03-29T03:00"],
    ["2027-03-28T02:00", "Europe/Berlin", "2027-03-28T03:00"],
    ["2026-03-08T02:59", "America/New_York", "2026-03-08T03:00"],
    ["2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-04T02:30"],
    ["2011-12-30T09:00", "Pacific/Apia", "2011-12-31T00:00"],
  ])("%s in %s does not exist, and the words name %s", (local, zone, next) => {
    expect(at(local, zone)).toContain(`${local} does not exist in ${zone}`);
    expect(at(local, zone)).toContain(`The next time that does is ${next}.`);
    expect(at(next, zone)).toMatch(/Z$/);
  });

  test.each([
    ["2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30Z"],
    ["2027-10-31T02:00", "Europe/Berlin", "2027-10-31T00:00Z"],
    ["2026-11-01T01:30", "America/New_York", "2026-11-01T05:30Z"],
    ["2026-04-05T01:45", "Australia/Lord_Howe", "2026-04-04T14:45Z"],
  ])("%s in %s comes twice: the first is taken, and told", (local, zone, expected) => {
    expect(at(local, zone)).toBe(expected);
    expect(noteOf(local, zone)).toContain("twice");
  });

  test.each(["", "2026-12-01", "2026-12-01T24:00", "2026-02-30T09:00", "2026-12-01T09:00Z", "2026-12-01 09:00"])(
    "%j is no date and time",
    (local) => {
      expect(instantOf(local, "Europe/Berlin")).toEqual({ field: "local", problem: expect.stringContaining("write") });
    },
  );

  test("an unknown zone is said before anything else", () => {
    expect(instantOf("soon", "Atlantis")).toEqual({ field: "zone", problem: expect.stringContaining('"Atlantis"') });
  });
});

test("whatever minute a clock shows is found again, as the first moment that shows it", () => {
  const zones = "Europe/Berlin America/St_Johns Australia/Lord_Howe Asia/Kathmandu Africa/Cairo Pacific/Chatham UTC";
  const formats = new Map(
    zones
      .split(" ")
      .map((zone) => [
        zone,
        new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" }),
      ]),
  );
  const shown = (zone: string, ms: number) => formats.get(zone)!.format(ms).replace(" ", "T");
  const minutes = fc.integer({ min: Date.UTC(2024, 0) / 60_000, max: Date.UTC(2031, 0) / 60_000 });
  fc.assert(
    fc.property(fc.constantFrom(...formats.keys()), minutes, (zone, minute) => {
      const ms = minute * 60_000;
      const found = instantOf(shown(zone, ms), zone);
      if (!("at" in found)) throw new Error(found.problem);
      expect(shown(zone, found.at.getTime())).toBe(shown(zone, ms));
      // Either it is that very moment, or the second showing of an hour that comes twice.
      expect(found.at.getTime() === ms || (found.note !== null && found.at.getTime() < ms)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

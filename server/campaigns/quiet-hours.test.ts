import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { checkQuietHours, isTimeZone, type QuietHours, quietUntil } from "./quiet-hours.ts";

const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
const WEEKDAYS = [1, 2, 3, 4, 5];
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const quiet = (from: string, to: string, days = EVERY_DAY): QuietHours => ({ from, to, days, zone: "recipient" });
const until = (hours: QuietHours, zone: string, now: string) =>
  quietUntil(hours, zone, new Date(now))?.toISOString().replace(":00.000Z", "Z") ?? null;

describe("quiet hours over night", () => {
  const night = quiet("21:00", "09:00");

  test.each([
    ["by day nobody waits", "2026-01-14T12:00Z", null],
    ["the last moment of the evening is allowed", "2026-01-14T19:59:59.999Z", null],
    ["from the first moment on it is quiet", "2026-01-14T20:00Z", "2026-01-15T08:00Z"],
    ["after midnight the same morning counts", "2026-01-14T23:30Z", "2026-01-15T08:00Z"],
    ["a millisecond before the end it is still quiet", "2026-01-15T07:59:59.999Z", "2026-01-15T08:00Z"],
    ["the first moment of the morning is allowed", "2026-01-15T08:00Z", null],
  ])("%s", (_fact, now, expected) => expect(until(night, "Europe/Berlin", now)).toBe(expected));

  test("within one day they end on the same day", () => {
    expect(until(quiet("12:00", "13:30"), "Europe/Berlin", "2026-01-14T11:10Z")).toBe("2026-01-14T12:30Z");
    expect(until(quiet("12:00", "13:30"), "Europe/Berlin", "2026-01-14T10:59Z")).toBe(null);
  });

  test("the clock of the zone counts: the same moment is quiet in one and not in the other", () => {
    expect(until(night, "America/New_York", "2026-01-14T23:30Z")).toBe(null);
    expect(until(night, "Asia/Tokyo", "2026-01-14T23:30Z")).toBe("2026-01-15T00:00Z");
  });

  test("a zone that is three quarters of an hour off is met to the minute", () => {
    expect(until(night, "Asia/Kathmandu", "2026-01-14T03:14Z")).toBe("2026-01-14T03:15Z");
    expect(until(night, "Asia/Kathmandu", "2026-01-14T15:14Z")).toBe(null);
    expect(until(night, "Asia/Kathmandu", "2026-01-14T15:15Z")).toBe("2026-01-15T03:15Z");
  });
});

describe("the days of the week", () => {
  const office = quiet("21:00", "09:00", WEEKDAYS);

  test("what misses Friday evening waits for Monday morning", () => {
    expect(until(office, "Europe/Berlin", "2026-01-16T19:59Z")).toBe(null);
    expect(until(office, "Europe/Berlin", "2026-01-16T20:00Z")).toBe("2026-01-19T08:00Z");
    expect(until(office, "Europe/Berlin", "2026-01-18T12:00Z")).toBe("2026-01-19T08:00Z");
  });

  test("a day begins and ends at its own midnight, also where sending goes on over it", () => {
    const late = quiet("04:00", "18:00", [5]);
    expect(until(late, "Europe/Berlin", "2026-01-15T22:59Z")).toBe("2026-01-15T23:00Z");
    expect(until(late, "Europe/Berlin", "2026-01-16T22:59Z")).toBe(null);
    expect(until(late, "Europe/Berlin", "2026-01-16T23:00Z")).toBe("2026-01-22T23:00Z");
  });

  test("with one day a week, a whole week may pass", () => {
    expect(until(quiet("21:00", "09:00", [3]), "Europe/Berlin", "2026-01-14T20:00Z")).toBe("2026-01-21T08:00Z");
  });
});

describe("nights on which the clocks are changed", () => {
  test.each([
    // Clocks go from 02:00 to 03:00 at 01:00Z.
    [
      "spring 2026: an end in the gap is the first moment after it",
      "22:00",
      "02:30",
      "2026-03-28T23:30Z",
      "2026-03-29T01:00Z",
    ],
    [
      "spring 2027: an end in the gap is the first moment after it",
      "22:00",
      "02:30",
      "2027-03-27T23:30Z",
      "2027-03-28T01:00Z",
    ],
    [
      "spring 2026: an end after the gap comes an hour sooner",
      "22:00",
      "09:00",
      "2026-03-28T23:30Z",
      "2026-03-29T07:00Z",
    ],
    [
      "spring 2026: a start in the gap starts right after it",
      "02:30",
      "09:00",
      "2026-03-29T01:00Z",
      "2026-03-29T07:00Z",
    ],
    ["spring 2026: and not before it", "02:30", "09:00", "2026-03-29T00:59Z", null],
    // Clocks go from 03:00 back to 02:00 at 01:00Z.
    ["autumn 2026: an end after it comes an hour later", "22:00", "09:00", "2026-10-24T22:30Z", "2026-10-25T08:00Z"],
    ["autumn 2027: an end after it comes an hour later", "22:00", "09:00", "2027-10-30T22:30Z", "2027-10-31T08:00Z"],
    [
      "autumn 2026: an end in the hour that comes twice is the first of the two",
      "22:00",
      "02:30",
      "2026-10-24T22:30Z",
      "2026-10-25T00:30Z",
    ],
    [
      "autumn 2026: the half hour that is shown again before the end is quiet again",
      "22:00",
      "02:30",
      "2026-10-25T01:00Z",
      "2026-10-25T01:30Z",
    ],
    ["autumn 2026: a start in that hour holds at once", "02:30", "09:00", "2026-10-25T00:30Z", "2026-10-25T01:00Z"],
    [
      "autumn 2026: the quiet half of it ends for as long as the clock shows an earlier time",
      "02:30",
      "09:00",
      "2026-10-25T01:10Z",
      null,
    ],
    ["autumn 2026: and is quiet the second time as well", "02:30", "09:00", "2026-10-25T01:30Z", "2026-10-25T08:00Z"],
  ])("Berlin, %s", (_fact, from, to, now, expected) => {
    expect(until(quiet(from, to), "Europe/Berlin", now)).toBe(expected);
  });

  test("New York goes forward on 8 March 2026 at 07:00Z, and back on 1 November at 06:00Z", () => {
    expect(until(quiet("22:00", "02:30"), "America/New_York", "2026-03-08T05:00Z")).toBe("2026-03-08T07:00Z");
    expect(until(quiet("22:00", "09:00"), "America/New_York", "2026-03-08T05:00Z")).toBe("2026-03-08T13:00Z");
    expect(until(quiet("22:00", "09:00"), "America/New_York", "2026-11-01T05:00Z")).toBe("2026-11-01T14:00Z");
  });

  test("Lord Howe moves its clocks by half an hour: forward on 3 October 2026 at 15:30Z, back on 4 April at 15:00Z", () => {
    expect(until(quiet("22:00", "02:10"), "Australia/Lord_Howe", "2026-10-03T14:00Z")).toBe("2026-10-03T15:30Z");
    expect(until(quiet("22:00", "02:40"), "Australia/Lord_Howe", "2026-10-03T14:00Z")).toBe("2026-10-03T15:40Z");
    expect(until(quiet("22:00", "09:00"), "Australia/Lord_Howe", "2026-04-04T14:00Z")).toBe("2026-04-04T22:30Z");
  });

  test("where a whole day is left out, so is its sending: Samoa had no 30 December 2011", () => {
    expect(until(quiet("21:00", "09:00", [5]), "Pacific/Apia", "2011-12-30T09:00Z")).toBe("2012-01-05T19:00Z");
  });

  test("where the clocks take the only allowed hour of a week, the next week has it", () => {
    expect(until(quiet("03:00", "02:00", [7]), "Europe/Berlin", "2026-03-27T12:00Z")).toBe("2026-04-05T00:00Z");
  });
});

describe("for any quiet hours, zone and moment", () => {
  test("it waits if and only if a clock on the wall shows a quiet time", () => {
    fc.assert(
      fc.property(anyQuiet, anyMoment, (hours, { zone, now }) => {
        expect(quietUntil(hours, zone, now) === null).toBe(!isQuietByTheWall(hours, zone, now));
      }),
      { numRuns: 1_000 },
    );
  });

  test("it waits until an allowed moment, and not past an earlier one", () => {
    fc.assert(
      fc.property(anyQuiet, anyMoment, (hours, { zone, now }) => {
        const end = quietUntil(hours, zone, now);
        if (end === null) return;
        expect(end.getTime()).toBeGreaterThan(now.getTime());
        expect(isQuietByTheWall(hours, zone, end)).toBe(false);
        const before = [1, MINUTE_MS].map((ms) => Math.max(now.getTime(), end.getTime() - ms));
        for (let at = now.getTime(); at < end.getTime(); at += 10 * MINUTE_MS) before.push(at);
        expect(before.filter((at) => !isQuietByTheWall(hours, zone, new Date(at)))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

const ZONES = [
  ..."Europe/Berlin Europe/London Europe/Dublin America/New_York America/St_Johns America/Sao_Paulo".split(" "),
  ..."Australia/Lord_Howe Australia/Adelaide Asia/Kathmandu Asia/Tehran Asia/Kolkata Pacific/Chatham".split(" "),
  ..."Pacific/Apia Pacific/Kiritimati Pacific/Marquesas Africa/Casablanca Africa/Cairo Antarctica/Troll".split(" "),
  ..."America/Havana America/Asuncion Asia/Beirut Asia/Gaza UTC".split(" "),
];

const formats = new Map<string, Intl.DateTimeFormat>();

/** The rule once more, by what the system's calendar prints, for the test alone. */
function isQuietByTheWall({ from, to, days }: QuietHours, zone: string, at: Date): boolean {
  const options = { timeZone: zone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  if (!formats.has(zone)) formats.set(zone, new Intl.DateTimeFormat("en-GB", options));
  const parts = formats.get(zone)!.formatToParts(at);
  const part = (type: string) => parts.find((p) => p.type === type)!.value;
  const time = `${part("hour")}:${part("minute")}`;
  const weekday = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].indexOf(part("weekday")) + 1;
  if (!days.includes(weekday)) return true;
  return from < to ? from <= time && time < to : from <= time || time < to;
}

const START = Date.UTC(2024, 0, 1);
const DAYS = 6 * 365;

/** The days on which a zone's clocks are changed: where mistakes would hide. */
function changesOf(zone: string): number[] {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "longOffset" });
  const offsetOn = (day: number) => format.format(START + day * DAY_MS).split("GMT")[1];
  return Array.from({ length: DAYS }, (_, day) => day).filter((day) => offsetOn(day) !== offsetOn(day + 1));
}
const CHANGES = new Map(ZONES.map((zone) => [zone, changesOf(zone)]));

const anyTime = fc
  .tuple(fc.nat({ max: 23 }), fc.constantFrom(0, 0, 15, 30, 45, 59))
  .map(([hours, minutes]) => `${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`);
const anyQuiet: fc.Arbitrary<QuietHours> = fc
  .record({
    from: anyTime,
    to: anyTime,
    days: fc.subarray(EVERY_DAY, { minLength: 1 }),
    zone: fc.constant("recipient" as const),
  })
  .filter(({ from, to }) => from !== to);
const anyMoment = fc.constantFrom(...ZONES).chain((zone) => {
  const anyDay = fc.nat({ max: DAYS });
  const changes = CHANGES.get(zone)!;
  const day = changes.length > 0 ? fc.oneof(anyDay, fc.constantFrom(...changes)) : anyDay;
  return fc
    .tuple(day, fc.integer({ min: -DAY_MS, max: 2 * DAY_MS }))
    .map(([days, ms]) => ({ zone, now: new Date(START + days * DAY_MS + ms) }));
});

describe("quiet hours as they are typed", () => {
  const fieldsOf = (from: string, to: string, days: number[]) =>
    checkQuietHours({ from, to, days }).map(({ field }) => field);

  test.each([
    ["21:00", "09:00", WEEKDAYS, []],
    ["00:00", "23:59", [7], []],
    ["9:00", "24:00", EVERY_DAY, ["from", "to"]],
    ["", "09:00", EVERY_DAY, ["from"]],
    ["21:60", "09:00\n", EVERY_DAY, ["from", "to"]],
    ["09:00", "09:00", EVERY_DAY, ["to"]],
    ["21:00", "09:00", [], ["days"]],
    ["21:00", "09:00", [0], ["days"]],
    ["21:00", "09:00", [1, 8], ["days"]],
    ["21:00", "09:00", [1.5, NaN], ["days"]],
  ])("from %j to %j on %j: wrong are %j", (from, to, days, fields) => {
    expect(fieldsOf(from, to, days)).toEqual(fields);
  });

  test("a zone is a name that the machine knows, and not a mere distance from UTC", () => {
    expect(["Europe/Berlin", "UTC", "Asia/Kathmandu"].filter(isTimeZone)).toHaveLength(3);
    expect(["", "Berlin", "+02:00", "Europe/Berlin; x", "Europe/Atlantis"].filter(isTimeZone)).toEqual([]);
  });

  test("an unknown zone is no reason to send at night", () => {
    expect(() => quietUntil(quiet("21:00", "09:00"), "Europe/Atlantis", new Date())).toThrow(/Atlantis/);
  });
});

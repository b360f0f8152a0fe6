import { describe, expect, test } from "@jest/globals";
import { DateTime } from "luxon";
import { InsightsInterval, type RangeAsked, rangeBefore, rangeOf, splitHours, stepsOf } from "./range.ts";

const at = (text: string) => new Date(text);
const asked = (from: string, to: string, more: Partial<RangeAsked> = {}) =>
  rangeOf({ from: at(from), to: at(to), ...more }, "UTC");
const texts = (dates: Date[]) => dates.map((date) => date.toISOString());

describe("a range", () => {
  test("is rounded down to quarters of an hour at both ends", () => {
    const range = asked("2026-11-01T10:14:59.999Z", "2026-11-01T11:15:00.000Z");
    expect(texts([range.from, range.to])).toEqual(["2026-11-01T10:00:00.000Z", "2026-11-01T11:15:00.000Z"]);
  });

  test.each([
    ["ends before it begins", "2026-11-02T00:00:00Z", "2026-11-01T00:00:00Z", {}, "range.to: "],
    ["is shorter than a quarter", "2026-11-02T00:01:00Z", "2026-11-02T00:14:00Z", {}, "range.to: "],
    ["is longer than 10 years", "2016-11-01T00:00:00Z", "2026-11-02T00:00:00Z", {}, "range: may be 10 years"],
    [
      "names no zone",
      "2026-11-01T00:00:00Z",
      "2026-11-02T00:00:00Z",
      { timeZone: "Mars/Base" },
      "range.timeZone: “Mars",
    ],
    [
      "has too many steps",
      "2026-01-01T00:00:00Z",
      "2026-11-02T00:00:00Z",
      { per: InsightsInterval.HOUR },
      "range.per: ",
    ],
  ])("that %s is refused with words", (_, from, to, more, words) => {
    expect(() => asked(from, to, more)).toThrow(words);
  });

  test.each([
    ["2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z", InsightsInterval.HOUR],
    ["2026-11-01T00:00:00Z", "2026-11-03T00:15:00Z", InsightsInterval.DAY],
    ["2026-08-01T00:00:00Z", "2026-11-01T00:00:00Z", InsightsInterval.DAY],
    ["2025-11-01T00:00:00Z", "2026-11-01T00:00:00Z", InsightsInterval.WEEK],
    ["2017-11-01T00:00:00Z", "2026-11-01T00:00:00Z", InsightsInterval.MONTH],
  ])("from %s to %s is told by itself per %s", (from, to, per) => {
    const range = asked(from, to);
    expect(range.per).toBe(per);
    expect(stepsOf(range).length).toBeLessThanOrEqual(400);
  });
});

describe("steps", () => {
  test("begin with the range, then at midnight there; the last is cut off by its end", () => {
    const range = asked("2026-10-24T15:00:00Z", "2026-10-27T01:00:00Z", {
      timeZone: "Europe/Berlin",
      per: InsightsInterval.DAY,
    });
    // The clocks there go back on the 25th.
    expect(texts(stepsOf(range))).toEqual([
      ...[
        "2026-10-24T15:00:00.000Z",
        "2026-10-24T22:00:00.000Z",
        "2026-10-25T23:00:00.000Z",
        "2026-10-26T23:00:00.000Z",
      ],
    ]);
  });

  test("begin at midnight after a day that has none, since the clocks went forward at it", () => {
    const zone = { timeZone: "Africa/Cairo" };
    // The first moment of the 24th is 01:00 there.
    const range = asked("2026-04-23T22:00:00Z", "2026-04-26T21:00:00Z", { ...zone, per: InsightsInterval.DAY });
    expect(texts(stepsOf(range))).toEqual([
      ...["2026-04-23T22:00:00.000Z", "2026-04-24T21:00:00.000Z", "2026-04-25T21:00:00.000Z"],
    ]);
  });

  test("of an hour are an hour each, through the night in which one comes twice", () => {
    const range = asked("2026-10-24T22:00:00Z", "2026-10-25T04:00:00Z", { timeZone: "Europe/Berlin" });
    const steps = stepsOf(range);
    expect(steps).toHaveLength(6);
    for (const [i, step] of steps.slice(1).entries()) expect(step.getTime() - steps[i]!.getTime()).toBe(3_600_000);
  });

  test("begin on the quarter in zones that are not whole hours from UTC", () => {
    const range = asked("2026-11-01T00:00:00Z", "2026-11-01T03:00:00Z", { timeZone: "Asia/Kathmandu" });
    expect(texts(stepsOf(range)).slice(0, 2)).toEqual(["2026-11-01T00:00:00.000Z", "2026-11-01T00:15:00.000Z"]);
  });

  test.each([InsightsInterval.WEEK, InsightsInterval.MONTH])("of a %s begin where the calendar says", (per) => {
    const range = asked("2026-01-07T00:00:00Z", "2026-12-20T00:00:00Z", { timeZone: "America/New_York", per });
    for (const step of stepsOf(range).slice(1)) {
      const there = DateTime.fromJSDate(step, { zone: "America/New_York" });
      expect(there.startOf("day").toMillis()).toBe(step.getTime());
      expect(per === InsightsInterval.WEEK ? there.weekday : there.day).toBe(1);
    }
  });
});

describe("the hours that are split", () => {
  test.each([
    ["none where everything begins on the hour", "UTC", "2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z", []],
    ["those of both ends", "UTC", "2026-11-01T09:15:00Z", "2026-11-01T11:45:00Z", ["01T09", "01T11"]],
    ["one, once", "UTC", "2026-11-01T09:15:00Z", "2026-11-01T09:45:00Z", ["01T09"]],
    ["one a day in India", "Asia/Kolkata", "2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z", ["01T18", "02T18"]],
  ])("are %s", (_, timeZone, from, to, hours) => {
    const range = asked(from, to, { timeZone, per: InsightsInterval.DAY });
    expect(texts(splitHours([...stepsOf(range), range.to]))).toEqual(hours.map((hour) => `2026-11-${hour}:00:00.000Z`));
  });
});

describe("the time before", () => {
  test("of whole days is as many days, whatever the clocks did", () => {
    const zone = { timeZone: "Europe/Berlin" };
    // The week after the clocks went back, and the week with that day, which has an hour more.
    const range = asked("2026-10-25T23:00:00Z", "2026-11-01T23:00:00Z", zone);
    expect(texts([rangeBefore(range).from, rangeBefore(range).to])).toEqual([
      ...["2026-10-18T22:00:00.000Z", "2026-10-25T23:00:00.000Z"],
    ]);
  });

  test("of whole days the first of which has no midnight is as many days", () => {
    const range = asked("2026-04-23T22:00:00Z", "2026-04-26T21:00:00Z", { timeZone: "Africa/Cairo" });
    expect(texts([rangeBefore(range).from, rangeBefore(range).to])).toEqual([
      ...["2026-04-20T22:00:00.000Z", "2026-04-23T22:00:00.000Z"],
    ]);
  });

  test("of the hour that comes twice is an hour, though the clocks show the same at both ends", () => {
    const range = asked("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", { timeZone: "Europe/Berlin" });
    expect(texts([rangeBefore(range).from])).toEqual(["2026-10-24T23:30:00.000Z"]);
  });

  test("of anything else is of the same length", () => {
    const range = asked("2026-11-01T10:00:00Z", "2026-11-01T12:30:00Z");
    expect(texts([rangeBefore(range).from, rangeBefore(range).to])).toEqual([
      ...["2026-11-01T07:30:00.000Z", "2026-11-01T10:00:00.000Z"],
    ]);
  });
});

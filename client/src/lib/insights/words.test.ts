import { expect, test } from "@jest/globals";
import {
  compareSeconds,
  compareShares,
  compareStars,
  daysInWords,
  stepInWords,
  tickInWords,
  timeInWords,
} from "./words.ts";

test("days are told by the first and the last of them", () => {
  expect(daysInWords("2026-10-01", "2026-10-01")).toBe("1 Oct 2026");
  expect(daysInWords("2026-10-01", "2026-11-30")).toBe("1 Oct to 30 Nov 2026");
  expect(daysInWords("2026-12-20", "2027-01-05")).toBe("20 Dec 2026 to 5 Jan 2027");
  expect(timeInWords("2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z", "Europe/Berlin")).toBe("1 Oct to 31 Oct 2026");
});

test("a step is named by when it begins there", () => {
  const start = "2026-09-30T22:00:00Z";
  expect(stepInWords(start, "DAY", "Europe/Berlin")).toBe("1 Oct 2026");
  expect(stepInWords("2026-10-05T00:00:00Z", "WEEK", "UTC")).toBe("5 Oct 2026");
  expect(stepInWords(start, "MONTH", "Europe/Berlin")).toBe("Oct 2026");
  expect(stepInWords(start, "HOUR", "Europe/Berlin")).toBe("1 Oct, 00:00");
  const ticks = (["HOUR", "DAY", "WEEK", "MONTH"] as const).map((per) => tickInWords(start, per, "Europe/Berlin"));
  expect(ticks).toEqual(["00:00", "1 Oct", "1 Oct", "Oct 2026"]);
});

test("a figure stands beside the one before, with the change in words", () => {
  expect(compareShares(0.312, 0.28)).toEqual({ before: "28 %", change: "up 3.2 points" });
  expect(compareShares(0.28, 0.312)).toEqual({ before: "31.2 %", change: "down 3.2 points" });
  expect(compareStars(4.33, 4.21)).toEqual({ before: "4.21", change: "up 0.12" });
  expect(compareSeconds(7_500, 8_220)).toEqual({ before: "2 h 17 min", change: "12 min faster" });
  expect(compareSeconds(8_220, 7_500)).toEqual({ before: "2 h 5 min", change: "12 min slower" });
  expect(compareSeconds(81_240, 78_451)).toEqual({ before: "21 h 47 min", change: "47 min slower" });
  expect(compareSeconds(180_000, 172_700)).toEqual({ before: "47 h 58 min", change: "2 h 2 min slower" });
});

test("a change is the one between the two figures that are read, and one point is one", () => {
  expect(compareShares(0.2804, 0.2496)).toEqual({ before: "25 %", change: "up 3 points" });
  expect(compareShares(0.2496, 0.2804)).toEqual({ before: "28 %", change: "down 3 points" });
  expect(compareStars(4.214, 4.105)).toEqual({ before: "4.11", change: "up 0.10" });
  expect(compareShares(0.29, 0.28)).toEqual({ before: "28 %", change: "up 1 point" });
  expect(compareShares(0.28, 0.29)).toEqual({ before: "29 %", change: "down 1 point" });
});

test("what reads the same has not changed, and what is missing is not compared", () => {
  expect(compareShares(0.28001, 0.28)).toEqual({ before: "28 %", change: "no change" });
  expect(compareStars(null, 4)).toEqual({ before: "4.00", change: null });
  expect(compareSeconds(40, null)).toEqual({ before: null, change: null });
});

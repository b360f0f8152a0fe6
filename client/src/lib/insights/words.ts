import { averageInWords, shareInWords } from "../responses/words.ts";
import { counted } from "../ui/numbers.ts";
import { duration } from "../ui/times.ts";
import { addDays, type Day, dayAt } from "./days.ts";
import type { Interval } from "./documents.ts";

const DAY = { day: "numeric", month: "short", timeZone: "UTC" } as const;
const ofYear = new Intl.DateTimeFormat("en-GB", { ...DAY, year: "numeric" });
const ofMonth = new Intl.DateTimeFormat("en-GB", DAY);
const month = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });

/** "1 Oct 2026", "1 Oct to 30 Nov 2026", "20 Dec 2026 to 5 Jan 2027": days, the last of them included. */
export function daysInWords(first: Day, last: Day): string {
  if (first === last) return dayInWords(last);
  const start = first.slice(0, 4) === last.slice(0, 4) ? ofMonth.format(asDate(first)) : dayInWords(first);
  return `${start} to ${dayInWords(last)}`;
}

/** The same of a time from its first moment to the one after it, on the clocks of a zone. */
export function timeInWords(from: string, to: string, zone: string): string {
  return daysInWords(dayAt(new Date(from), zone), addDays(dayAt(new Date(to), zone), -1));
}

/** When a step of a course begins, as short as its length allows: "1 Oct 2026", "Oct 2026", "1 Oct, 14:00". */
export function stepInWords(start: string, per: Interval, zone: string): string {
  if (per === "MONTH") return month.format(dateAt(start, zone));
  if (per !== "HOUR") return ofYear.format(dateAt(start, zone));
  return `${ofMonth.format(dateAt(start, zone))}, ${clockAt(start, zone)}`;
}

/** The same on an axis, where its neighbours say the rest: "1 Oct", "Oct 2026", "14:00". */
export function tickInWords(start: string, per: Interval, zone: string): string {
  if (per === "MONTH") return month.format(dateAt(start, zone));
  return per === "HOUR" ? clockAt(start, zone) : ofMonth.format(dateAt(start, zone));
}

export const STEP_WORDS: Record<Interval, string> = {
  HOUR: "Hour from",
  DAY: "Day",
  WEEK: "Week from",
  MONTH: "Month",
};

/** A figure beside the one of the period before. The change is the one between the two as they are read. */
export interface Compared {
  /** What it was in the period before; null where there was none. */
  before: string | null;
  /** How it changed since; null where one of the two is missing. */
  change: string | null;
}

/** "28 %" and "up 3.2 points"; shares are 0 to 1. */
export function compareShares(now: number | null, before: number | null): Compared {
  const points = (percent: number) => counted(Number(percent.toFixed(1)), "point");
  const words = (by: number) => (by > 0 ? `up ${points(by)}` : `down ${points(-by)}`);
  const asRead = (share: number | null) => share && Number((share * 100).toFixed(1));
  return compare(asRead(now), asRead(before), (percent) => shareInWords(percent / 100), words);
}

/** "4.21" and "down 0.12". */
export function compareStars(now: number | null, before: number | null): Compared {
  const words = (by: number) => (by > 0 ? `up ${by.toFixed(2)}` : `down ${(-by).toFixed(2)}`);
  const asRead = (stars: number | null) => stars && Number(averageInWords(stars));
  return compare(asRead(now), asRead(before), averageInWords, words);
}

/** "2 h 5 min" and "12 min faster". */
export function compareSeconds(now: number | null, before: number | null): Compared {
  const words = (by: number) => (by > 0 ? `${durationInWords(by)} slower` : `${durationInWords(-by)} faster`);
  return compare(now && secondsAsRead(now), before && secondsAsRead(before), durationInWords, words);
}

const MINUTE = 60;
const HOUR = 3_600;
/** From so many seconds on, durations are told in days and hours. */
const DAYS_FROM = 48 * HOUR;

/** As exact as `durationInWords` tells it. */
function secondsAsRead(seconds: number): number {
  if (seconds >= DAYS_FROM) return Math.round(seconds / HOUR) * HOUR;
  return seconds >= HOUR ? Math.floor(seconds / MINUTE) * MINUTE : Math.round(seconds);
}

export function durationInWords(seconds: number): string {
  return duration(seconds * 1000);
}

function compare(
  now: number | null,
  before: number | null,
  figure: (value: number) => string,
  change: (by: number) => string,
): Compared {
  if (before === null) return { before: null, change: null };
  if (now === null) return { before: figure(before), change: null };
  // What reads the same is the same.
  const isSame = figure(now) === figure(before);
  return { before: figure(before), change: isSame ? "no change" : change(now - before) };
}

function dayInWords(day: Day): string {
  return ofYear.format(asDate(day));
}

function dateAt(moment: string, zone: string): Date {
  return asDate(dayAt(new Date(moment), zone));
}

function clockAt(moment: string, zone: string): string {
  const clock = { hour: "2-digit", minute: "2-digit", timeZone: zone } as const;
  return new Date(moment).toLocaleTimeString("en-GB", clock);
}

function asDate(day: Day): Date {
  return new Date(`${day}T00:00:00Z`);
}

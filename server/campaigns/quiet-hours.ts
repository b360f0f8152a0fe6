import { changeBetween, isTimeZone, offsetMs } from "../platform/time-zone.ts";

export { isTimeZone };

/** When nobody is written to. Times are those of a clock on the wall in the zone that counts. */
export interface QuietHours {
  /** "21:00": sending stops. */
  from: string;
  /** "09:00": sending starts again. May be earlier than `from`: over midnight. */
  to: string;
  /** ISO weekdays, 1 (Monday) to 7, on which there is sending at all. Never empty. */
  days: number[];
  /** Whose clock counts: the recipient's, or that of the workspace. */
  zone: "recipient" | "workspace";
}

/**
 * Null when sending is allowed at this moment in that zone, else the first instant at which it is.
 *
 * What a clock on the wall shows decides, and the weekday of its own midnight to midnight. So where clocks go forward
 * over `to`, sending starts with the first moment after the gap; where they go over `from`, it stops there. Where an
 * hour comes twice and `from` or `to` lies in it, both passes of the hour are judged alike: what is quiet stays quiet
 * each time it is shown, and nobody ever gets a message while their clock shows a quiet time.
 *
 * Takes only what `checkQuietHours` has no complaint about; throws for an unknown zone.
 */
export function quietUntil(quiet: QuietHours, zone: string, now: Date): Date | null {
  let atMs = now.getTime();
  // A whole day at a time, and stopping where the clocks are changed: in between, the clock runs evenly.
  for (let days = 0; days < SEARCHED_DAYS; days += 1) {
    const offset = offsetMs(zone, atMs);
    const waitMs = msUntilAllowed(quiet, atMs + offset);
    if (waitMs === 0) return days === 0 ? null : new Date(atMs);
    const nextMs = atMs + Math.min(waitMs, DAY_MS);
    atMs = offsetMs(zone, nextMs) === offset ? nextMs : changeBetween(zone, atMs, nextMs);
  }
  throw new RangeError(`quiet hours from ${quiet.from} to ${quiet.to} on days ${quiet.days.join()} never end`);
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** A week, and another where a change of the clocks takes the only allowed hour, and what such changes add. */
const SEARCHED_DAYS = 30;

/** How long an evenly running clock takes from what it shows to the next allowed time; 0 where that is allowed. */
function msUntilAllowed({ from, to, days }: QuietHours, wallMs: number): number {
  const [fromMs, toMs] = [msOfDay(from), msOfDay(to)];
  const timeMs = modulo(wallMs, DAY_MS);
  const isQuiet = fromMs < toMs ? fromMs <= timeMs && timeMs < toMs : fromMs <= timeMs || timeMs < toMs;
  const midnightMs = DAY_MS - timeMs;
  if (!days.includes(weekdayOf(wallMs))) return midnightMs;
  if (!isQuiet) return 0;
  return timeMs < toMs ? toMs - timeMs : midnightMs;
}

// The first of January 1970 was a Thursday.
function weekdayOf(wallMs: number): number {
  return modulo(Math.floor(wallMs / DAY_MS) + 3, 7) + 1;
}

function msOfDay(time: string): number {
  const [hours, minutes] = time.split(":").map(Number);
  return (hours! * 60 + minutes!) * MINUTE_MS;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

/** What is wrong with quiet hours as they were typed, each with its place in them and words for a person. */
export function checkQuietHours(
  input: Pick<QuietHours, "from" | "to"> & { days: readonly number[] },
): { field: "from" | "to" | "days"; message: string }[] {
  const problems: ReturnType<typeof checkQuietHours> = [];
  for (const field of ["from", "to"] as const) {
    const words = `"${input[field].slice(0, 20)}" is no time of day: write hours and minutes, from 00:00 to 23:59.`;
    if (!TIME_OF_DAY.test(input[field])) problems.push({ field, message: words });
  }
  if (problems.length === 0 && input.from === input.to) {
    const words = "From and to are the same time, so the whole day would be quiet: give a time between.";
    problems.push({ field: "to", message: words });
  }
  if (input.days.length === 0) {
    problems.push({ field: "days", message: "No day is left for sending: choose at least one." });
  }
  if (input.days.some((day) => !(Number.isInteger(day) && day >= 1 && day <= 7))) {
    problems.push({ field: "days", message: "Days are the numbers 1 (Monday) to 7 (Sunday)." });
  }
  return problems;
}

const TIME_OF_DAY = /^([01]\d|2[0-3]):[0-5]\d$/;

import { DateTime, type DurationLike } from "luxon";
import { badInput } from "../platform/errors.ts";
import { isTimeZone } from "../platform/time-zone.ts";

/** How long the steps are that a course over time is told in. */
export enum InsightsInterval {
  HOUR = "hour",
  DAY = "day",
  WEEK = "week",
  MONTH = "month",
}

/** A time of whole quarters of an hour, from the first moment to before the last, on the clocks of a zone. */
export interface Range {
  from: Date;
  to: Date;
  timeZone: string;
  per: InsightsInterval;
}

/** What a caller asked for; what is left out is chosen. */
export interface RangeAsked {
  from: Date;
  to: Date;
  timeZone?: string | null;
  per?: InsightsInterval | null;
}

export const QUARTER_MS = 15 * 60_000;
const HOUR_MS = 4 * QUARTER_MS;
const DAY_MS = 86_400_000;
/** Steps of one course. */
const STEPS_MAX = 400;
export const RANGE_YEARS_MAX = 10;

/** Figures are kept by quarters of an hour: both ends are rounded down to one. Throws BAD_USER_INPUT for what is no range. */
export function rangeOf({ from, to, timeZone, per }: RangeAsked, workspaceZone: string): Range {
  const zone = timeZone ?? workspaceZone;
  if (!isTimeZone(zone))
    throw badInput("range.timeZone", `“${zone.slice(0, 60)}” is no time zone of the IANA database.`);
  const [first, last] = [downToQuarter(from), downToQuarter(to)];
  if (first >= last) throw badInput("range.to", "must be at least a quarter of an hour after `from`.");
  if (DateTime.fromJSDate(first).plus({ years: RANGE_YEARS_MAX }).toJSDate() < last)
    throw badInput("range", `may be ${RANGE_YEARS_MAX} years at most.`);
  const range = {
    from: first,
    to: last,
    timeZone: zone,
    per: per ?? fittingInterval(last.getTime() - first.getTime()),
  };
  if (stepsOf(range).length > STEPS_MAX)
    throw badInput("range.per", `gives more than ${STEPS_MAX} steps; ask for longer ones or for a shorter range.`);
  return range;
}

function downToQuarter(moment: Date): Date {
  return new Date(Math.floor(moment.getTime() / QUARTER_MS) * QUARTER_MS);
}

function fittingInterval(ms: number): InsightsInterval {
  if (ms <= 2 * DAY_MS) return InsightsInterval.HOUR;
  if (ms <= 93 * DAY_MS) return InsightsInterval.DAY;
  return ms <= 2 * 366 * DAY_MS ? InsightsInterval.WEEK : InsightsInterval.MONTH;
}

/** When each step begins: the first with the range, the others by the zone's clocks. One more than allowed is the most. */
export function stepsOf({ from, to, timeZone, per }: Range): Date[] {
  const steps = [from];
  const first = DateTime.fromJSDate(from, { zone: timeZone }).startOf(per);
  for (let n = 1; steps.length <= STEPS_MAX; n += 1) {
    // Anew: where the first day has no midnight, as many days later is an hour past it.
    const next = first.plus(times(per, n)).startOf(per).toJSDate();
    if (next >= to) break;
    if (next > steps.at(-1)!) steps.push(next);
  }
  return steps;
}

/** The hours of UTC that an edge of a step lies within: the first moment of each. */
export function splitHours(edges: readonly Date[]): Date[] {
  const hours = edges
    .filter((edge) => edge.getTime() % HOUR_MS !== 0)
    .map((edge) => Math.floor(edge.getTime() / HOUR_MS) * HOUR_MS);
  return [...new Set(hours)].map((hour) => new Date(hour));
}

function times(per: InsightsInterval, n: number): DurationLike {
  return { [per]: n };
}

/** The time of the same length right before: as many days on the zone's clocks where the range is of whole days. */
export function rangeBefore(range: Range): Range {
  const { from, to, timeZone } = range;
  const first = DateTime.fromJSDate(from, { zone: timeZone });
  const days = onCalendar(DateTime.fromJSDate(to, { zone: timeZone })).diff(onCalendar(first), "days").days;
  const isWhole = days >= 1 && Number.isInteger(days);
  const before = isWhole ? first.minus({ days }) : first.minus(to.getTime() - from.getTime());
  return { ...range, from: (isWhole && beginsDay(first) ? before.startOf("day") : before).toJSDate(), to: from };
}

/** What the clocks show, without their changes. A day that has no midnight begins at it all the same. */
function onCalendar(moment: DateTime): DateTime {
  const shown = moment.setZone("utc", { keepLocalTime: true });
  return beginsDay(moment) ? shown.startOf("day") : shown;
}

function beginsDay(moment: DateTime): boolean {
  return moment.toMillis() === moment.startOf("day").toMillis();
}

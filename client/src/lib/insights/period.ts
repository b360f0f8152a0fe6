import { addDays, type Day, dayAt, readDay, startOf } from "./days.ts";

/** What the page tells of: the last so many days, or days from one to another, and a campaign or all of them. */
export interface Asked {
  period: LastDays | Between;
  campaignId: string | null;
}
interface LastDays {
  /** Whole days, today among them. */
  days: number;
}
interface Between {
  first: Day;
  /** It belongs to the period. */
  last: Day;
}

export const LAST_DAYS = [7, 30, 90, 365] as const;
const DAYS_AT_FIRST = 30;
/** The API tells of so many years at most. */
const YEARS_MAX = 10;

/** Reads the address; what is not understood counts as not said, but for days, about which a sentence tells what is wrong. */
export function readAsked(query: URLSearchParams): { asked: Asked; problem: string | null } {
  const campaignId = query.get("campaign") || null;
  const days = LAST_DAYS.find((one) => String(one) === query.get("days")) ?? DAYS_AT_FIRST;
  if (!query.has("from") && !query.has("to")) return { asked: { period: { days }, campaignId }, problem: null };
  const [first, last] = [readDay(query.get("from")), readDay(query.get("to"))];
  const problem = problemOf(first, last);
  return { asked: { period: first && last && !problem ? { first, last } : { days }, campaignId }, problem };
}

function problemOf(first: Day | null, last: Day | null): string | null {
  if (!first || !last) return "A period of your own needs its first day and its last day.";
  if (last < first) return "The last day must not be before the first one.";
  return last >= yearsAfter(first) ? `A period is ${YEARS_MAX} years long at most.` : null;
}

function yearsAfter(day: Day): Day {
  return String(Number(day.slice(0, 4)) + YEARS_MAX).padStart(4, "0") + day.slice(4);
}

/** The page's address. Inverse of `readAsked`. */
export function insightsAddress({ period, campaignId }: Asked): string {
  const query = new URLSearchParams(periodFields(period));
  if (campaignId) query.set("campaign", campaignId);
  const text = query.toString();
  return `/insights${text && "?"}${text}`;
}

/** The period as fields of an address or a form; none for the one that is meant when nothing is said. */
export function periodFields(period: Asked["period"]): [name: string, value: string][] {
  if (!("days" in period))
    return [
      ["from", period.first],
      ["to", period.last],
    ];
  return period.days === DAYS_AT_FIRST ? [] : [["days", String(period.days)]];
}

/** The first and the last day that are meant, on the clocks of a zone. */
export function daysOf(period: Asked["period"], zone: string, now: Date): Between {
  if (!("days" in period)) return period;
  const today = dayAt(now, zone);
  return { first: addDays(today, 1 - period.days), last: today };
}

/** The same as moments: the first one, and the first one after it. */
export function rangeOf({ first, last }: Between, zone: string): { from: Date; to: Date } {
  return { from: startOf(first, zone), to: startOf(addDays(last, 1), zone) };
}

/** Where what customers answered in that time is had as a file. */
export function exportAddress({ from, to }: { from: Date; to: Date }, campaignId: string | null): string {
  const query = new URLSearchParams({ from: from.toISOString(), before: to.toISOString() });
  if (campaignId) query.set("campaign", campaignId);
  return `/exports/responses.csv?${query}`;
}

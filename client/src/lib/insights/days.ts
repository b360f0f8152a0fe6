/** A day of the calendar, "2026-10-25"; two of them compare as texts do. */
export type Day = string;

/** Reads a day as a date field writes it; null for what is none, 30 February among it. */
export function readDay(text: string | null): Day | null {
  if (!text || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const atMs = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(text) ? text : null;
}

export function addDays(day: Day, howMany: number): Day {
  const date = utcMidnight(day);
  date.setUTCDate(date.getUTCDate() + howMany);
  return date.toISOString().slice(0, 10);
}

/** The day that it is at a moment on the clocks of a zone (IANA). */
export function dayAt(moment: Date, zone: string): Day {
  return clockTime(moment, zone).slice(0, 10);
}

/** The first moment of a day in a zone: where the clocks leave midnight out, the one after it; where it comes twice, the first. */
export function startOf(day: Day, zone: string): Date {
  const midnight = utcMidnight(day);
  // No zone changes its clocks twice in two days: one of these is the offset before midnight, the other the one after it.
  const offsetsMs = [-1, 1].map((days) => offsetMs(new Date(midnight.getTime() + days * DAY_MS), zone));
  const candidates = offsetsMs.map((ms) => new Date(midnight.getTime() - ms)).sort((a, b) => a.getTime() - b.getTime());
  return candidates.find((moment) => dayAt(moment, zone) === day) ?? candidates.at(-1)!;
}

const DAY_MS = 86_400_000;

function utcMidnight(day: Day): Date {
  return new Date(`${day}T00:00:00Z`);
}

/** How far the clocks there are ahead of UTC. */
function offsetMs(moment: Date, zone: string): number {
  const wholeSeconds = Math.floor(moment.getTime() / 1000) * 1000;
  return Date.parse(`${clockTime(moment, zone)}Z`) - wholeSeconds;
}

/** "2026-10-25T02:30:00": what the clocks there show. */
function clockTime(moment: Date, zone: string): string {
  const parts = new Map(
    clockOf(zone)
      .formatToParts(moment)
      .map(({ type, value }) => [type, value]),
  );
  const [year, month, day] = ["year", "month", "day"].map((part) => parts.get(part as "year"));
  return `${year!.padStart(4, "0")}-${month}-${day}T${parts.get("hour")}:${parts.get("minute")}:${parts.get("second")}`;
}

// Making a formatter is slow.
const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone: zone, calendar: "gregory", numberingSystem: "latn", hourCycle: "h23" },
    ...{ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" },
  });
  clocks.set(zone, made);
  return made;
}

// Making a formatter is slow, and a list has hundreds of times: one of each kind for the server, one for the reader.
const both = (options: Intl.DateTimeFormatOptions) => ({
  utc: new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }),
  here: new Intl.DateTimeFormat("en-GB", options),
});
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
const clock = both(CLOCK);
const dayAndClock = both({ day: "numeric", month: "short", ...CLOCK });
const day = both({ day: "numeric", month: "short", year: "numeric" });
const exact = both({ dateStyle: "full", timeStyle: "long" });

/** Whose clock is meant: the server does not know the reader's time zone and says UTC. */
export type Zone = "utc" | "here";

/** "14:02:11" of today, "3 Nov, 14:02:11" of this year, "3 Nov 2029" of another. */
export function shortTime(at: Date, now: Date, zone: Zone): string {
  if (day[zone].format(at) === day[zone].format(now)) return clock[zone].format(at);
  return at.getFullYear() === now.getFullYear() ? dayAndClock[zone].format(at) : day[zone].format(at);
}

/** The whole date and time with its zone. */
export function exactTime(at: Date, zone: Zone): string {
  return exact[zone].format(at);
}

/** "09:00 Europe/Berlin" of today there, "1 Dec 09:00 Europe/Berlin" of another day, with the year of another year. */
export function timeInZone(at: Date, zone: string, now: Date): string {
  const there = (options: Intl.DateTimeFormatOptions, date: Date) =>
    new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone }).format(date);
  const date = { day: "numeric", month: "short", year: "numeric" } as const;
  const time = there({ hour: "2-digit", minute: "2-digit" }, at);
  if (there(date, at) === there(date, now)) return `${time} ${zone}`;
  const sameYear = there({ year: "numeric" }, at) === there({ year: "numeric" }, now);
  return `${there(sameYear ? { day: "numeric", month: "short" } : date, at)} ${time} ${zone}`;
}

/** Below, hours say more than days: "30 h". */
const DAYS_FROM_HOURS = 48;

/** "40 s", "3 min 20 s", "2 h 5 min", "3 days 4 h": how long something took. */
export function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  const wholeHours = Math.round(seconds / 3600);
  if (seconds >= DAYS_FROM_HOURS * 3600) {
    const days = `${Math.floor(wholeHours / 24)} days`;
    return wholeHours % 24 > 0 ? `${days} ${wholeHours % 24} h` : days;
  }
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  if (minutes > 0) return seconds % 60 > 0 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  return `${seconds} s`;
}

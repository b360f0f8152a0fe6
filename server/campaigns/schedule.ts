import { DateTime } from "luxon";
import { changeBetween, isTimeZone, offsetMs } from "../platform/time-zone.ts";

/** An instant that was asked for by a clock on the wall, or why it cannot be. */
export type Scheduled =
  | {
      at: Date;
      /** There to be told: the clock shows this time twice, and the first one was taken. */
      note: string | null;
    }
  | { problem: string; field: "local" | "zone" };

/**
 * When a clock in a zone shows a local time (`2026-12-01T09:00`, to the minute). A time that the clocks jump over is
 * refused with the next one that exists; of one that comes twice, the first is taken.
 */
export function instantOf(local: string, zone: string): Scheduled {
  if (!isTimeZone(zone)) {
    const words = `"${zone.slice(0, 60)}" is no time zone: write a place as the IANA names it, such as Europe/Berlin.`;
    return { problem: words, field: "zone" };
  }
  const wallMs = readLocal(local);
  if (wallMs === null) {
    const words = `"${local.slice(0, 40)}" is no date and time: write it as 2026-12-01T09:00.`;
    return { problem: words, field: "local" };
  }
  const [first, second] = instantsOf(wallMs, zone);
  if (first === undefined) return { problem: jumpedOver(wallMs, zone), field: "local" };
  return { at: new Date(first), note: second === undefined ? null : shownTwice(wallMs, zone, first) };
}

/** The clocks of no place ever differed by more than this from UTC, and were never moved by more than a day. */
const AROUND_MS = 36 * 60 * 60_000;

function readLocal(local: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(local)) return null;
  const read = DateTime.fromISO(local, { zone: "utc" });
  return read.isValid && wordsOf(read.toMillis()) === local ? read.toMillis() : null;
}

/** The moments at which the zone's clock shows it, in order: none in a gap, two in an hour that comes twice. */
function instantsOf(wallMs: number, zone: string): number[] {
  const offsets = new Set([-AROUND_MS, 0, AROUND_MS].map((awayMs) => offsetMs(zone, wallMs + awayMs)));
  return [...offsets]
    .map((offset) => wallMs - offset)
    .filter((atMs) => atMs + offsetMs(zone, atMs) === wallMs)
    .sort((a, b) => a - b);
}

function jumpedOver(wallMs: number, zone: string): string {
  const changeMs = changeBetween(zone, wallMs - AROUND_MS, wallMs + AROUND_MS);
  const next = wordsOf(changeMs + offsetMs(zone, changeMs));
  return `${wordsOf(wallMs)} does not exist in ${zone}: clocks are put forward over it. The next time that does is ${next}.`;
}

function shownTwice(wallMs: number, zone: string, atMs: number): string {
  const utc = wordsOf(atMs);
  return `Clocks in ${zone} are put back and show ${wordsOf(wallMs)} twice: the first one is meant, ${utc} in UTC.`;
}

function wordsOf(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, "2026-12-01T09:00".length);
}

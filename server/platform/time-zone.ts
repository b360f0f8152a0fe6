import { IANAZone } from "luxon";

/** Whether a text names a time zone of the IANA database that this machine knows: `Europe/Berlin`, `UTC`. */
export function isTimeZone(text: string): boolean {
  // An offset ("+02:00") is one to some versions of Intl; it knows no summer.
  if (!/^[A-Za-z]/.test(text)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/** How far a zone's clocks are ahead of UTC at a moment, in milliseconds. Throws for what is no zone. */
export function offsetMs(zone: string, atMs: number): number {
  const offset = IANAZone.create(zone).offset(atMs) * 60_000;
  if (Number.isNaN(offset)) throw new RangeError(`"${zone}" is no time zone, or ${atMs} no moment`);
  return Math.round(offset);
}

/** The moment between two at which a zone's clocks are changed; they are known to differ, by one change. */
export function changeBetween(zone: string, beforeMs: number, afterMs: number): number {
  const offsetBefore = offsetMs(zone, beforeMs);
  let [last, first] = [beforeMs, afterMs];
  while (first - last > 1) {
    const middle = Math.floor((last + first) / 2);
    if (offsetMs(zone, middle) === offsetBefore) last = middle;
    else first = middle;
  }
  return first;
}

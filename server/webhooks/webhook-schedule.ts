const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];

/** After the first try, which is made at once: the schedule that Standard Webhooks proposes, three days in all. */
const PAUSES_MS = [
  ...[5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR],
  ...[10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR],
];

export const TRIES_MAX = PAUSES_MS.length + 1;

/** Up to a tenth more, so that what failed together does not come back together. */
const JITTER = 0.1;

/**
 * How long after so many failed tries the next one comes, at least what the receiver asked for; null: there is none.
 * `random` is from 0 to 1.
 */
export function pauseMs(
  tries: number,
  { askedMs = 0, random }: { askedMs?: number | undefined; random: number },
): number | null {
  const pause = PAUSES_MS[tries - 1];
  return pause === undefined ? null : Math.max(askedMs, Math.round(pause * (1 + JITTER * random)));
}

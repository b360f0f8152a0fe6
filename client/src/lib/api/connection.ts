/**
 * The browser's connection to the API, as a person is told of it.
 *   connecting    the first socket is being opened
 *   live          the socket is open: changes arrive by themselves
 *   reconnecting  it was lost and is being opened again
 *   offline       it has been lost for a while, and asking over HTTP does not help either
 *   asking        no socket comes through, but HTTP does: pages ask every few seconds instead
 */
export type Connection = "connecting" | "live" | "reconnecting" | "offline" | "asking";

/** What is known of the socket and of the questions that are asked without it. */
export interface Link {
  open: boolean;
  everOpen: boolean;
  /** Since when a socket is wanted and not there, in milliseconds since 1970; null while none is wanted, or one is open. */
  waitingSinceMs: number | null;
  /** Whether the last question over HTTP was answered; null before the first. */
  answered: boolean | null;
}

/** A lost socket is back sooner than this if it was only a restart or a change of network. */
export const OFFLINE_AFTER_MS = 5_000;
/** A socket that has not opened for this long while HTTP works is taken for blocked. */
export const ASK_AFTER_MS = 8_000;

/** What to tell at `nowMs`. */
export function connectionOf({ open, everOpen, waitingSinceMs, answered }: Link, nowMs: number): Connection {
  if (open) return "live";
  const waitedMs = waitingSinceMs === null ? 0 : nowMs - waitingSinceMs;
  if (waitedMs >= ASK_AFTER_MS && answered !== null) return answered ? "asking" : "offline";
  if (!everOpen) return "connecting";
  return waitedMs >= OFFLINE_AFTER_MS ? "offline" : "reconnecting";
}

/** Whether pages should ask over HTTP now, because no socket tells them. */
export function shouldAsk({ open, waitingSinceMs }: Link, nowMs: number): boolean {
  return !open && waitingSinceMs !== null && nowMs - waitingSinceMs >= ASK_AFTER_MS;
}

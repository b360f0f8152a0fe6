import type { Topics } from "../platform/topics.ts";
import type { Counters } from "./counters.store.ts";

/** Which recipients a change touched, by position: a list, a range, or all of them. May name too many, never too few. */
export type Touched = "none" | "all" | number[] | { from: number; to: number };

/** What is published after each committed change of a campaign. Loss, repetition and disorder are harmless. */
export interface Hint {
  counters: Counters;
  touched: Touched;
  /** A customer opened or answered: whoever was touched looks different, though their row may not. */
  isFeedback?: boolean;
}

/** More positions than this are published as a range, so that a hint stays small whatever the batch. */
const POSITIONS_MAX = 100;

export function campaignTopic(campaignId: string): string {
  return `campaign:${campaignId}`;
}

/** Tells every web process that a campaign changed. Call it after the commit; it never fails and never waits. */
export function announce(
  topics: Topics,
  counters: Counters,
  touched: Touched,
  { isFeedback = false }: { isFeedback?: boolean } = {},
): void {
  const hint: Hint = { counters, touched: compact(touched), ...(isFeedback && { isFeedback }) };
  topics.publish(campaignTopic(counters.campaignId), hint);
}

function compact(touched: Touched): Touched {
  if (!Array.isArray(touched) || touched.length <= POSITIONS_MAX) return touched;
  const [first = 0] = touched;
  return touched.reduce((r, p) => ({ from: Math.min(r.from, p), to: Math.max(r.to, p) }), { from: first, to: first });
}

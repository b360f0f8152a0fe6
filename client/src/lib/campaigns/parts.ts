import type { Progress } from "./documents.ts";

export type PartName = "sent" | "sending" | "retrying" | "failed" | "skipped" | "unconfirmed" | "queued";

/** One state in the bar; together the parts are the total. */
export interface Part {
  name: PartName;
  label: string;
  count: number;
  /** Width in the bar, in percent. */
  share: number;
}

// In the order they stand in the bar: what is done first, what is still to come last.
const PARTS: { name: PartName; label: string }[] = [
  { name: "sent", label: "sent" },
  { name: "failed", label: "failed" },
  { name: "skipped", label: "skipped" },
  { name: "unconfirmed", label: "unconfirmed" },
  { name: "retrying", label: "retrying" },
  { name: "sending", label: "in flight" },
  { name: "queued", label: "waiting" },
];

/** All states, in the order they stand in the bar. */
export function partsOf(progress: Pick<Progress, PartName | "total">): Part[] {
  return PARTS.map((part) => ({
    ...part,
    count: progress[part.name],
    share: progress.total === 0 ? 0 : (progress[part.name] / progress.total) * 100,
  }));
}

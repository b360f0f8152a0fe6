import type { Progress } from "../campaigns/documents.ts";
import type { RecipientStatus } from "../recipients/filter.ts";

export type PartName = "sent" | "sending" | "retrying" | "failed" | "skipped" | "unconfirmed" | "queued";

/** One state in the bar and its legend; together the parts are the total. */
export interface Part {
  name: PartName;
  label: string;
  count: number;
  /** Width in the bar, in percent. */
  share: number;
  /** What the list is filtered by when the part is chosen; some states are the same to the list. */
  filter: RecipientStatus;
}

const PARTS: { name: PartName; label: string; filter: RecipientStatus }[] = [
  { name: "sent", label: "Sent", filter: "SENT" },
  { name: "unconfirmed", label: "Unconfirmed", filter: "UNCONFIRMED" },
  { name: "failed", label: "Failed", filter: "FAILED" },
  { name: "skipped", label: "Skipped", filter: "SKIPPED" },
  { name: "retrying", label: "Retrying", filter: "QUEUED" },
  { name: "sending", label: "Sending", filter: "QUEUED" },
  { name: "queued", label: "Waiting", filter: "QUEUED" },
];

/** All states, in the order they stand in the bar. */
export function partsOf(progress: Pick<Progress, PartName | "total">): Part[] {
  return PARTS.map((part) => ({
    ...part,
    count: progress[part.name],
    share: progress.total === 0 ? 0 : (progress[part.name] / progress.total) * 100,
  }));
}

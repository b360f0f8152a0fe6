import type { Progress } from "../campaigns/documents.ts";
import type { RecipientStatus } from "../recipients/filter.ts";
import type { PartName } from "../campaigns/parts.ts";

/** One filter of the list with the states of the bar that it shows; the groups add up to everybody. */
export interface Group {
  status: RecipientStatus;
  label: string;
  parts: { name: PartName; label: string }[];
}

/** To the list, whoever is in flight or waits for another try is not sent to yet, like those who wait for the first. */
export const GROUPS: readonly Group[] = [
  { status: "SENT", label: "Sent", parts: [{ name: "sent", label: "sent" }] },
  { status: "FAILED", label: "Failed", parts: [{ name: "failed", label: "failed" }] },
  { status: "SKIPPED", label: "Skipped", parts: [{ name: "skipped", label: "skipped" }] },
  { status: "UNCONFIRMED", label: "Unconfirmed", parts: [{ name: "unconfirmed", label: "unconfirmed" }] },
  {
    status: "QUEUED",
    label: "Not sent yet",
    parts: [
      { name: "retrying", label: "retrying" },
      { name: "sending", label: "in flight" },
      { name: "queued", label: "waiting" },
    ],
  },
];

/** How many recipients a filter shows, by the figures; null filters nothing. */
export function countIn(progress: Pick<Progress, PartName | "total">, status: RecipientStatus | null): number {
  if (status === null) return progress.total;
  const parts = GROUPS.find((group) => group.status === status)?.parts ?? [];
  return parts.reduce((sum, part) => sum + progress[part.name], 0);
}

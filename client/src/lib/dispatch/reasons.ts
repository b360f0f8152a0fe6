import type { Campaign } from "../campaigns/documents.ts";
import type { FailureReason } from "../recipients/documents.ts";

export type FailureGroup = Campaign["failures"][number];

/** Those for whom trying again may help: what is chosen before anybody chooses. */
export function transientReasons(groups: FailureGroup[]): FailureReason[] {
  return groups.filter((group) => group.isTransient).map(({ reason }) => reason);
}

/** How many recipients failed for one of these reasons. */
export function countFor(groups: FailureGroup[], reasons: readonly FailureReason[]): number {
  return groups.reduce((sum, group) => sum + (reasons.includes(group.reason) ? group.count : 0), 0);
}

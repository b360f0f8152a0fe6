import type { Counters } from "../campaigns/counters.store.ts";

/** At which share of failures a campaign pauses by itself, and from where they count. */
export interface FailureLimit {
  /** 0 to 1; null: never. */
  pauseAtFailureShare: number | null;
  /** What had failed and what was settled when it was started or resumed last. */
  failedBefore: number;
  settledBefore: number;
}

/** A share of fewer says nothing: the first two of a list may well be its two bad ones. */
export const SETTLED_LEAST = 20;

/** Why a campaign must pause, for a person; null while too little has failed. */
export function tooManyFailed(
  { failed, sent, unconfirmed }: Pick<Counters, "failed" | "sent" | "unconfirmed">,
  { pauseAtFailureShare, failedBefore, settledBefore }: FailureLimit,
): string | null {
  if (pauseAtFailureShare === null) return null;
  const settledSince = failed + sent + unconfirmed - settledBefore;
  const failedSince = failed - failedBefore;
  if (settledSince < SETTLED_LEAST || failedSince / settledSince < pauseAtFailureShare) return null;
  return (
    `${failedSince.toLocaleString("en")} of the last ${settledSince.toLocaleString("en")} messages failed; ` +
    `it pauses by itself at ${inPercent(pauseAtFailureShare)}. Resume it to go on and count anew.`
  );
}

function inPercent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}

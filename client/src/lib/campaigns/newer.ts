import type { Progress } from "../campaigns/documents.ts";

type Dated = Pick<Progress, "seq"> & Partial<Pick<Progress, "ratePerSecond" | "workers">>;

/** Whether figures may replace those shown: never older ones; the same seq only brings what time alone changes. */
export function isNewer(heard: Dated, shown: Dated): boolean {
  if (heard.seq !== shown.seq) return heard.seq > shown.seq;
  return heard.ratePerSecond !== shown.ratePerSecond || heard.workers !== shown.workers;
}

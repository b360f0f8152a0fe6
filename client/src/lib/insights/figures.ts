import { averageInWords, shareInWords } from "../responses/words.ts";
import type { Insights, KeyFigures } from "./documents.ts";
import { type Compared, compareSeconds, compareShares, compareStars, durationInWords } from "./words.ts";

/** A figure of the period, beside the one before. */
export interface Figure extends Compared {
  label: string;
  /** Null where there is nothing to tell. */
  value: string | null;
  definition: string;
}

export function keyFigures(now: KeyFigures, before: KeyFigures | null): Figure[] {
  return [
    {
      label: "Conversion",
      value: worded(now.conversionRate, shareInWords),
      ...compareShares(now.conversionRate, before?.conversionRate ?? null),
      definition:
        "Of the messages that were sent in the period and did not come back, how many were answered until now. Those of the period before had longer to be answered.",
    },
    {
      label: "Average rating",
      value: worded(now.averageRating, averageInWords),
      ...compareStars(now.averageRating, before?.averageRating ?? null),
      definition: "The mean of the stars, 1 to 5, that were given for these messages, as they stand now.",
    },
    {
      label: "Median response time",
      value: worded(now.medianResponseTimeSeconds, durationInWords),
      ...compareSeconds(now.medianResponseTimeSeconds, before?.medianResponseTimeSeconds ?? null),
      definition: "From the sending to the first answer: half of those who answered were faster, half were slower.",
    },
    {
      label: "Average response time",
      value: worded(now.averageResponseTimeSeconds, durationInWords),
      ...compareSeconds(now.averageResponseTimeSeconds, before?.averageResponseTimeSeconds ?? null),
      definition:
        "The mean of the times from the sending to the first answer. A few late answers make it far longer than the median.",
    },
  ];
}

function worded(value: number | null, words: (value: number) => string): string | null {
  return value === null ? null : words(value);
}

/** A step of the funnel, as a share of the messages sent. */
export interface FunnelStep {
  label: string;
  count: number;
  /** 0 to 1, and more where customers answered a message that came back; null where nothing was sent. */
  share: number | null;
}

export function funnelSteps({ sent, opened, rated, commented }: KeyFigures["funnel"]): FunnelStep[] {
  const step = (label: string, count: number) => ({ label, count, share: sent > 0 ? shareOf(count, sent) : null });
  return [step("Sent", sent), step("Opened the page", opened), step("Rated", rated), step("Left a comment", commented)];
}

// To four decimals, as the API rounds the conversion: what is the same must read the same.
function shareOf(count: number, whole: number): number {
  return Number((count / whole).toFixed(4));
}

/** Whether nothing at all happened in the period. */
export function isEmpty({ funnel, overTime, failures }: Insights): boolean {
  return (
    funnel.sent === 0 && funnel.rated === 0 && failures.length === 0 && overTime.every(({ answered }) => answered === 0)
  );
}

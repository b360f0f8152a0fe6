import { averageInWords, shareInWords } from "../responses/words.ts";
import { count, counted } from "../ui/numbers.ts";
import type { Insights, Step } from "./documents.ts";
import { stepInWords, tickInWords } from "./words.ts";

/** What a chart and the table behind it show: a count and a mean for each step of the period. */
export interface Course {
  steps: string[];
  /** The same, as short as an axis wants it. */
  ticks: string[];
  /** Drawn as bars. */
  counts: Series<number>;
  /** Drawn as a line; null where there is nothing to take a mean of. */
  means: Series<number | null>;
  /** The lowest and the highest mean that there can be; the highest is left to what there is where it is null. */
  meansFrom: number;
  meansTo: number | null;
  /** The whole in a sentence, for whoever does not see the chart. */
  summary: string;
}
interface Series<Value> {
  label: string;
  values: Value[];
  /** A value of it as the table says it. */
  words: (value: number) => string;
  /** The same, as short as an axis wants it. */
  ticks: (value: number) => string;
}

const COUNTED = { words: count, ticks: count };
const SHARES = { words: shareInWords, ticks: shareInWords };
const STARS = { words: averageInWords, ticks: String };

export function sendingCourse(insights: Insights): Course {
  const { overTime } = insights;
  return courseOf(insights, {
    counts: { label: "Sent", values: overTime.map(({ funnel }) => funnel.sent), ...COUNTED },
    means: { label: "Conversion", values: overTime.map(({ conversionRate }) => conversionRate), ...SHARES },
    ...{ meansFrom: 0, meansTo: null },
    total: (sum) => `${counted(sum, "message")} sent`,
  });
}

export function answerCourse(insights: Insights): Course {
  const { overTime } = insights;
  return courseOf(insights, {
    counts: { label: "Answers", values: overTime.map(({ answered }) => answered), ...COUNTED },
    means: { label: "Average rating", values: overTime.map((step) => step.averageRating), ...STARS },
    ...{ meansFrom: 1, meansTo: 5 },
    total: (sum) => counted(sum, "answer"),
  });
}

type Told = Omit<Course, "steps" | "ticks" | "summary"> & { total: (sum: number) => string };

function courseOf({ overTime, per, timeZone }: Insights, { total, ...told }: Told): Course {
  const steps = overTime.map(({ start }: Step) => stepInWords(start, per, timeZone));
  const ticks = overTime.map(({ start }) => tickInWords(start, per, timeZone));
  return { steps, ticks, ...told, summary: summaryOf(steps, told, total) };
}

function summaryOf(
  steps: string[],
  { counts, means }: Pick<Course, "counts" | "means">,
  total: (sum: number) => string,
): string {
  const whole = total(counts.values.reduce((sum, value) => sum + value, 0));
  const most = Math.max(...counts.values);
  const known = means.values.filter((value) => value !== null);
  const [lowest, highest] = [means.words(Math.min(...known)), means.words(Math.max(...known))];
  const spread = lowest === highest ? lowest : `${lowest} to ${highest}`;
  return [
    `${counts.label} and ${means.label.toLowerCase()} from ${steps[0]} to ${steps.at(-1)}: ${whole}`,
    most > 0 && `at most ${counts.words(most)} (${steps[counts.values.indexOf(most)]})`,
    known.length > 0 && `${means.label.toLowerCase()} ${spread}`,
  ]
    .filter(Boolean)
    .join("; ");
}

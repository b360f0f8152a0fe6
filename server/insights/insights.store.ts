import { failuresBetween, type FailureCount } from "../dispatch/failure-tally.store.ts";
import { askedCampaigns, SUMMED } from "../campaigns/rollup.store.ts";
import type { WorkspaceTransaction } from "../platform/database.ts";
import { QUARTER_MS, type Range, splitHours, stepsOf } from "./range.ts";

/** What is asked for: a time, and which campaigns; null: all of the workspace. */
export interface Asked {
  range: Range;
  campaignIds: readonly string[] | null;
}

/** Of messages that were sent in a time, and of what came of them since. */
export interface Sums {
  sent: number;
  opened: number;
  clicked: number;
  rated: number;
  commented: number;
  /** Of 1, 2, 3, 4 and 5 stars. */
  ratings: number[];
  /** Answers of which it is known how long they took, and how many seconds together. */
  timed: number;
  responseSeconds: number;
  /** Of answers that came in this time, whenever they were asked for: of 1, 2, 3, 4 and 5 stars. */
  answers: number[];
}

export interface Counted {
  total: Sums;
  /** By the steps of the range, each of them. */
  steps: { start: Date; sums: Sums }[];
  /** Those that sent something in it or were answered, in no order. */
  campaigns: { campaignId: string; sums: Sums }[];
  failures: FailureCount[];
  medianSeconds: number | null;
}

/** Everything is read from sums that change together with the rows: how many rows there are does not matter. */
export async function countIn(tx: WorkspaceTransaction, asked: Asked): Promise<Counted> {
  const starts = stepsOf(asked.range);
  const split = splitHours([...starts, asked.range.to]);
  const lines = await tx.query<Line>(
    `WITH part AS (
       SELECT * FROM campaign_rollup WHERE workspace_id = $1 AND minutes = 60 AND at <> ALL($6::timestamptz[])
       UNION ALL
       SELECT * FROM campaign_rollup WHERE workspace_id = $1 AND minutes = 15 AND at = ANY($7::timestamptz[])
     ), line AS MATERIALIZED (
       SELECT width_bucket(at, $5::timestamptz[]) AS step, campaign_id AS "campaignId", ${LINE_SUMS}
       FROM part WHERE at >= $2 AND at < $3 AND ${OF_CAMPAIGNS}
       GROUP BY 1, 2
     )
     SELECT step, "campaignId", ${SUMS} FROM line GROUP BY GROUPING SETS ((), (step), ("campaignId"))`,
    [...parametersOf(tx, asked), starts, split, split.flatMap(quartersOf)],
  );
  const [total] = lines.filter(({ step, campaignId }) => step === null && campaignId === null);
  const byStep = new Map(lines.map(({ step, ...sums }) => [step, sums]));
  return {
    total: toSums(total),
    // width_bucket counts from 1.
    steps: starts.map((start, i) => ({ start, sums: toSums(byStep.get(i + 1)) })),
    campaigns: lines.flatMap(({ campaignId, ...sums }) => (campaignId ? [{ campaignId, sums: toSums(sums) }] : [])),
    failures: await failuresBetween(tx, asked.range, asked.campaignIds),
    medianSeconds: await medianSeconds(tx, asked),
  };
}

function quartersOf(hour: Date): Date[] {
  return [0, 1, 2, 3].map((n) => new Date(hour.getTime() + n * QUARTER_MS));
}

function parametersOf({ workspaceId }: WorkspaceTransaction, { range, campaignIds }: Asked): unknown[] {
  return [workspaceId, range.from, range.to, campaignIds];
}

const OF_CAMPAIGNS = askedCampaigns("$1", "$4");

// Summed by step and campaign first, which leaves few lines to be summed three times over.
const LINE_SUMS = SUMMED.map((name) => `sum(${name}) AS ${name}`).join(", ");
const sumOf = (column: string) => `coalesce(sum(${column}), 0)::float8`;
const five = (name: string) => `ARRAY[${[1, 2, 3, 4, 5].map((n) => sumOf(`${name}_${n}`)).join(", ")}]`;
const SUMS = `
  ${["sent", "opened", "clicked", "rated", "commented", "timed"].map((name) => `${sumOf(name)} AS ${name}`).join(", ")},
  ${sumOf("response_seconds")} AS "responseSeconds", ${five("rating")} AS ratings, ${five("answered")} AS answers`;

type Line = Sums & { step: number | null; campaignId: string | null };

const NOBODY = [0, 0, 0, 0, 0];

function toSums(sums: Sums | undefined): Sums {
  const { sent = 0, opened = 0, clicked = 0, rated = 0, commented = 0, timed = 0, responseSeconds = 0 } = sums ?? {};
  const { ratings = NOBODY, answers = NOBODY } = sums ?? {};
  return { sent, opened, clicked, rated, commented, timed, responseSeconds, ratings, answers };
}

/**
 * How long the middle answer took: exact, without a look at all of them. The tally tells in which step of the time the
 * middle lies, and only the answers of that step are put in order; of an even number both in the middle count. The tally
 * knows whole days of UTC: what lies between the nearest of them and an end of the range, at most half a day, is counted
 * from the answers, and added or taken away. One statement, so tally and answers are of the same moment.
 */
async function medianSeconds(tx: WorkspaceTransaction, asked: Asked): Promise<number | null> {
  const { from, to } = asked.range;
  const [found] = await tx.query<{ median: number | null }>(
    `WITH whole AS (
       SELECT bin, count FROM response_time_tally
       WHERE workspace_id = $1 AND day >= $5 AND day < $6 AND ${OF_CAMPAIGNS}
     ), counted AS (
       SELECT bin, sum(count) AS count
       FROM (TABLE whole UNION ALL ${betweenSql("$2", "$5")} UNION ALL ${betweenSql("$6", "$3")}) part
       GROUP BY bin HAVING sum(count) > 0
     ), ranked AS (
       SELECT bin, sum(count) OVER (ORDER BY bin) AS upto, sum(count) OVER (ORDER BY bin) - count AS before,
              sum(count) OVER () AS total
       FROM counted
     ), middle AS (
       SELECT bin, rank - before - 1 AS skipped
       FROM ranked CROSS JOIN LATERAL (VALUES (div(total + 1, 2)), (div(total, 2) + 1)) AS middle (rank)
       WHERE rank > before AND rank <= upto
     )
     SELECT avg(seconds)::float8 AS median
     FROM middle CROSS JOIN LATERAL (
       SELECT response_seconds AS seconds FROM response
       WHERE workspace_id = $1 AND response_bin = middle.bin AND response_seconds IS NOT NULL
         AND asked_at >= $2 AND asked_at < $3 AND ${OF_CAMPAIGNS}
       ORDER BY response_seconds OFFSET middle.skipped LIMIT 1
     ) taken`,
    [...parametersOf(tx, asked), nearestDay(from), nearestDay(to)],
  );
  return found?.median ?? null;
}

/** Answers asked for between two moments, one by one; counted as fewer where the second comes first. */
function betweenSql(first: string, second: string): string {
  const [a, b] = [`${first}::timestamptz`, `${second}::timestamptz`];
  return `SELECT response_bin, CASE WHEN ${a} < ${b} THEN 1 ELSE -1 END FROM response
    WHERE workspace_id = $1 AND response_seconds IS NOT NULL AND ${OF_CAMPAIGNS}
      AND asked_at >= least(${a}, ${b}) AND asked_at < greatest(${a}, ${b})`;
}

const DAY_MS = 86_400_000;

/** The beginning of a day of UTC that is nearest to a moment. */
function nearestDay(moment: Date): Date {
  return new Date(Math.round(moment.getTime() / DAY_MS) * DAY_MS);
}

import { percentile, rounded } from "./figures.ts";
import type { Say, Stage } from "./stage.ts";

const RECIPIENTS = 1_000_000;
const CAMPAIGNS = 12;
/** Written to day and night: as many quarters of an hour as sums can have. */
const DAYS = 90;
/** A little more than half of them: so range and time before have every row, wherever in a day it is asked. */
const SHOWN_DAYS = 46;
const DAY_MS = 86_400_000;
const HALF_HOUR_MS = 30 * 60_000;
const ASKED = 60;
const RECOUNTS = 5;

const DASHBOARD = `query ($from: DateTimeISO!, $to: DateTimeISO!) {
  insights(range: { from: $from, to: $to }) {
    ...figures
    failures { reason count words }
    overTime { start funnel { sent opened rated commented } conversionRate answered averageRating }
    campaigns(first: 20) { campaign { id name } funnel { sent opened rated commented } conversionRate averageRating }
    bestCampaign { campaign { name } conversionRate } worstCampaign { campaign { name } conversionRate }
    previous { ...figures }
  }
}
fragment figures on Insights {
  funnel { sent opened rated commented clicked } conversionRate medianResponseTimeSeconds averageResponseTimeSeconds
  averageRating distribution
}`;

/**
 * The whole dashboard over half of a million recipients, and the time before over the other half: every row counts. One
 * question after the other, over HTTP, beside counting the same from the rows.
 */
export async function insightsPart(stage: Stage, say: Say) {
  await stage.rows.answered(RECIPIENTS, CAMPAIGNS, DAYS);
  // Whole days, as a dashboard asks for them.
  const to = new Date(Math.ceil(Date.now() / DAY_MS) * DAY_MS);
  const from = new Date(to.getTime() - SHOWN_DAYS * DAY_MS);
  const before = { from: new Date(from.getTime() - SHOWN_DAYS * DAY_MS), to: from };
  const ask = async (earlierMs = 0) => {
    const range = { from: new Date(from.getTime() - earlierMs), to: new Date(to.getTime() - earlierMs) };
    const startedAt = performance.now();
    const { insights } = await stage.ask<{ insights: Answer }>(DASHBOARD, range);
    const sent = insights.funnel.sent + insights.previous.funnel.sent;
    if (sent < RECIPIENTS * 0.99) throw new Error(`only ${sent} of ${RECIPIENTS} were counted`);
    return performance.now() - startedAt;
  };
  for (let n = 0; n < 5; n += 1) await ask(); // Unmeasured: connections open, pages are read.
  const [took, split]: [number[], number[]] = [[], []];
  for (let n = 0; n < ASKED; n += 1) {
    took.push(await ask());
    split.push(await ask(HALF_HOUR_MS));
  }
  const counted: number[] = [];
  for (let n = 0; n < RECOUNTS; n += 1) counted.push((await stage.rows.countAnswers([{ from, to }, before])) * 1000);
  const inShort = (ms: number[]) => ({ p50: rounded(percentile(ms, 0.5)), p99: rounded(percentile(ms, 0.99)) });
  const [insightsMs, insightsHalfHourMs] = [inShort(took), inShort(split)];
  say(
    `the dashboard, milliseconds: ${JSON.stringify(insightsMs)}, from half past to half past: ${JSON.stringify(insightsHalfHourMs)}; counted from the rows ${rounded(percentile(counted, 0.5))}`,
  );
  return { insightsMs, insightsHalfHourMs, insightsOverRecount: rounded(insightsMs.p50 / percentile(counted, 0.5)) };
}

interface Answer {
  funnel: { sent: number };
  previous: { funnel: { sent: number } };
}

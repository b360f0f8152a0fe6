import { AT_ONCE, DISPATCH_MS_MAX, DISPATCHED, dispatchOnce } from "./dispatch.ts";
import { median, rounded } from "./figures.ts";
import type { Say, Stage } from "./stage.ts";

const ROUNDS = 3;
const MILLION = 1_000_000;

/**
 * Everybody falls due at the same moment, as at the end of quiet hours, beside nobody ever having waited, in turns; and a
 * million of them beside those 200,000.
 */
export async function duePart(stage: Stage, say: Say) {
  await stage.startWorker();
  await dispatchOnce(stage, 20_000); // Unmeasured, as in the part "dispatch".
  const ratios: number[] = [];
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const range = DISPATCHED / (await dispatchOnce(stage, DISPATCHED)).seconds;
    const due = await rateOfDue(stage, DISPATCHED);
    say(`recipients a second: in a range ${rounded(range)}, all due at once ${rounded(due)}`);
    ratios.push(due / range);
    rates.push(due);
  }
  const million = await rateOfDue(stage, MILLION);
  say(`recipients a second: a million, all due at once ${rounded(million)}`);
  return { dueOverRange: rounded(median(ratios)), dueMillionOverDue: rounded(million / median(rates)) };
}

async function rateOfDue(stage: Stage, recipients: number): Promise<number> {
  const campaignId = await stage.rows.only(recipients, AT_ONCE);
  await stage.rows.allDue(campaignId);
  return recipients / (await stage.dispatchWatched(campaignId, 1, DISPATCH_MS_MAX)).seconds;
}

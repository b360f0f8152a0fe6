import { AT_ONCE, DISPATCH_MS_MAX, DISPATCHED, dispatchOnce } from "./dispatch.ts";
import { median, rounded } from "./figures.ts";
import type { Say, Stage } from "./stage.ts";

const ROUNDS = 3;

/** Everybody falls due at the same moment, as at the end of quiet hours, beside nobody ever having waited; in turns. */
export async function duePart(stage: Stage, say: Say) {
  await stage.startWorker();
  await dispatchOnce(stage, 20_000); // Unmeasured, as in the part "dispatch".
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const range = DISPATCHED / (await dispatchOnce(stage, DISPATCHED)).seconds;
    const campaignId = await stage.rows.only(DISPATCHED, AT_ONCE);
    await stage.rows.allDue(campaignId);
    const due = DISPATCHED / (await stage.dispatchWatched(campaignId, 1, DISPATCH_MS_MAX)).seconds;
    say(`recipients a second: in a range ${rounded(range)}, all due at once ${rounded(due)}`);
    ratios.push(due / range);
  }
  return { dueOverRange: rounded(median(ratios)) };
}

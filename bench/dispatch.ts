import { median, mostInOneSecond, rounded } from "./figures.ts";
import type { Say, Stage } from "./stage.ts";

/** Nothing delayed, nothing refused: what is left is the dispatcher's own work. */
export const AT_ONCE = {
  ...{ seed: 1, delayMs: 0, delaySpread: 0, transientFailureShare: 0, permanentFailureShare: 0 },
  ...{ answerShare: 0, answerDelayMs: 0 },
};
export const DISPATCH_MS_MAX = 180_000;

/** So many in each measured campaign. */
export const DISPATCHED = 200_000;
const ROUNDS = 5;
/** The other way is slow, and as fast with few recipients as with many. */
const RECIPIENTS_OF_JOBS = 5_000;
const ROUNDS_OF_JOBS = 3;

/**
 * Dispatch beside the two ways it is compared with, in turns: each round's ratio compares neighbours in time, and
 * the median round is told.
 */
export async function dispatchPart(stage: Stage, say: Say) {
  await stage.startWorker();
  await dispatchOnce(stage, 20_000); // Unmeasured: plans, pools and compiled code are those of a process in use.
  const rounds: { update: number; dispatch: number; jobs: number | null; events: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const update = DISPATCHED / (await stage.rows.updateAll(await stage.rows.only(DISPATCHED, AT_ONCE)));
    const { seconds, received } = await dispatchOnce(stage, DISPATCHED);
    const jobs = round < ROUNDS_OF_JOBS ? RECIPIENTS_OF_JOBS / (await jobPerRecipient(stage)) : null;
    const events = Math.max(...received.map((events) => mostInOneSecond(events.map(({ at }) => at))));
    const dispatch = DISPATCHED / seconds;
    rounds.push({ update, dispatch, jobs, events });
    say(
      `recipients a second: one UPDATE ${rounded(update)}, dispatch ${rounded(dispatch)}` +
        (jobs === null ? "" : `, a job for each ${rounded(jobs)}`),
    );
  }
  const overJobs = rounds.flatMap(({ dispatch, jobs }) => (jobs === null ? [] : [dispatch / jobs]));
  return {
    dispatchOverUpdate: rounded(median(rounds.map(({ dispatch, update }) => dispatch / update))),
    dispatchOverJobPerRecipient: rounded(median(overJobs)),
    eventsPerSecond: Math.max(...rounds.map(({ events }) => events)),
  };
}

/** One campaign of so many recipients in empty tables, from dispatch to completed, watched by one subscriber. */
export async function dispatchOnce(stage: Stage, recipients: number) {
  return stage.dispatchWatched(await stage.rows.only(recipients, AT_ONCE), 1, DISPATCH_MS_MAX);
}

async function jobPerRecipient(stage: Stage): Promise<number> {
  const campaignId = await stage.rows.only(RECIPIENTS_OF_JOBS, AT_ONCE);
  const program = await stage.start("./job-per-recipient.process.js", [campaignId]);
  try {
    return (await program.answer(DISPATCH_MS_MAX)) as number;
  } finally {
    await stage.end(program);
  }
}

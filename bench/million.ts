import { DISPATCH_MS_MAX, dispatchOnce } from "./dispatch.ts";
import { median, rounded } from "./figures.ts";
import type { Say, Stage } from "./stage.ts";

const FEW = 20_000;
const MANY = 1_000_000;
/** A single campaign of 20,000 is over too soon to tell a rate. */
const FEW_FOR_SECONDS = 3;
const ROUNDS = 2;

/** Does a campaign fifty times as large go out as fast? Each million is compared with the small ones around it. */
export async function millionPart(stage: Stage, say: Say) {
  await stage.startWorker();
  await dispatchOnce(stage, FEW);
  const ratios: number[] = [];
  let before = await rateOfFew(stage);
  for (let round = 0; round < ROUNDS; round += 1) {
    const many = MANY / (await dispatchOnce(stage, MANY)).seconds;
    const after = await rateOfFew(stage);
    say(`recipients a second: of 20,000 ${rounded(before)} and ${rounded(after)}, of a million ${rounded(many)}`);
    ratios.push(many / ((before + after) / 2));
    before = after;
  }
  return { rateMillionOver20k: rounded(median(ratios)) };
}

async function rateOfFew(stage: Stage): Promise<number> {
  let [seconds, recipients] = [0, 0];
  const giveUpAt = performance.now() + DISPATCH_MS_MAX;
  while (seconds < FEW_FOR_SECONDS && performance.now() < giveUpAt) {
    seconds += (await dispatchOnce(stage, FEW)).seconds;
    recipients += FEW;
  }
  return recipients / seconds;
}

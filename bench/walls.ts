import { DISPATCHED, dispatchOnce } from "./dispatch.ts";
import { median, rounded } from "./figures.ts";
import type { Say, Stage } from "./stage.ts";

const ROUNDS = 5;

/** Dispatch with row-level security on, as it is shipped, beside dispatch without it, in turns; the median round is told. */
export async function wallsPart(stage: Stage, say: Say) {
  await stage.startWorker();
  await dispatchOnce(stage, 20_000); // Unmeasured, as in the part "dispatch".
  const rateWith = async (walls: "on" | "off") => {
    await stage.rows.setWalls(walls);
    return DISPATCHED / (await dispatchOnce(stage, DISPATCHED)).seconds;
  };
  const rounds: { on: number; off: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.push({ off: await rateWith("off"), on: await rateWith("on") });
    const { on, off } = rounds.at(-1)!;
    say(`recipients a second: row-level security off ${rounded(off)}, on ${rounded(on)}`);
  }
  return { dispatchWithWallsOverWithout: rounded(median(rounds.map(({ on, off }) => on / off))) };
}

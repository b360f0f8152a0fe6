import { setTimeout as pause } from "node:timers/promises";
import { withEmails } from "./customer-file.ts";
import { AT_ONCE, DISPATCHED, DISPATCH_MS_MAX, dispatchOnce } from "./dispatch.ts";
import { median, rounded } from "./figures.ts";
import { importOnce, importSeen, startImport, upload } from "./imports.ts";
import type { LoopDelay } from "./loop-delay.process.ts";
import type { Program } from "./program.ts";
import type { Say, Stage } from "./stage.ts";

/** So many in each import during which the event loop is looked at. */
const LOOKED_AT = 200_000;
/** A file that an import is not through with before a dispatch is: that is made sure of each time. */
const LONG = 1_000_000;
const ROUNDS = 3;
const ANSWER_MS = 10_000;
const BEGIN_MS_MAX = 60_000;

/** What else goes on in an installation, while an import runs: answering people, and sending. */
export async function besideImportsPart(stage: Stage, say: Say) {
  const together = await loopDelays(stage, await stage.startWeb([]));
  const web = await stage.startWeb(["--roles=web"]);
  const worker = await stage.startWorker();
  const apart = await loopDelays(stage, web);
  const inWords = (delays: LoopDelay[]) =>
    (["p50", "p99", "max"] as const)
      .map((of) => `${of} ${delays.map((delay) => rounded(delay[of])).join(" ")}`)
      .join(", ");
  say(`event-loop delay during an import, milliseconds: web and worker in one process: ${inWords(together)}`);
  say(`… of a web process beside a worker process: ${inWords(apart)}`);
  await stage.end(worker);

  return {
    importLoopDelayP99Ms: rounded(median(together.map(({ p99 }) => p99))),
    dispatchDuringImportOverAlone: await dispatchDuringImport(stage, say),
  };
}

async function loopDelays(stage: Stage, web: Program): Promise<LoopDelay[]> {
  const uploadId = await upload(stage, withEmails(LOOKED_AT));
  await importOnce(stage, await upload(stage, withEmails(20_000))); // Unmeasured, as in the part "dispatch".
  const delays: LoopDelay[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await importOnce(stage, uploadId, "email", () => web.tell("begin"));
    const told = web.answer(ANSWER_MS);
    web.tell("tell");
    delays.push((await told) as LoopDelay);
  }
  return delays;
}

/** One worker process has both to do. Each dispatch beside an import is compared with those alone around it. */
async function dispatchDuringImport(stage: Stage, say: Say): Promise<number> {
  await stage.startWorker();
  await dispatchOnce(stage, 20_000); // Unmeasured, as above.
  const uploadId = await upload(stage, withEmails(LONG));
  const ratios: number[] = [];
  let before = await rateAlone(stage);
  for (let round = 0; round < ROUNDS; round += 1) {
    const during = await rateDuringImport(stage, uploadId);
    const after = await rateAlone(stage);
    say(`recipients a second: alone ${rounded(before)} and ${rounded(after)}, beside an import ${rounded(during)}`);
    ratios.push(during / ((before + after) / 2));
    before = after;
  }
  return rounded(median(ratios));
}

async function rateAlone(stage: Stage): Promise<number> {
  return DISPATCHED / (await dispatchOnce(stage, DISPATCHED)).seconds;
}

async function rateDuringImport(stage: Stage, uploadId: string): Promise<number> {
  const dispatched = await stage.rows.only(DISPATCHED, AT_ONCE);
  const importId = await startImport(stage, { uploadId, campaignId: await stage.rows.campaign("email", AT_ONCE) });
  await begun(stage, importId);
  const { seconds } = await stage.dispatchWatched(dispatched, 1, DISPATCH_MS_MAX);
  if ((await importSeen(stage, importId)).status !== "IMPORTING") throw new Error("an import was over too soon");
  await stage.ask(
    `mutation ($importId: ID!) { cancelImport(input: { importId: $importId }) { userErrors { message } } }`,
    {
      importId,
    },
  );
  return DISPATCHED / seconds;
}

/** Resolves once its rows go in: from here on it competes for what a dispatch needs. */
async function begun(stage: Stage, importId: string): Promise<void> {
  const giveUpAt = performance.now() + BEGIN_MS_MAX;
  while ((await importSeen(stage, importId)).rowsRead === 0) {
    if (performance.now() > giveUpAt) throw new Error("an import did not begin");
    await pause(50);
  }
}

import { besideImportsPart } from "./beside-imports.ts";
import { dispatchPart } from "./dispatch.ts";
import { duePart } from "./due.ts";
import { importsPart } from "./imports.ts";
import { insightsPart } from "./insights.ts";
import { latencyPart } from "./latency.ts";
import { memoryPart } from "./memory.ts";
import { millionPart } from "./million.ts";
import { smtpPart } from "./smtp.ts";
import { type Say, Stage } from "./stage.ts";
import { wallsPart } from "./walls.ts";

const PARTS: Record<string, (stage: Stage, say: Say) => Promise<Record<string, unknown>>> = {
  dispatch: dispatchPart,
  million: millionPart,
  memory: memoryPart,
  latency: latencyPart,
  walls: wallsPart,
  smtp: smtpPart,
  due: duePart,
  imports: importsPart,
  "beside-imports": besideImportsPart,
  insights: insightsPart,
};
/** What each figure says, and what it is to reach. */
const MEANINGS: Record<string, string> = {
  dispatchOverUpdate: "dispatch rate over one UPDATE of the same rows; reach 0.4",
  dispatchOverJobPerRecipient: "dispatch rate over that of a job for each recipient; reach 20",
  eventsPerSecond: "most progress events one subscriber had in a second; at most 10",
  rateMillionOver20k: "dispatch rate at 1,000,000 recipients over that at 20,000; reach 0.8",
  memoryMillionOver20k: "a worker's peak memory at 1,000,000 over that at 20,000; at most 1.3",
  dispatchWithWallsOverWithout: "dispatch rate with row-level security over that without it",
  smtpOverBareLoop: "mail rate over that of a loop with as many connections, by worker processes; reach 0.9",
  markCost: "mail rate with so many open at most over that without marks",
  dueOverRange: "dispatch rate of 200,000 due at the same moment over that of 200,000 who never waited; reach 0.5",
  dueMillionOverDue: "dispatch rate of a million due at the same moment over that of 200,000; reach 0.8",
  importOverCopy: "import rate of 1,000,000 rows over that of COPY of the same; reach 0.4",
  importPhonesPerSecond: "rows a second of an import with phone numbers, 200,000 of them",
  importMemoryMillionOver10k: "a worker's peak memory importing 1,000,000 rows over that at 10,000; at most 1.3",
  importLoopDelayP99Ms: "event-loop delay of web and worker in one process during an import, ms; below 100",
  dispatchDuringImportOverAlone: "dispatch rate beside an import over that alone; reach 0.6",
  insightsMs: "the API's answer to the whole dashboard at 1,000,000 recipients, ms; p99 below 200",
  insightsHalfHourMs: "the same from half past an hour to half past another, ms; p99 below 200",
  insightsOverRecount: "that over the same figures counted from the rows; at most 0.1",
  latencyMs: "from a settle's commit to the client, by number of subscribers",
};
/** A part takes one to three minutes on a small machine; a machine on which it takes this long cannot run it. */
const PART_MS_MAX = 900_000;

/** Runs the parts that are named, or all, each on a stage of its own, and prints their figures. */
async function main(words: string[]): Promise<void> {
  const json = words.includes("--json");
  const named = words.filter((word) => word !== "--json");
  const unknown = named.find((word) => !Object.hasOwn(PARTS, word));
  if (unknown !== undefined) {
    say(`There is no part "${unknown}". Parts: ${Object.keys(PARTS).join(", ")}; --json prints one object.`);
    process.exit(2);
  }
  const figures: Record<string, unknown> = {};
  for (const part of named.length > 0 ? named : Object.keys(PARTS)) {
    say(`${part}…`);
    Object.assign(figures, await onStage(part));
  }
  process.stdout.write(json ? `${JSON.stringify(figures)}\n` : inWords(figures));
}

async function onStage(part: string): Promise<Record<string, unknown>> {
  const stage = await Stage.set();
  const stopped = stopOnSignals(stage);
  const late = setTimeout(() => void stopped(`The part "${part}" took too long.`), PART_MS_MAX);
  try {
    return await PARTS[part]!(stage, say);
  } finally {
    clearTimeout(late);
    await stage.stop();
    process.removeAllListeners("SIGINT").removeAllListeners("SIGTERM");
  }
}

// Whatever ends a run, the servers and programs it started end with it.
function stopOnSignals(stage: Stage): (why: string) => Promise<never> {
  const stop = async (why: string): Promise<never> => {
    say(why);
    await stage.stop();
    process.exit(1);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void stop("Stopping…"));
  return stop;
}

function inWords(figures: Record<string, unknown>): string {
  const name = (figure: string) => figure.padEnd(29);
  return Object.entries(figures)
    .map(([figure, value]) => `${name(figure)} ${JSON.stringify(value).padEnd(6)}  ${MEANINGS[figure] ?? ""}\n`)
    .join("");
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(1);
  },
);

import { readFileSync } from "node:fs";
import { dispatchOnce } from "./dispatch.ts";
import { median, rounded } from "./figures.ts";
import type { Program } from "./program.ts";
import type { Say, Stage } from "./stage.ts";

const FEW = 20_000;
const MANY = 1_000_000;
const ROUNDS_OF_FEW = 3;

/** Does a worker need more memory for a campaign fifty times as large? Each measurement has a fresh process. */
export async function memoryPart(stage: Stage, say: Say) {
  const few: number[] = [];
  for (let round = 0; round < ROUNDS_OF_FEW; round += 1) few.push(await peakMegabytes(stage, FEW));
  const many = await peakMegabytes(stage, MANY);
  say(`worker's peak memory: of 20,000 ${rounded(median(few))} MB, of a million ${rounded(many)} MB`);
  return { memoryMillionOver20k: rounded(many / median(few)) };
}

async function peakMegabytes(stage: Stage, recipients: number): Promise<number> {
  const worker = await stage.startWorker();
  try {
    await dispatchOnce(stage, recipients);
    return peakMegabytesOf(worker);
  } finally {
    await stage.end(worker);
  }
}

// VmHWM, proc_pid_status(5): the most resident memory a process ever had. Other systems keep it for the process itself.
export function peakMegabytesOf({ pid }: Program): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}

import { setTimeout as sleep } from "node:timers/promises";
import { log } from "../platform/log.ts";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
/** How long a process that was told to stop still waits for a database that is gone. */
const STOPPING_PATIENCE_MS = 8_000;

/**
 * Does `work` again until the database answers: answers of a provider are in memory then, and the ledger must get
 * them. Everything done this way may be repeated. Gives up only when the process is being stopped.
 */
export async function withDatabase<T>(process: { stopping: boolean }, work: () => Promise<T>): Promise<T> {
  let stoppingSince: number | null = null;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    try {
      return await work();
    } catch (error) {
      if (process.stopping) stoppingSince ??= Date.now();
      if (stoppingSince !== null && Date.now() - stoppingSince > STOPPING_PATIENCE_MS) throw error;
      log.warn(
        { err: error instanceof Error ? error.message : String(error) },
        "the database did not answer; trying again",
      );
      await sleep(pauseMs);
    }
  }
}

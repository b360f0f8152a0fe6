import { log } from "../platform/log.ts";
import { openQueue } from "../platform/queue.ts";

/** What a job says: some import waits. Which one is asked of Postgres; lost or repeated, it does no harm. */
export interface ImportRing {
  v: 1;
}

export const IMPORT_BELL = "imports";

export interface ImportBell {
  /** Wakes a worker; never fails and never waits. */
  ring(): void;
  close(): Promise<void>;
}

export function openImportBell(redisUrl: string, namespace: string): ImportBell {
  const { queue, close } = openQueue<ImportRing>(redisUrl, IMPORT_BELL, namespace, "ring");
  return {
    ring() {
      queue.add({ v: 1 }).catch((error: Error) => log.debug({ err: error.message }, "the import bell did not ring"));
    },
    close,
  };
}

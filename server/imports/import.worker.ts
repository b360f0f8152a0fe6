import type { Database } from "../platform/database.ts";
import { every } from "../platform/every.ts";
import { newId } from "../platform/id.ts";
import { log } from "../platform/log.ts";
import { openQueue } from "../platform/queue.ts";
import type { Settings } from "../platform/settings.ts";
import type { Topics } from "../platform/topics.ts";
import { IMPORT_BELL, type ImportRing } from "./import-bell.ts";
import { type ImportRef, importsWithWork, letGo, takeImport } from "./import.store.ts";
import { type ImportHand, runImport } from "./run-import.ts";

export interface ImportWorker {
  /** Commits the batch in hand and gives the import back. */
  stop(): Promise<void>;
}

/** Answers the bell and polls; imports one file at a time. */
export function startImportWorker({
  database,
  redisUrl,
  topics,
  namespace,
  settings,
  isSending,
}: {
  database: Database;
  redisUrl: string;
  topics: Topics;
  namespace: string;
  settings: Pick<Settings, "workerTtlMs" | "pollMs" | "importRowsMax">;
  /** Whether this process sends a campaign: then imports give way. */
  isSending: () => boolean;
}): ImportWorker {
  let stopping = false;
  let working: Promise<void> | null = null;

  // Whoever calls while it works waits for the same end.
  const look = (): Promise<void> => (working ??= workOff().finally(() => (working = null)));

  async function workOff(): Promise<void> {
    for (const ref of stopping ? [] : await importsWithWork(database)) if (!stopping) await workOn(ref);
  }

  async function workOn(ref: ImportRef): Promise<void> {
    const lease = newId();
    const leaseMs = settings.workerTtlMs;
    const taken = await takeImport(database, ref, { lease, leaseMs });
    if (!taken) return;
    const hand: ImportHand = {
      ...{ database, topics, lease, leaseMs, rowsMax: settings.importRowsMax, isSending, keptAt: performance.now() },
      get stopping() {
        return stopping;
      },
    };
    try {
      await runImport(hand, taken);
      await letGo(database, ref, lease);
    } catch (error) {
      // Its lease is left to run out: that is the pause before the next try.
      log.warn({ err: error, import: ref.importId }, "an import was broken off; it is taken up again");
    }
  }

  const bell = openQueue<ImportRing>(redisUrl, IMPORT_BELL, namespace, "work");
  bell.queue
    .process(1, look)
    .catch((error: Error) => log.debug({ err: error.message }, "the import bell is not heard; the poll goes on"));
  const stopPolling = every(settings.pollMs, "look for imports", look);

  return {
    async stop() {
      stopping = true;
      await Promise.all([stopPolling(), bell.close(), working?.catch(() => undefined)]);
    },
  };
}

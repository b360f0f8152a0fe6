import type { Database } from "../platform/database.ts";
import type { OpenSends } from "./open-sends.ts";
import type { WorkerLife } from "./worker-life.ts";

/** What all batches in the hands of one worker process share. */
export interface SendingProcess {
  readonly database: Database;
  readonly life: Pick<WorkerLife, "id" | "isFresh">;
  /** Places for sends through transports that recognise a repeat. */
  readonly recognised: OpenSends;
  /** Places for sends through transports that do not: what can be in doubt when this process dies. */
  readonly unrecognised: OpenSends;
  /** True once the process was told to stop: nothing new is opened. */
  readonly stopping: boolean;
}

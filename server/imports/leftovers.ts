import type { Database } from "../platform/database.ts";
import { importsToForget } from "./import.store.ts";
import { forgetRows } from "./import-problem.store.ts";
import { BROKEN_OFF } from "./upload-content.ts";
import { breakOffContent, removeOldUploads, uploadsBrokenOff } from "./upload.store.ts";

/** A request ends after an hour; what still is at RECEIVING then was left by a process that died. */
const RECEIVING_HOURS_MAX = 2;

/**
 * Removes what imports left behind: files and rejected rows that are older than so many days, with what an import
 * overwrote, and bytes whose sender, or whose web process, is gone. Any number of processes may do it at once.
 */
export async function removeLeftovers(database: Database, days: number): Promise<void> {
  while ((await removeOldUploads(database, days)) > 0);
  for (const content of await uploadsBrokenOff(database, RECEIVING_HOURS_MAX))
    await breakOffContent(database, content, BROKEN_OFF);
  for (const { workspaceId, importId } of await importsToForget(database, days))
    await database.inWorkspace(workspaceId, (tx) => forgetRows(tx, importId));
}

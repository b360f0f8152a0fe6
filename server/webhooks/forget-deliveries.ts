import type { Database } from "../platform/database.ts";
import { removeOldDeliveries } from "./webhook-delivery.store.ts";

/** Removes what the log has of events of so many days ago. Any number of processes may do it at once. */
export async function forgetDeliveries(database: Database, days: number): Promise<void> {
  while ((await removeOldDeliveries(database, days)) > 0);
}

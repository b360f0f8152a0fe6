import type { Database } from "../platform/database.ts";
import { campaignsToForget, removeOldCaughtMail } from "./forget.store.ts";
import { eraseReportsSome, eraseSome, lockErasures, noteErased } from "./person.store.ts";

/** So many recipients one transaction erases. */
const ERASED_AT_ONCE = 1_000;

/**
 * Erases the personal data of the recipients of campaigns that ended so many days ago, and mails that were caught
 * before; 0 keeps all of it. Any number of processes may do it at once, and one that dies leaves the rest to the next.
 */
export async function forgetRecipients(database: Database, days: number): Promise<void> {
  if (days === 0) return;
  while ((await removeOldCaughtMail(database, days)) > 0);
  for (const { workspaceId, campaignId } of await campaignsToForget(database, days)) {
    for (let after: number | null = 0; after !== null;) {
      const page: { campaignId: string; after: number; most: number } = { campaignId, after, most: ERASED_AT_ONCE };
      after = await database.inWorkspace<number | null>(workspaceId, async (tx) => {
        await lockErasures(tx);
        return eraseSome(tx, page);
      });
    }
    while ((await database.inWorkspace(workspaceId, (tx) => eraseReportsSome(tx, campaignId))) > 0);
    await database.inWorkspace(workspaceId, (tx) => noteErased(tx, campaignId));
  }
}

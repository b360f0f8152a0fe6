import { announce } from "../campaigns/announce.ts";
import type { Database } from "../platform/database.ts";
import { log } from "../platform/log.ts";
import { takenOverTotal } from "../platform/metrics.ts";
import type { Topics } from "../platform/topics.ts";
import { orphanedBatches, release } from "./dispatch.store.ts";
import { forgetOldLives } from "./worker-life.store.ts";

/**
 * Takes the batches of dead workers away from them, so that the next claim adopts them. Every worker does this:
 * the batch's epoch decides who was first, and the others change nothing.
 */
export async function reap(database: Database, topics: Topics): Promise<void> {
  for (const orphan of await orphanedBatches(database)) {
    const released = await release(database, orphan.workspaceId, orphan, "owner died");
    if (!released) continue;
    takenOverTotal.inc();
    log.warn({ batch: orphan.id, unconfirmed: released.unconfirmed }, "took a batch from a dead worker");
    announce(topics, released.counters, "all");
  }
  await forgetOldLives(database);
}

import type { Database } from "../platform/database.ts";
import { isUuid } from "../platform/database.ts";
import { every } from "../platform/every.ts";
import { log } from "../platform/log.ts";
import { openQueue } from "../platform/queue.ts";
import type { Settings } from "../platform/settings.ts";
import type { Topics } from "../platform/topics.ts";
import { Desk } from "./desk.ts";
import { campaignsDue, campaignsWithWork, workspaceOf } from "./dispatch.store.ts";
import { DOORBELL, type Ring } from "./doorbell.ts";
import { reap } from "./recovery.ts";
import { startScheduled } from "./schedule-campaign.ts";
import type { OpenTransports } from "./transports/open-transports.ts";
import { WorkerLife } from "./worker-life.ts";

export interface SendWorker {
  /** True while this process sends. */
  readonly busy: boolean;
  /** Settles what is in hand, gives the rest back and ends this worker's life. */
  stop(): Promise<void>;
}

/** Answers the doorbell, polls, reaps, and keeps this worker's life, until it is stopped. */
export async function startSendWorker({
  database,
  databaseUrl,
  redisUrl,
  topics,
  namespace,
  transports,
  settings,
}: {
  database: Database;
  databaseUrl: string;
  redisUrl: string;
  topics: Topics;
  namespace: string;
  transports: OpenTransports;
  settings: Settings;
}): Promise<SendWorker> {
  const life = new WorkerLife(databaseUrl, settings);
  await life.begin();
  const desk = new Desk(database, life, topics, transports, settings);

  const doorbell = openQueue<Ring>(redisUrl, DOORBELL, namespace, "work");
  doorbell.queue
    .process(settings.campaignsAtOnce, async ({ data: { campaignId } }) => {
      const workspaceId = isUuid(campaignId) ? await workspaceOf(database, campaignId) : null;
      if (workspaceId) await desk.work({ workspaceId, campaignId });
    })
    .catch((error: Error) => log.debug({ err: error.message }, "the doorbell is not heard; the poll goes on"));

  const stopPolling = every(settings.pollMs, "look for work", async () => {
    for (const campaign of await campaignsDue(database)) await startScheduled(database, topics, campaign);
    for (const campaign of shuffled(await campaignsWithWork(database))) void desk.work(campaign);
  });
  const stopReaping = every(settings.reapMs, "look for dead workers", () => reap(database, topics));

  return {
    get busy() {
      return desk.busy;
    },
    async stop() {
      await Promise.all([stopPolling(), stopReaping(), doorbell.close(), desk.stop()]);
      await life.end();
    },
  };
}

function shuffled<T>(items: T[]): T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

import { DataSource } from "typeorm";
import { startSendWorker, type SendWorker } from "./dispatch/send.worker.ts";
import type { Transports } from "./dispatch/transports/transport.ts";
import { connect } from "./platform/database.ts";
import { namespaceOf } from "./platform/namespace.store.ts";
import type { Settings } from "./platform/settings.ts";
import { openTopics } from "./platform/topics.ts";

/**
 * Binds the queues: one worker process's whole work, on database connections of its own role. It needs no entities
 * and no schema, so a process that only works starts fast.
 */
export async function startWorker(
  settings: Settings,
  { databaseUrl, redisUrl, transports }: { databaseUrl: string; redisUrl: string; transports: Transports },
): Promise<SendWorker> {
  const dataSource = new DataSource({
    type: "postgres",
    url: databaseUrl,
    applicationName: "campaign-dispatcher worker",
  });
  const database = await connect(dataSource, { role: "dispatcher_worker", poolMax: settings.databasePoolMax });
  const namespace = await namespaceOf(database);
  const topics = openTopics(redisUrl, namespace);
  const worker = await startSendWorker({ database, databaseUrl, redisUrl, topics, namespace, transports, settings });
  return {
    async stop() {
      await worker.stop();
      await topics.close();
      await database.close();
    },
  };
}

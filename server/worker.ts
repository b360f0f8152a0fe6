import { setFlagsFromString } from "node:v8";
import { DataSource } from "typeorm";
import { startSendWorker } from "./dispatch/send.worker.ts";
import { transportLoader } from "./dispatch/load-transport.ts";
import { transportKinds } from "./dispatch/transports/index.ts";
import { OpenTransports } from "./dispatch/transports/open-transports.ts";
import type { Transports } from "./dispatch/transports/transport.ts";
import { MadeUpCustomers, readBy } from "./feedback/made-up-customers.ts";
import { startReminderWorker } from "./feedback/reminder.worker.ts";
import { startImportWorker } from "./imports/import.worker.ts";
import { keyringOf } from "./keyring.ts";
import { connect } from "./platform/database.ts";
import { namespaceOf } from "./platform/namespace.store.ts";
import type { Settings } from "./platform/settings.ts";
import { openTopics } from "./platform/topics.ts";
import { type Patience, startWebhookWorker } from "./webhooks/webhook.worker.ts";

/**
 * A worker lives on claims of thousands of rows, each forgotten within a second. V8 lets such a heap grow to several
 * times what is alive before it collects; with this it collects at 1.6 times. It trades rate for memory
 * (`npm run bench -- memory dispatch`: memoryMillionOver20k 1.62 and dispatchOverUpdate 0.86 without it, 1.28 and 0.81 at
 * 100, 1.09 and 0.77 at 60, 1.08 and 0.69 at 30). Read by V8 at each collection, so it may be set while the program runs.
 */
const COLLECT_EARLY = "--heap-growing-percent=60";

export interface Worker {
  stop(): Promise<void>;
}

/**
 * Binds the queues: one worker process's whole work, on database connections of its own role. It needs no entities
 * and no schema, so a process that only works starts fast.
 */
export async function startWorker(
  settings: Settings,
  {
    databaseUrl,
    redisUrl,
    transports: builtIn,
    at = settings,
    patience,
  }: {
    databaseUrl: string;
    redisUrl: string;
    transports: Transports;
    /** Where the web process of this installation is reached, if settings that say "any free port" do not tell. */
    at?: Pick<Settings, "origin" | "catchMailPort">;
    /** With receivers of webhooks. */
    patience?: Patience;
  },
): Promise<Worker> {
  setFlagsFromString(COLLECT_EARLY);
  const dataSource = new DataSource({
    type: "postgres",
    url: databaseUrl,
    applicationName: "campaign-dispatcher worker",
  });
  const database = await connect(dataSource, { role: "dispatcher_worker", poolMax: settings.databasePoolMax });
  const namespace = await namespaceOf(database);
  const topics = openTopics(redisUrl, namespace);
  const customers = new MadeUpCustomers();
  const { simulated } = builtIn;
  const keyring = keyringOf(settings);
  const reach = { allowPrivate: settings.outboundPrivate };
  const transports = new OpenTransports(
    { ...builtIn, ...(simulated && { simulated: readBy(customers, simulated) }) },
    transportKinds(reach),
    transportLoader({ database, keyring, catchMailPort: at.catchMailPort }),
  );
  const sending = await startSendWorker({
    database,
    databaseUrl,
    redisUrl,
    topics,
    namespace,
    transports,
    settings: { ...settings, ...at },
  });
  const importing = startImportWorker({
    ...{ database, redisUrl, topics, namespace, settings },
    isSending: () => sending.busy,
  });
  const reminding = startReminderWorker({ database, topics, settings });
  const telling = startWebhookWorker({ database, keyring, reach, settings, patience });
  return {
    async stop() {
      await Promise.all([sending.stop(), importing.stop(), reminding.stop(), telling.stop()]);
      customers.stop();
      await topics.close();
      await database.close();
    },
  };
}

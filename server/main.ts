import { CannotStart } from "./platform/cannot-start.ts";
import { log } from "./platform/log.ts";
import { startEmbedded } from "./platform/embedded/embedded.ts";
import { refuseEvictingRedis } from "./platform/redis.ts";
import { loadSettings, provideServices, type Settings } from "./platform/settings.ts";
import { Shutdown } from "./platform/shutdown.ts";

/**
 * settings → embedded services where none are given → database → roles, and back in the reverse order at the end.
 * Whatever was started is stopped again, also when a later step fails.
 */
async function main(): Promise<void> {
  const settings = loadSettings();
  log.level = settings.logLevel;
  const shutdown = new Shutdown();
  shutdown.onSignals();
  try {
    const address = await start(settings, shutdown);
    process.stdout.write(`${address}\n`);
  } catch (error) {
    await shutdown.stop();
    throw error;
  }
}

async function start(settings: Settings, shutdown: Shutdown): Promise<string> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const starting = startEmbedded({
    dataDir: settings.dataDir,
    needDatabase: !settings.databaseUrl,
    needRedis: !settings.redisUrl,
    say,
  });
  // Named before they run: Ctrl-C while they start waits for them and then stops them. A failed start stopped its own.
  shutdown.last("embedded services", () =>
    starting.then(
      (services) => services.stop(),
      () => undefined,
    ),
  );
  const embedded = await starting;
  const databaseUrl = settings.databaseUrl ?? embedded.databaseUrl ?? "";
  const redisUrl = settings.redisUrl ?? embedded.redisUrl ?? "";
  provideServices({ databaseUrl, redisUrl });
  await refuseEvictingRedis(redisUrl);

  // Only from here on may ormconfig.ts be loaded: it reads the database's address when it is imported.
  const { migrate } = await import("./migrate.ts");
  await migrate(databaseUrl);

  const web = settings.roles.includes("web") ? await startWebRole(settings, redisUrl, shutdown) : null;
  if (settings.roles.includes("worker")) {
    const { startWorker } = await import("./worker.ts");
    const { transports } = await import("./dispatch/transports/index.ts");
    const worker = await startWorker(settings, { databaseUrl, redisUrl, transports, ...(web && { at: web }) });
    shutdown.next("worker", () => worker.stop());
  }
  return `Ready: ${web?.address ?? "working"}`;
}

interface WebRole {
  /** Where the pages are; on an installation that nobody signed in to yet, with a sign-in that works once. */
  address: string;
  origin: string;
  catchMailPort: number;
}

async function startWebRole(settings: Settings, redisUrl: string, shutdown: Shutdown): Promise<WebRole> {
  const [
    { default: dataSource },
    { connect },
    { namespaceOf },
    { openTopics },
    { openDoorbell },
    { openImportBell },
    { startWeb },
    { ensureSampleCampaign, welcomeLink },
  ] = await Promise.all([
    import("../ormconfig.ts"),
    import("./platform/database.ts"),
    import("./platform/namespace.store.ts"),
    import("./platform/topics.ts"),
    import("./dispatch/doorbell.ts"),
    import("./imports/import-bell.ts"),
    import("./web.ts"),
    import("./sample.ts"),
  ]);
  const database = await connect(dataSource, { role: "dispatcher_web", poolMax: settings.databasePoolMax });
  shutdown.next("database", () => database.close());
  if (settings.sample) await ensureSampleCampaign(database);
  const namespace = await namespaceOf(database);
  const topics = openTopics(redisUrl, namespace);
  shutdown.next("topics", () => topics.close());
  const doorbell = openDoorbell(redisUrl, namespace);
  shutdown.next("doorbell", () => doorbell.close());
  const importBell = openImportBell(redisUrl, namespace);
  shutdown.next("import bell", () => importBell.close());
  const web = await startWeb({ settings, database, topics, doorbell, importBell, redisUrl, namespace });
  shutdown.next("web", () => web.stop());
  const origin = settings.port === 0 ? `http://localhost:${web.port}` : settings.origin;
  const address = (settings.sample && (await welcomeLink(database, origin))) || origin;
  return { address, origin, catchMailPort: web.caughtMailPort ?? settings.catchMailPort };
}

main().catch((error: unknown) => {
  if (error instanceof CannotStart) process.stderr.write(`${error.message}\n`);
  else log.fatal({ err: error }, "could not start");
  // Whatever a start that failed half-way left open must not keep the process alive.
  process.exit(1);
});

import { CannotStart } from "./platform/cannot-start.ts";
import type { Database } from "./platform/database.ts";
import { runningDatabaseUrl, startEmbedded } from "./platform/embedded/embedded.ts";
import { log } from "./platform/log.ts";
import { loadSettings, provideServices, type Settings } from "./platform/settings.ts";

/**
 * Runs a command of the operator on the installation's database: that of DATABASE_URL, the private one of a program
 * that runs now, or the private one started for as long as the command takes. Prints what the command answers as one
 * line on stdout and nothing else there; a refusal goes to stderr, with exit code 1.
 */
export async function runForOperator(
  command: (database: Database, settings: Settings) => Promise<string>,
): Promise<void> {
  try {
    const settings = loadSettings();
    log.level = "error";
    process.stdout.write(`${await onDatabase(settings, (database) => command(database, settings))}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof CannotStart ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function onDatabase<T>(settings: Settings, work: (database: Database) => Promise<T>): Promise<T> {
  const known = settings.databaseUrl ?? (await runningDatabaseUrl(settings.dataDir));
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const started = known
    ? null
    : await startEmbedded({ dataDir: settings.dataDir, needDatabase: true, needRedis: false, say });
  const databaseUrl = known ?? started?.databaseUrl ?? "";
  provideServices({ databaseUrl });
  try {
    const { migrate } = await import("./migrate.ts");
    await migrate(databaseUrl);
    const [{ default: dataSource }, { connect }] = await Promise.all([
      import("../ormconfig.ts"),
      import("./platform/database.ts"),
    ]);
    const database = await connect(dataSource, { role: "dispatcher_web", poolMax: 2 });
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  } finally {
    await started?.stop();
  }
}

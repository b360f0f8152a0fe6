import { DataSource } from "typeorm";
import { Role, scopesOf } from "../accounts/access.ts";
import { insertApiToken } from "../accounts/api-token.store.ts";
import { SAMPLE_WORKSPACE_ID } from "../accounts/workspace.store.ts";
import { openDoorbell } from "../dispatch/doorbell.ts";
import { transports as realTransports } from "../dispatch/transports/index.ts";
import type { Resolver } from "../dispatch/sender-domain.ts";
import type { Transports } from "../dispatch/transports/transport.ts";
import { openImportBell } from "../imports/import-bell.ts";
import { connect, type Database } from "../platform/database.ts";
import { newId } from "../platform/id.ts";
import { namespaceOf } from "../platform/namespace.store.ts";
import { loadSettings, type Settings } from "../platform/settings.ts";
import { openTopics } from "../platform/topics.ts";
import { startWeb } from "../web.ts";
import { startWorker } from "../worker.ts";
import { openDoor, type WebDoor } from "./door.ts";
import { freshDatabase, freshRedis } from "./services.ts";

/** Short times, so that tests need not wait for heartbeats and polls. */
const QUICK = { HEARTBEAT_MS: "100", HEARTBEAT_GRACE_MS: "600", WORKER_TTL_MS: "900", REAP_MS: "150", POLL_MS: "200" };

/** Nobody's, so that a test leaves no key file behind. */
const SECRET_KEY = Buffer.alloc(32, "a test").toString("base64");

export function quickSettings(more: Record<string, string> = {}): Settings {
  return loadSettings(
    { PORT: "0", LOG_LEVEL: "error", SAMPLE: "false", CATCH_MAIL: "false", SECRET_KEY, ...QUICK, ...more },
    [],
  );
}

/**
 * A whole installation on a database of its own: `webs[0]` is the web process that `query` and `subscribe` talk to,
 * as an owner of the sample workspace.
 */
export interface App {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Of the owner as whom `query` asks. */
  readonly token: string;
  /** As the web role, for looking at rows through the stores. */
  readonly database: Database;
  readonly webs: WebDoor[];
  query: WebDoor["query"];
  subscribe: WebDoor["subscribe"];
  stop(): Promise<void>;
}

export async function openApp({
  webs = 1,
  workers = 1,
  settings = quickSettings(),
  transports = realTransports,
  resolver,
}: {
  webs?: number;
  workers?: number;
  settings?: Settings;
  transports?: Transports;
  resolver?: Resolver;
} = {}): Promise<App> {
  const [{ url: databaseUrl, drop }, { url: redisUrl }] = [await freshDatabase(), await freshRedis()];
  const database = await openDatabase(databaseUrl, "dispatcher_web");
  const token = await aToken(database);
  const doors = await Promise.all(
    Array.from({ length: webs }, () => openWeb(databaseUrl, redisUrl, settings, token, resolver)),
  );
  const [first] = doors;
  if (!first) throw new Error("an app needs a web process");
  const at = { origin: first.url, catchMailPort: first.caughtMailPort ?? settings.catchMailPort };
  const working = await Promise.all(
    Array.from({ length: workers }, () => startWorker(settings, { databaseUrl, redisUrl, transports, at })),
  );
  return {
    ...{ databaseUrl, redisUrl, token, database, webs: doors },
    query: first.query,
    subscribe: first.subscribe,
    async stop() {
      await Promise.all(doors.map((door) => door.stop()));
      await Promise.all(working.map((worker) => worker.stop()));
      await database.close();
      await drop();
    },
  };
}

/** A pool of its own on a test's database. Close it. */
export async function openDatabase(url: string, role: "dispatcher_web" | "dispatcher_worker"): Promise<Database> {
  const { default: configured } = await import("../../ormconfig.ts");
  return connect(new DataSource({ ...configured.options, url } as typeof configured.options), { role, poolMax: 6 });
}

/** An API token of a workspace, with all that the role may do. */
export function aToken(database: Database, workspaceId = SAMPLE_WORKSPACE_ID, role = Role.OWNER): Promise<string> {
  return database.inWorkspace(workspaceId, (tx) =>
    insertApiToken(tx, {
      ...{ id: newId(), name: "A token", scopes: [...scopesOf(role)], createdBy: "A test" },
      expiresAt: null,
    }),
  );
}

/** A web process's worth of server inside this process, on a free port; its door shows the token. */
export async function openWeb(
  databaseUrl: string,
  redisUrl: string,
  settings: Settings,
  token?: string,
  resolver?: Resolver,
): Promise<WebDoor> {
  const database = await openDatabase(databaseUrl, "dispatcher_web");
  const namespace = await namespaceOf(database);
  const topics = openTopics(redisUrl, namespace);
  const doorbell = openDoorbell(redisUrl, namespace);
  const importBell = openImportBell(redisUrl, namespace);
  const web = await startWeb({
    ...{ settings, database, topics, doorbell, importBell, redisUrl, namespace, pages: "none" },
    ...(resolver && { resolver }),
  });
  const door = openDoor(`http://127.0.0.1:${web.port}`, token);
  return {
    ...door,
    ...{ routes: web.routes, caughtMailPort: web.caughtMailPort },
    async stop() {
      await door.stop();
      await web.stop();
      await doorbell.close();
      await importBell.close();
      await topics.close();
      await database.close();
    },
  };
}

export { SAMPLE_WORKSPACE_ID };
export { type Answer, openDoor, type Subscription, type WebDoor } from "./door.ts";
export { eventually } from "./eventually.ts";

import { createClient, type Client } from "graphql-ws";
import { DataSource } from "typeorm";
import { WebSocket } from "ws";
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

export interface Answer {
  status: number;
  // What a query answers is the query's business.
  data: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  errors: { message: string; extensions: { code: string } }[] | undefined;
}

/** One web process's doors, as another program sees them. */
export interface WebDoor {
  readonly url: string;
  /** What a server inside this process answers beside the pages. */
  readonly routes: readonly { method: string; url: string }[];
  /** Of the mail server inside, where a server inside this process runs one. */
  readonly caughtMailPort: number | null;
  query(document: string, variables?: Record<string, unknown>): Promise<Answer>;
  /** What is beside GraphQL, at a path of the server. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Collects a subscription's events until `stop`; errors that end it are thrown by `until`. */
  subscribe(document: string, variables?: Record<string, unknown>): Subscription;
  /** Cuts the socket off without a word; it reconnects, and subscriptions go on. */
  cut(): void;
  stop(): Promise<void>;
}

export interface Subscription {
  // As above: shaped by the document.
  readonly events: any[]; // eslint-disable-line @typescript-eslint/no-explicit-any
  /** Resolves with the first event, past or future, that fits; rejects when the subscription ends in an error. */
  until(fits: (event: any) => boolean, withinMs?: number): Promise<any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  stop(): void;
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

/** The doors of a server at `url`, wherever it runs, as whoever shows this token. */
export function openDoor(url: string, token?: string): WebDoor {
  const shown = token ? { authorization: `Bearer ${token}` } : {};
  let socket: Client | undefined;
  let connected = false;
  return {
    url,
    routes: [],
    caughtMailPort: null,
    async query(query, variables = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", ...shown },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = (await response.json()) as Omit<Answer, "status">;
      return { status: response.status, data, errors };
    },
    fetch: (path, init = {}) => fetch(url + path, { ...init, headers: { ...shown, ...init.headers } }),
    subscribe(query, variables = {}) {
      socket ??= createClient({
        url: `${url.replace("http", "ws")}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: shown,
        retryAttempts: 20,
        shouldRetry: () => true,
        retryWait: () => new Promise((resolve) => setTimeout(resolve, 100)),
        on: { connected: () => (connected = true), closed: () => (connected = false) },
      });
      return collect(socket, query, variables);
    },
    cut() {
      // One that is only being opened cannot be cut: the library would throw outside of any test.
      if (connected) socket?.terminate();
    },
    async stop() {
      await socket?.dispose();
    },
  };
}

function collect(socket: Client, query: string, variables: Record<string, unknown>): Subscription {
  const events: unknown[] = [];
  let ended: Error | null = null;
  const listeners = new Set<() => void>();
  const tell = () => [...listeners].forEach((listener) => listener());
  const stop = socket.subscribe(
    { query, variables },
    {
      next: ({ data, errors }) => {
        if (errors) ended = new Error(JSON.stringify(errors));
        else events.push(data);
        tell();
      },
      error: (error) => {
        ended = new Error(Array.isArray(error) ? JSON.stringify(error) : String(error));
        tell();
      },
      complete: tell,
    },
  );
  return {
    events,
    stop,
    until: (fits, withinMs = 15_000) =>
      new Promise((resolve, reject) => {
        const done = (finish: () => void) => {
          clearTimeout(timer);
          listeners.delete(look);
          finish();
        };
        const timer = setTimeout(
          () =>
            done(() =>
              reject(new Error(`no such event within ${withinMs} ms; the last: ${JSON.stringify(events.at(-1))}`)),
            ),
          withinMs,
        );
        const look = () => {
          const found = events.find(fits);
          if (found !== undefined) done(() => resolve(found));
          else if (ended) done(() => reject(ended ?? new Error()));
        };
        listeners.add(look);
        look();
      }),
  };
}

/** Waits until `look` answers something other than null, false or undefined, and answers that. */
export async function eventually<T>(look: () => Promise<T | null | undefined | false>, withinMs = 20_000): Promise<T> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > giveUpAt) throw new Error(`it did not happen within ${withinMs} ms: ${String(look)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export { SAMPLE_WORKSPACE_ID };

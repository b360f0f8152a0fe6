import { createClient, type Client } from "graphql-ws";
import { WebSocket } from "ws";

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
    until: (fits, withinMs = 60_000) =>
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

import { Client, fetchExchange, subscriptionExchange } from "@urql/svelte";
import { createClient } from "graphql-ws";

/** A socket that has not opened for this long, while HTTP works, is taken for blocked. */
const BLOCKED_AFTER_MS = 8_000;

/**
 * The browser's connection to the API.
 *   connecting    the first socket is being opened
 *   live          the socket is open: changes arrive by themselves
 *   reconnecting  it was lost and is being opened again; subscriptions resume with a whole picture
 *   offline       it has been lost for a while
 *   blocked       no socket ever opened: pages ask every five seconds instead
 */
export type Connection = "connecting" | "live" | "reconnecting" | "offline" | "blocked";

const OFFLINE_AFTER_MS = 5_000;

class LiveApi {
  connection = $state<Connection>("connecting");
  lostAt = $state<Date | null>(null);
  /** Counts successful openings, so that a page can ask again for what it missed. */
  openings = $state(0);
  readonly client: Client;

  constructor() {
    const socketUrl = new URL("/graphql", location.href);
    socketUrl.protocol = socketUrl.protocol.replace("http", "ws");
    let offlineTimer: ReturnType<typeof setTimeout> | undefined;
    const blockedTimer = setTimeout(() => {
      if (this.openings === 0) this.connection = "blocked";
    }, BLOCKED_AFTER_MS);

    const socket = createClient({
      url: socketUrl.href,
      lazy: true,
      retryAttempts: Infinity,
      shouldRetry: () => true,
      // Quick at first, then every two seconds, spread so that many pages do not come back at once.
      retryWait: (tries) =>
        new Promise((done) => setTimeout(done, Math.min(2_000, 200 * 2 ** tries) * (0.75 + Math.random() / 2))),
      keepAlive: 10_000,
      on: {
        connected: () => {
          clearTimeout(offlineTimer);
          clearTimeout(blockedTimer);
          this.openings += 1;
          this.connection = "live";
          this.lostAt = null;
        },
        closed: (event) => {
          const wanted = (event as CloseEvent | undefined)?.code !== 1000;
          if (!wanted || this.connection === "blocked" || this.openings === 0) return;
          if (this.connection === "live") {
            this.connection = "reconnecting";
            this.lostAt = new Date();
            offlineTimer = setTimeout(() => (this.connection = "offline"), OFFLINE_AFTER_MS);
          }
        },
      },
    });

    this.client = new Client({
      url: "/graphql",
      preferGetMethod: false,
      requestPolicy: "network-only",
      exchanges: [
        fetchExchange,
        subscriptionExchange({
          forwardSubscription: (operation) => ({
            subscribe: (sink) => ({
              unsubscribe: socket.subscribe({ ...operation, query: operation.query ?? "" }, sink as never),
            }),
          }),
        }),
      ],
    });
  }
}

let api: LiveApi | undefined;

/** The one connection of this tab, opened at its first use. In the browser only. */
export function liveApi(): LiveApi {
  api ??= new LiveApi();
  return api;
}

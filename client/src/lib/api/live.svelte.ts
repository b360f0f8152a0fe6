import { invalidateAll } from "$app/navigation";
import {
  type AnyVariables,
  Client,
  fetchExchange,
  type OperationResult,
  stringifyDocument,
  type TypedDocumentNode,
} from "@urql/svelte";
import type { GraphQLFormattedError } from "graphql";
import { createClient, type Client as Socket } from "graphql-ws";
import { type Connection, connectionOf, type Link, shouldAsk } from "./connection.ts";

/** How often pages ask while no socket tells them. */
const ASK_EVERY_MS = 5_000;
/** A subscription that the server ended is begun again after this long; its first event is a whole picture. */
const WATCH_AGAIN_AFTER_MS = 2_000;
/** A socket whose far end does not answer a ping within this time is dead, though nobody closed it. */
const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 5_000;
const CLOSED_ON_PURPOSE = 1000;
/** The session ended, or its rights changed: the page finds out which, and begins anew. */
const CLOSED_ACCESS_CHANGED = 4403;

/** Asks once over HTTP; answers whether the API answered. */
type Question = () => Promise<boolean>;

class LiveApi {
  connection = $state<Connection>("connecting");
  lostAt = $state<Date | null>(null);
  private readonly http = new Client({
    url: "/graphql",
    preferGetMethod: false,
    requestPolicy: "network-only",
    exchanges: [fetchExchange],
  });
  private readonly socket: Socket;
  private readonly questions = new Set<Question>();
  private link: Link = { open: false, everOpen: false, waitingSinceMs: null, answered: null };
  private askedAtMs = 0;

  constructor() {
    this.socket = this.openSocket();
    setInterval(() => this.everySecond(), 1_000);
  }

  query<Data, Variables extends AnyVariables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<OperationResult<Data, Variables>> {
    return this.http.query(document, variables).toPromise().then(heard);
  }

  mutate<Data, Variables extends AnyVariables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<OperationResult<Data, Variables>> {
    return this.http.mutation(document, variables).toPromise().then(heard);
  }

  /** Has `hear` called with each event until the answered function is called, through lost connections and restarts. */
  watch<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    hear: (data: Data) => void,
  ): () => void {
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let unsubscribe: () => void = () => undefined;
    const begin = () => {
      // The library itself resumes after a lost socket. It ends when the server ended it: while its database
      // restarts, say. A page that let it rest would stand still under a pill that says "Live".
      const again = () => {
        if (!stopped) timer = setTimeout(begin, WATCH_AGAIN_AFTER_MS);
      };
      unsubscribe = this.socket.subscribe(
        { query: stringifyDocument(document), variables },
        {
          next: ({ data, errors }) => {
            if (data) hear(data as Data);
            signInIfRefused(errors ?? []);
          },
          error: (error) => {
            if (Array.isArray(error)) signInIfRefused(error as readonly GraphQLFormattedError[]);
            again();
          },
          complete: again,
        },
      );
    };
    begin();
    return () => {
      stopped = true;
      clearTimeout(timer);
      unsubscribe();
    };
  }

  /** Has `question` asked every few seconds while no socket comes through, until the answered function is called. */
  whileUntold(question: Question): () => void {
    this.questions.add(question);
    return () => this.questions.delete(question);
  }

  private openSocket(): Socket {
    const url = new URL("/graphql", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    let noPong: ReturnType<typeof setTimeout> | undefined;
    const socket = createClient({
      url: url.href,
      lazy: true,
      retryAttempts: Infinity,
      shouldRetry: () => true,
      // Quick at first, then every two seconds, spread so that many pages do not come back at once.
      retryWait: (tries) =>
        new Promise((done) => setTimeout(done, Math.min(2_000, 200 * 2 ** tries) * (0.75 + Math.random() / 2))),
      keepAlive: PING_EVERY_MS,
      on: {
        connecting: () => this.learn({ waitingSinceMs: this.link.waitingSinceMs ?? Date.now() }),
        connected: () => {
          this.lostAt = null;
          this.learn({ open: true, everOpen: true, waitingSinceMs: null, answered: null });
        },
        ping: (received) => {
          if (!received) noPong = setTimeout(() => socket.terminate(), PONG_WITHIN_MS);
        },
        pong: (received) => {
          if (received) clearTimeout(noPong);
        },
        closed: (event) => {
          clearTimeout(noPong);
          const nobodyListens = (event as CloseEvent).code === CLOSED_ON_PURPOSE;
          if ((event as CloseEvent).code === CLOSED_ACCESS_CHANGED) void invalidateAll();
          if (nobodyListens) return this.learn({ open: false, waitingSinceMs: null });
          if (this.link.open) this.lostAt = new Date();
          this.learn({ open: false, waitingSinceMs: this.link.waitingSinceMs ?? Date.now() });
        },
      },
    });
    return socket;
  }

  private learn(news: Partial<Link>): void {
    this.link = { ...this.link, ...news };
    this.connection = connectionOf(this.link, Date.now());
  }

  private everySecond(): void {
    const nowMs = Date.now();
    this.connection = connectionOf(this.link, nowMs);
    if (!shouldAsk(this.link, nowMs) || nowMs - this.askedAtMs < ASK_EVERY_MS) return;
    this.askedAtMs = nowMs;
    void Promise.all([...this.questions].map((ask) => ask())).then((answers) => {
      if (this.link.open || answers.length === 0) return;
      const answered = answers.some(Boolean);
      if (!answered) this.lostAt ??= new Date();
      this.learn({ answered });
    });
  }
}

function heard<Result extends OperationResult>(result: Result): Result {
  signInIfRefused(result.error?.graphQLErrors ?? []);
  return result;
}

// The session ended while nobody was told: the page's own load knows the way to the sign-in.
function signInIfRefused(errors: readonly GraphQLFormattedError[]): void {
  if (errors.some(({ extensions }) => extensions?.["code"] === "UNAUTHENTICATED")) void invalidateAll();
}

let api: LiveApi | undefined;

/** The one connection of this tab; its socket is opened by the first `watch`. In the browser only. */
export function liveApi(): LiveApi {
  api ??= new LiveApi();
  return api;
}

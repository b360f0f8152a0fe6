import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ApolloServer } from "@apollo/server";
import { ApolloServerPluginDrainHttpServer } from "@apollo/server/plugin/drainHttpServer";
import { ApolloServerPluginLandingPageDisabled } from "@apollo/server/plugin/disabled";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import Fastify, { type FastifyInstance } from "fastify";
import type { FrontDoor } from "./accounts/context.ts";
import { SignInThrottle } from "./accounts/sign-in-throttle.store.ts";
import { forCaller } from "./answers.ts";
import { credentialsIn, type Doors, RequestContext, whoAsks } from "./context.ts";
import { liveWorkers } from "./dispatch/dispatch.store.ts";
import type { Doorbell } from "./dispatch/doorbell.ts";
import { Live } from "./dispatch/live.ts";
import { CannotStart } from "./platform/cannot-start.ts";
import type { Database } from "./platform/database.ts";
import { log } from "./platform/log.ts";
import { openMailer } from "./platform/mailer.ts";
import { metrics, workersAlive } from "./platform/metrics.ts";
import { openRedis } from "./platform/redis.ts";
import { providePageAddresses, type Settings } from "./platform/settings.ts";
import type { Topics } from "./platform/topics.ts";
import { makeSchema } from "./schema.ts";
import { sessionCookieFor } from "./session-cookie.ts";
import { serveSockets } from "./sockets.ts";

const BODY_BYTES_MAX = 256 * 1024;
const TOKENS_MAX = 1000;

export interface Web {
  /** The port it really listens on, of interest when PORT is 0. */
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * One HTTP server for everything a person or a program asks: GraphQL over HTTP and WebSocket at /graphql, the pages,
 * /healthz, /readyz and /metrics. Rejects with PortTakenError when the port is not free.
 */
export async function startWeb({
  settings,
  database,
  topics,
  doorbell,
  redisUrl,
  namespace,
  pages: wanted = "built",
}: {
  settings: Settings;
  database: Database;
  topics: Topics;
  doorbell: Doorbell;
  redisUrl: string;
  /** Of this installation's keys in Redis. */
  namespace: string;
  /** The pages read their address from the environment, so one process can serve them at one address only. */
  pages?: "built" | "none";
}): Promise<Web> {
  const redis = openRedis(redisUrl, "saying");
  const mailer = openMailer(settings);
  const frontDoor: FrontDoor = {
    throttle: new SignInThrottle(redis, namespace),
    mailer,
    origin: settings.origin,
    isSignUpOpen: settings.signUp,
    sessionDays: settings.sessionDays,
    sessionIdleDays: settings.sessionIdleDays,
  };
  const doors: Doors = { database, topics, doorbell, live: new Live(database, topics), frontDoor };
  const schema = await makeSchema();
  const http = createServer({ keepAliveTimeout: 65_000 });
  const sockets = serveSockets(http, { schema, doors, settings });

  const apollo = new ApolloServer<RequestContext>({
    schema,
    introspection: settings.introspection,
    parseOptions: { maxTokens: TOKENS_MAX },
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: forCaller,
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginDrainHttpServer({ httpServer: http, stopGracePeriodMillis: 2_000 }),
      { serverWillStart: () => Promise.resolve({ drainServer: () => sockets.close() }) },
    ],
  });
  await apollo.start();

  const pages = wanted === "built" ? await loadPages(settings) : null;
  const app = Fastify({
    bodyLimit: BODY_BYTES_MAX,
    serverFactory: (handle) =>
      http.on("request", (request, response) => route(request, response, { handle, pages, settings })),
  });
  app.route({
    url: "/graphql",
    method: ["GET", "POST", "OPTIONS"],
    handler: fastifyApolloHandler(apollo, {
      context: async (request, reply) =>
        new RequestContext(doors, await whoAsks(doors, credentialsIn(request.headers)), {
          address: request.ip,
          userAgent: request.headers["user-agent"] ?? null,
          cookie: sessionCookieFor(settings.origin, (header) => void reply.header("set-cookie", header)),
        }),
    }),
  });
  operatorRoutes(app, database, redis);
  app.setErrorHandler((error: { statusCode?: number; code?: string; message: string }, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) log.error({ err: error }, "a request failed");
    const message =
      status === 413
        ? `The request is larger than ${BODY_BYTES_MAX / 1024} kB. Send it in several calls.`
        : error.message;
    const code = status >= 500 ? "INTERNAL_SERVER_ERROR" : status === 413 ? "LIMIT_EXCEEDED" : "BAD_REQUEST";
    void reply
      .status(status)
      .send({ errors: [{ message: status >= 500 ? "Internal error." : message, extensions: { code } }] });
  });
  await app.ready();
  const port = await listen(http, settings);
  if (pages) providePageAddresses({ origin: settings.origin, apiOrigin: `http://127.0.0.1:${port}` });

  return {
    port,
    async stop() {
      await apollo.stop();
      await app.close();
      mailer?.close();
      redis.disconnect();
    },
  };
}

type Handle = (request: IncomingMessage, response: ServerResponse) => void;
type Pages = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

const OWN_PATHS = new Set(["/graphql", "/healthz", "/readyz", "/metrics"]);

// The pages get their requests before Fastify reads the body: form posts are theirs to read.
function route(
  request: IncomingMessage,
  response: ServerResponse,
  { handle, pages, settings }: { handle: Handle; pages: Pages | null; settings: Settings },
): void {
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  const hidden = !settings.graphiql && (path === "/graphiql" || path.startsWith("/graphiql/"));
  if (OWN_PATHS.has(path) || hidden || !pages) handle(request, response);
  else pages(request, response, () => handle(request, response));
}

/** The built client, or null when there is none: the API alone works without it. */
async function loadPages(settings: Settings): Promise<Pages | null> {
  const path = resolve("client/build/handler.js");
  if (!existsSync(path)) {
    log.warn("the pages are not built (npm run build); only the API is served");
    return null;
  }
  providePageAddresses({ origin: settings.origin, apiOrigin: `http://127.0.0.1:${settings.port}` });
  const { handler } = (await import(pathToFileURL(path).href)) as { handler: Pages };
  return handler;
}

function operatorRoutes(app: FastifyInstance, database: Database, redis: ReturnType<typeof openRedis>): void {
  app.get("/healthz", () => ({ status: "ok" }));
  // Without Redis it is slower, not broken: ready all the same, and said.
  app.get("/readyz", async (_request, reply) => {
    const [databaseState, redisState] = await Promise.all([
      database.answers().then((yes) => (yes ? "ok" : "away")),
      redis.ping().then(
        () => "ok",
        () => "away",
      ),
    ]);
    const ready = databaseState === "ok";
    return reply
      .status(ready ? 200 : 503)
      .send({ status: ready ? "ready" : "not ready", database: databaseState, redis: redisState });
  });
  app.get("/metrics", async (_request, reply) => {
    await liveWorkers(database).then(
      (alive) => workersAlive.set(alive),
      () => undefined,
    );
    return reply.header("content-type", metrics.contentType).send(await metrics.metrics());
  });
}

/** The port is in another program's hands. */
export class PortTakenError extends CannotStart {
  constructor(port: number) {
    super(`Port ${port} is taken by another program. Stop that one, or choose another: PORT=${port + 1} npm start`);
  }
}

function listen(http: Server, { port, host }: Settings): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "EADDRINUSE" ? new PortTakenError(port) : error),
    );
    http.listen(port, host, () => {
      const address = http.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}

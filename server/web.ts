import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import Fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { NoSchemaIntrospectionCustomRule } from "graphql";
import type { FrontDoor } from "./accounts/context.ts";
import { removeExpiredSecrets } from "./accounts/account.store.ts";
import { SignInThrottle } from "./accounts/sign-in-throttle.store.ts";
import type { Doors } from "./context.ts";
import { catchMail } from "./dispatch/catch-mail.ts";
import type { Doorbell } from "./dispatch/doorbell.ts";
import { Live } from "./dispatch/live.ts";
import { type Resolver, systemResolver } from "./dispatch/sender-domain.ts";
import { feedbackEventRoutes } from "./feedback/feedback-events.routes.ts";
import { asLinkAddress } from "./feedback/link-address.ts";
import { LinkThrottle } from "./feedback/link-throttle.store.ts";
import { ResponseFeeds } from "./feedback/response-feed.ts";
import { exportRoutes } from "./feedback/export.routes.ts";
import { responseRoutes } from "./feedback/response.routes.ts";
import { unsubscribeRoutes } from "./feedback/unsubscribe.routes.ts";
import { BODY_BYTES_MAX, contextOf, refuseOtherSites, serveGraphql } from "./graphql-http.ts";
import { forgetRecipients } from "./erasure/forget-recipients.ts";
import type { ImportBell } from "./imports/import-bell.ts";
import { importRoutes } from "./imports/imports.routes.ts";
import { removeLeftovers } from "./imports/leftovers.ts";
import { suppressionRoutes } from "./imports/suppressions.routes.ts";
import { keyringOf } from "./keyring.ts";
import { operatorRoutes } from "./operator-routes.ts";
import { isPage, isUpload, loadPages, type Pages } from "./pages.ts";
import { Budget } from "./platform/budget.ts";
import { CannotStart } from "./platform/cannot-start.ts";
import type { Database } from "./platform/database.ts";
import { log } from "./platform/log.ts";
import { openMailer } from "./platform/mailer.ts";
import { isOurOrigin } from "./platform/origin.ts";
import { withinQueryLimits } from "./platform/query-limits.ts";
import { openRedis } from "./platform/redis.ts";
import { requestIdOf } from "./platform/request-id.ts";
import { type SecurityHeaders, securityHeaders } from "./platform/security-headers.ts";
import { providePageAddresses, type Settings } from "./platform/settings.ts";
import type { Topics } from "./platform/topics.ts";
import { makeSchema } from "./schema.ts";
import { serveSockets } from "./sockets.ts";
import { forgetDeliveries } from "./webhooks/forget-deliveries.ts";

/** A large file over a slow line takes its time; one that stands still is broken off much sooner (UPLOAD_STALL_MS). */
const UPLOAD_MS_MAX = 3_600_000;
/** As long as Node reads one. */
const ADDRESS_CHARACTERS_MAX = 16 * 1024;
/** All other requests are small. */
const REQUEST_MS_MAX = 300_000;
/** Sessions, links and uploads that are too old do not work; their rows go once an hour. */
const TIDY_EVERY_MS = 3_600_000;

export interface Web {
  /** The port it really listens on, of interest when PORT is 0. */
  readonly port: number;
  /** What it answers beside the pages, as method and path. */
  readonly routes: readonly { method: string; url: string }[];
  /** Where the mail server inside listens, on 127.0.0.1; null: it does not run. */
  readonly caughtMailPort: number | null;
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
  importBell,
  redisUrl,
  namespace,
  pages: wanted = "built",
  resolver = systemResolver(),
}: {
  settings: Settings;
  database: Database;
  topics: Topics;
  doorbell: Doorbell;
  importBell: ImportBell;
  redisUrl: string;
  /** Of this installation's keys in Redis. */
  namespace: string;
  /** The pages read their address from the environment, so one process can serve them at one address only. */
  pages?: "built" | "none";
  /** Of what stands in DNS about a sender. */
  resolver?: Resolver;
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
  const { uploadBytesMax } = settings;
  const catcher = settings.catchMail ? await catchMail({ database, port: settings.catchMailPort }) : null;
  const doors: Doors = {
    database,
    topics,
    doorbell,
    live: new Live(database, topics),
    delivery: {
      ...{ keyring: keyringOf(settings), resolver, catcher },
      ...{ reach: { allowPrivate: settings.outboundPrivate }, origin: settings.origin },
    },
    frontDoor,
    importBell,
    uploadBytesMax,
    responseFeeds: new ResponseFeeds({ database, topics }),
    responseLinkDays: settings.responseLinkDays,
  };
  const parts = {
    schema: await makeSchema(),
    rules: [withinQueryLimits, ...(settings.introspection ? [] : [NoSchemaIntrospectionCustomRule])],
    budget: new Budget(redis, namespace, settings.costPerMinute),
    ...{ doors, settings },
  };
  const tidying = setInterval(() => {
    void removeExpiredSecrets(database).catch(logged);
    void removeLeftovers(database, settings.uploadDays).catch(logged);
    void forgetRecipients(database, settings.recipientDays).catch(logged);
    void forgetDeliveries(database, settings.webhookLogDays).catch(logged);
  }, TIDY_EVERY_MS);
  const http = createServer({ keepAliveTimeout: 65_000, requestTimeout: UPLOAD_MS_MAX });
  const sockets = serveSockets(http, parts);

  const headers = securityHeaders(settings.origin);
  const pages = wanted === "built" ? await loadPages(settings) : null;
  const app = Fastify({
    bodyLimit: BODY_BYTES_MAX,
    // A customer's link with much behind it is one that does not work, and is answered as those are.
    routerOptions: { maxParamLength: ADDRESS_CHARACTERS_MAX },
    rewriteUrl: ({ url = "/" }) => asLinkAddress(url),
    trustProxy: [...settings.trustedProxies],
    genReqId: ({ headers }) => String(headers["x-request-id"]),
    serverFactory: (handle) =>
      http.on("request", (request, response) => route(request, response, { handle, pages, headers, settings })),
  });
  const routes: { method: string; url: string }[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, url });
  });
  const api = await serveGraphql(app, http, parts);
  const ways = {
    contextOf: (request: FastifyRequest, reply: FastifyReply) => contextOf(doors, request, reply),
    refuseOtherSites: (request: FastifyRequest, reply: FastifyReply) => refuseOtherSites(request, reply, settings),
    settings,
  };
  importRoutes(app, ways);
  suppressionRoutes(app, ways);
  feedbackEventRoutes(app, ways);
  exportRoutes(app, ways);
  const throttle = new LinkThrottle(redis, namespace);
  unsubscribeRoutes(app, { database, throttle });
  responseRoutes(app, { database, topics, throttle, linkDays: settings.responseLinkDays });
  operatorRoutes(app, { database, redis, metricsToken: settings.metricsToken });
  await app.ready();
  const port = await listen(http, settings);
  if (pages) providePageAddresses({ origin: settings.origin, apiOrigin: `http://127.0.0.1:${port}` });

  return {
    port,
    routes,
    caughtMailPort: catcher?.port ?? null,
    async stop() {
      clearInterval(tidying);
      await sockets.close();
      await api.close();
      await app.close();
      await catcher?.stop();
      mailer?.close();
      redis.disconnect();
    },
  };
}

function logged(error: unknown): void {
  log.warn({ err: error }, "what is too old could not be removed; it does not work all the same");
}

interface Ways {
  handle: (request: IncomingMessage, response: ServerResponse) => void;
  pages: Pages | null;
  headers: SecurityHeaders;
  settings: Settings;
}

// The pages get their requests before Fastify reads the body: form posts are theirs to read.
function route(request: IncomingMessage, response: ServerResponse, { handle, pages, headers, settings }: Ways): void {
  // From here on the header is what we call the request, for Fastify and the pages alike.
  const requestId = (request.headers["x-request-id"] = requestIdOf(request.headers));
  response.setHeader("X-Request-Id", requestId);
  if (!isUpload(request.url ?? "/")) mustArriveWithin(REQUEST_MS_MAX, request);
  const answerData = () => {
    headers.data(request, response);
    handle(request, response);
  };
  if (!pages || !isPage(request.url ?? "/", settings)) return answerData();
  headers.page(request, response);
  // Kit's own guard knows one address only, and would refuse the forms of those who come by another of ours.
  if (isForeignForm(request, settings)) return refuseForeignForm(response);
  pages(request, response, answerData);
}

function mustArriveWithin(ms: number, request: IncomingMessage): void {
  // An answer may take longer; what was asked for has arrived by then.
  const timer = setTimeout(() => request.complete || request.destroy(), ms).unref();
  request.once("close", () => clearTimeout(timer));
}

// Programs name no page, but programs use the API: a form without one is nobody's of ours.
function isForeignForm({ method, headers }: IncomingMessage, settings: Settings): boolean {
  if (method === "GET" || method === "HEAD") return false;
  return headers.origin === undefined || !isOurOrigin(headers, settings);
}

function refuseForeignForm(response: ServerResponse): void {
  response.writeHead(403, { "content-type": "text/plain; charset=utf-8" });
  response.end("This form was sent from another site, so nothing was done.");
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

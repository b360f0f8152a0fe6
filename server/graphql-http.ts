import type { Server } from "node:http";
import { ApolloServer, type ApolloServerPlugin, HeaderMap } from "@apollo/server";
import { ApolloServerPluginLandingPageDisabled } from "@apollo/server/plugin/disabled";
import { ApolloServerPluginDrainHttpServer } from "@apollo/server/plugin/drainHttpServer";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import {
  type GraphQLFormattedError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  OperationTypeNode,
  type ValidationRule,
} from "graphql";
import { forCaller, logFaults, withRequestId } from "./answers.ts";
import { credentialsIn, type Doors, RequestContext, whoAsks } from "./context.ts";
import { Bill } from "./platform/bill.ts";
import type { Budget } from "./platform/budget.ts";
import { CallerError } from "./platform/errors.ts";
import { log } from "./platform/log.ts";
import { isOurHost, isOurOrigin } from "./platform/origin.ts";
import { QUERY_LIMITS } from "./platform/query-limits.ts";
import type { Settings } from "./platform/settings.ts";
import { sessionCookieFor } from "./session-cookie.ts";

export const BODY_BYTES_MAX = 256 * 1024;

export interface ApiParts {
  schema: GraphQLSchema;
  /** Beside those of GraphQL itself. */
  rules: readonly ValidationRule[];
  budget: Budget;
  doors: Doors;
  settings: Settings;
}

/** GraphQL over HTTP at /graphql. Refuses pages of other sites, and says in each answer what it cost. */
export async function serveGraphql(
  app: FastifyInstance,
  http: Server,
  { schema, rules, budget, doors, settings }: ApiParts,
): Promise<{ close(): Promise<void> }> {
  const apollo = new ApolloServer<RequestContext>({
    schema,
    // A rule of ours refuses it where it is switched off, in the same words as on the socket.
    introspection: true,
    parseOptions: { maxTokens: QUERY_LIMITS.tokens },
    validationRules: [...rules],
    validationOptions: { hideSuggestions: !settings.introspection },
    // Nobody of ours uses them, and what strangers register would be kept.
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: forCaller,
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginDrainHttpServer({ httpServer: http, stopGracePeriodMillis: 2_000 }),
      charging(schema, budget),
    ],
  });
  await apollo.start();
  app.route({
    url: "/graphql",
    method: ["GET", "POST", "OPTIONS"],
    onRequest: (request, reply) => refuseOtherSites(request, reply, settings),
    handler: fastifyApolloHandler(apollo, { context: (request, reply) => contextOf(doors, request, reply) }),
  });
  // Here, and not where errors are made: some of them are made before there is a context.
  app.addHook("onSend", async (request, reply, payload) => {
    if (typeof payload !== "string" || !payload.startsWith(`{"errors":`)) return payload;
    const named = nameRequest(payload, request.id);
    void reply.header("content-length", Buffer.byteLength(named));
    return named;
  });
  app.setErrorHandler(answerFault);
  return { close: () => apollo.stop() };
}

/** Who asks, from where, and what of ours they may reach. */
export async function contextOf(doors: Doors, request: FastifyRequest, reply: FastifyReply): Promise<RequestContext> {
  const asking = await whoAsks(doors, credentialsIn(request.headers), log.child({ requestId: request.id }));
  return new RequestContext(doors, asking, {
    requestId: request.id,
    address: request.ip,
    userAgent: request.headers["user-agent"] ?? null,
    cookie: sessionCookieFor(doors.frontDoor.origin, (header) => void reply.header("set-cookie", header)),
  });
}

/** Answers 403 where a page of another site asks. */
export async function refuseOtherSites(
  { method, headers }: FastifyRequest,
  reply: FastifyReply,
  settings: Settings,
): Promise<void> {
  const named = method === "GET" && headers.origin === undefined ? isOurHost(headers.host, settings) : true;
  if (named && isOurOrigin(headers, settings)) return;
  const message = `The API answers pages of ${settings.origin} and programs, not pages of other sites. Programs send no Origin, and a POST.`;
  await reply.status(403).send({ errors: [{ message, extensions: { code: "FORBIDDEN_ORIGIN" } }] });
}

function charging(schema: GraphQLSchema, budget: Budget): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart({ contextValue }) {
      const bill = new Bill(budget, contextValue.budgetKey);
      return {
        async didResolveOperation({ document, operation, request: { variables, operationName }, response }) {
          try {
            if (operation?.operation === OperationTypeNode.SUBSCRIPTION) throw notOverHttp(operation);
            await bill.charge(schema, { document, variables, operationName });
          } catch (error) {
            if (error instanceof CallerError) Object.assign(response.http, headOf(error, response.http.headers));
            throw error;
          }
        },
        async didEncounterErrors({ errors }) {
          logFaults(errors, contextValue.log);
        },
        async willSendResponse({ response: { body } }) {
          const cost = await bill.settle();
          if (body.kind === "single") body.singleResult.extensions = { ...body.singleResult.extensions, cost };
        },
      };
    },
  };
}

function notOverHttp(at: OperationDefinitionNode): CallerError {
  const message = "Subscriptions go over a WebSocket at this address (graphql-transport-ws), not over HTTP.";
  return new CallerError("BAD_USER_INPUT", message, { at });
}

function headOf({ extensions }: CallerError, headers: HeaderMap): { status: number; headers: HeaderMap } {
  if (extensions["code"] !== "RATE_LIMITED") return { status: 400, headers };
  headers.set("retry-after", String(extensions["retryAfterSeconds"]));
  return { status: 429, headers };
}

function nameRequest(body: string, requestId: string): string {
  const answer = JSON.parse(body) as { errors: GraphQLFormattedError[] };
  return JSON.stringify({ ...answer, errors: answer.errors.map((error) => withRequestId(error, requestId)) });
}

/** What Fastify itself refuses (a body that is too large or cannot be read), in GraphQL's own form. */
function answerFault(
  error: { statusCode?: number; message: string },
  { id: requestId }: FastifyRequest,
  reply: FastifyReply,
): void {
  if (error instanceof CallerError) {
    const { message, extensions } = error;
    void reply.status(STATUSES[String(extensions["code"])] ?? 400).send({ errors: [{ message, extensions }] });
    return;
  }
  const status = error.statusCode ?? 500;
  if (status >= 500) log.error({ err: error, requestId }, "a request failed");
  const [code, message] =
    status >= 500
      ? ["INTERNAL_SERVER_ERROR", "Something went wrong on our side. It is in the server's log."]
      : status === 413
        ? ["LIMIT_EXCEEDED", `The request is larger than ${BODY_BYTES_MAX / 1024} kB. Send it in several calls.`]
        : ["BAD_REQUEST", error.message];
  void reply.status(status).send({ errors: [{ message, extensions: { code } }] });
}

/** Of refusals beside GraphQL, where the status is what programs look at. */
const STATUSES: Record<string, number> = { UNAUTHENTICATED: 401, FORBIDDEN: 403, NOT_FOUND: 404, UNAVAILABLE: 503 };

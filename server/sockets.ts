import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { GraphQLError, specifiedRules, validate } from "graphql";
import { type Context as Connection, handleProtocols, makeServer, type SubscribePayload } from "graphql-ws";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { type AccessNews, onAccessChanged } from "./accounts/access-news.ts";
import type { Caller } from "./accounts/context.ts";
import { forCaller, logFaults, withRequestId } from "./answers.ts";
import { type Asking, type Credentials, credentialsIn, type Doors, RequestContext, whoAsks } from "./context.ts";
import type { ApiParts } from "./graphql-http.ts";
import { type Admitted, OpenSockets, SOCKETS_MAX } from "./open-sockets.ts";
import { Bill } from "./platform/bill.ts";
import { CallerError } from "./platform/errors.ts";
import { newId } from "./platform/id.ts";
import { clientAddress } from "./platform/client-address.ts";
import { log } from "./platform/log.ts";
import { subscriptionsOpen } from "./platform/metrics.ts";
import { isOurOrigin } from "./platform/origin.ts";
import { parseWithinLimits } from "./platform/query-limits.ts";

const MESSAGE_BYTES_MAX = 64 * 1024;
/** Subscriptions, and queries and mutations under way. */
const OPERATIONS_MAX = 20;
const INIT_WITHIN_MS = 5_000;
const PING_EVERY_MS = 12_000;
const CLOSE_WITHIN_MS = 2_000;

/**
 * Why a socket is closed, by the code that its client sees. Clients of graphql-ws come again by themselves after the
 * codes marked *, if they try again at all.
 *
 *   1001 *  the server stops
 *   1009    a message was larger than 64 kB
 *   1013 *  try again: this holder has 10 sockets open, or nobody could look up who it is
 *   4400    a message is none of the protocol
 *   4401    an operation came before the connection was acknowledged
 *   4403 *  the API token shown is not valid, or what its caller may do has changed or ended
 *   4406    the client speaks another protocol than graphql-transport-ws
 *   4408 *  connection_init did not come within 5 s
 *   4409    an operation has the id of another one that is under way
 *   4429    connection_init came twice
 *   4500    a fault of ours; it is in the log
 */
const CLOSED = { goingAway: 1001, tryAgain: 1013, forbidden: 4403, internalFault: 4500 } as const;

interface Extra {
  socket: WebSocket;
  request: IncomingMessage;
}

/** GraphQL over WebSocket at /graphql, protocol graphql-transport-ws. Whose access ends loses their sockets at once. */
export function serveSockets(http: Server, { doors, settings, ...parts }: ApiParts): { close(): Promise<void> } {
  const wss = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX, handleProtocols });
  const open = new OpenSockets();
  const protocol = protocolOf({ doors, settings, open, ...parts });
  wss.on("connection", (socket: WebSocket, request: IncomingMessage) => converse(protocol, { socket, request }));

  http.on("upgrade", (request, socket, head) => {
    const path = (request.url ?? "/").split("?", 1)[0];
    if (path !== "/graphql") return refuse(socket, "404 Not Found");
    if (!isOurOrigin(request.headers, settings)) return refuse(socket, "403 Forbidden");
    wss.handleUpgrade(request, socket, head, (opened) => wss.emit("connection", opened, request));
  });

  const recheck = (which: (caller: Caller) => boolean) => {
    for (const one of open.ofCallers(which)) void closeIfChanged(doors, one);
  };
  const stopListening = onAccessChanged(doors.topics, (news) => recheck((caller) => isAbout(news, caller)));
  // News over Redis may be lost, and a session may simply grow too old.
  const timer = setInterval(() => recheck(() => true), settings.sessionRecheckMs);
  return {
    close: async () => {
      clearInterval(timer);
      stopListening();
      await closeAll(wss);
    },
  };
}

// Node leaves a socket that asks for an upgrade without a listener, and a reset of it would end the process.
function refuse(socket: Duplex, status: string): void {
  socket.on("error", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
}

/** The meaning of messages: who connects, and what becomes of what they ask. */
function protocolOf({ schema, rules, budget, doors, settings, open }: ApiParts & { open: OpenSockets }) {
  const asking = new WeakMap<WebSocket, Asking>();
  const contexts = new WeakMap<SubscribePayload, RequestContext>();

  /** Throws what is wrong; answers what is to be run. One that cannot be read must not close the socket for the others. */
  async function begin(payload: SubscribePayload, underWay: number, context: RequestContext) {
    const bill = new Bill(budget, context.budgetKey);
    try {
      if (underWay > OPERATIONS_MAX) throw tooManyOperations();
      const { variables, operationName } = payload;
      const document = parseWithinLimits(payload.query);
      const [...wrong] = validate(schema, document, [...specifiedRules, ...rules], {
        hideSuggestions: !settings.introspection,
      });
      if (wrong.length > 0) return wrong.map((error) => withCode(error, "GRAPHQL_VALIDATION_FAILED"));
      await bill.charge(schema, { document, variables, operationName });
      return {
        ...{ schema, document, contextValue: context },
        ...{ variableValues: variables ?? null, operationName: operationName ?? null },
      };
    } finally {
      await bill.settle();
    }
  }

  return makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: INIT_WITHIN_MS,
    onConnect: async ({ extra: { socket, request }, connectionParams }) => {
      const shown = { ...credentialsIn(request.headers), ...authorizationIn(connectionParams) };
      const who = await whoAsks(doors, shown);
      asking.set(socket, who);
      if (who === "unknown") socket.close(CLOSED.tryAgain, "Try again");
      if (who === "refused" || who === "unknown") return false;
      const one = { socket, shown, caller: who, address: clientAddress(request, settings.trustedProxies) };
      const isAdmitted = open.admit(one);
      // News of an access that ended between the look and the admission found nobody to close.
      if (isAdmitted && who) await closeIfChanged(doors, { ...one, caller: who });
      if (!isAdmitted) socket.close(CLOSED.tryAgain, `${SOCKETS_MAX} sockets are open already: close one first`);
      return isAdmitted;
    },
    onSubscribe: async ({ extra: { socket, request }, subscriptions }, _id, payload) => {
      const context = new RequestContext(doors, asking.get(socket) ?? null, {
        requestId: newId(),
        address: clientAddress(request, settings.trustedProxies),
        userAgent: request.headers["user-agent"] ?? null,
        cookie: null,
      });
      contexts.set(payload, context);
      return begin(payload, Object.keys(subscriptions).length, context).catch((error: unknown) => [asGraphql(error)]);
    },
    onOperation: () => subscriptionsOpen.inc(),
    onComplete: () => subscriptionsOpen.dec(),
    onError: (_connection, _id, payload, errors) => answered(errors, contexts.get(payload)!),
    onNext: (_connection, _id, payload, _args, result) =>
      result.errors && { data: result.data ?? null, errors: answered(result.errors, contexts.get(payload)!) },
  });
}

function tooManyOperations(): CallerError {
  return new CallerError(
    "LIMIT_EXCEEDED",
    `${OPERATIONS_MAX} operations are under way on this socket, and at most so many may be. Complete one first.`,
  );
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  error.extensions["code"] ??= code;
  return error;
}

function asGraphql(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return withCode(error, "GRAPHQL_PARSE_FAILED");
  return new GraphQLError("A fault of ours.", {
    originalError: error instanceof Error ? error : new Error(String(error)),
  });
}

function answered(errors: readonly GraphQLError[], { requestId, log }: RequestContext) {
  logFaults(errors, log);
  return errors.map((error) => withRequestId(forCaller(error.toJSON(), error), requestId));
}

/** Carries messages between a socket and the protocol, and notices when nobody is there any more. */
function converse(protocol: ReturnType<typeof protocolOf>, extra: Extra): void {
  const { socket } = extra;
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (text) => new Promise((sent) => socket.send(text, () => sent())),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (heard) =>
        socket.on("message", (message: RawData) => {
          heard((message as Buffer).toString("utf8")).catch((error: unknown) => {
            log.warn({ err: error }, "a message on a socket could not be taken");
            socket.close(CLOSED.internalFault, "Internal fault");
          });
        }),
    },
    extra,
  );
  // Too large a message, broken text: ws closes the socket and has said why to its client.
  socket.on("error", (error: NodeJS.ErrnoException) =>
    log.debug({ code: error.code }, "a socket was closed as faulty"),
  );
  const ping = pingEvery(socket, PING_EVERY_MS);
  socket.once("close", (code: number, reason: Buffer) => {
    clearInterval(ping);
    closed(code, reason.toString()).catch((error: unknown) =>
      log.warn({ err: error }, "a subscription did not end well"),
    );
  });
}

function pingEvery(socket: WebSocket, everyMs: number): NodeJS.Timeout {
  let hasAnswered = true;
  socket.on("pong", () => (hasAnswered = true));
  return setInterval(() => {
    if (!hasAnswered) return socket.terminate();
    hasAnswered = false;
    socket.ping();
  }, everyMs);
}

async function closeAll(wss: WebSocketServer): Promise<void> {
  for (const socket of wss.clients) socket.close(CLOSED.goingAway, "Going away");
  const impatient = setTimeout(() => wss.clients.forEach((socket) => socket.terminate()), CLOSE_WITHIN_MS);
  await new Promise((closed) => wss.close(closed));
  clearTimeout(impatient);
}

/** Closes the socket of whoever may not do any more what they might when it was opened; they may come again. */
async function closeIfChanged(doors: Doors, { socket, shown, caller }: Admitted & { caller: Caller }): Promise<void> {
  const now = await whoAsks(doors, shown);
  if (now === "unknown") return;
  const isSame =
    now !== null &&
    now !== "refused" &&
    now.workspaceId === caller.workspaceId &&
    sameScopes(now.scopes, caller.scopes);
  if (!isSame) socket.close(CLOSED.forbidden, "Access changed or ended");
}

function isAbout(news: AccessNews, caller: Caller): boolean {
  return "callerId" in news
    ? caller.id === news.callerId
    : "accountId" in caller && caller.accountId === news.accountId;
}

function sameScopes(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((scope) => b.has(scope));
}

/** `{ Authorization: "Bearer …" }`, in any letter case, since a browser's socket has no headers of its own. */
function authorizationIn(connectionParams: Connection["connectionParams"]): Partial<Credentials> {
  const found = Object.entries(connectionParams ?? {}).find(([name]) => name.toLowerCase() === "authorization");
  return typeof found?.[1] === "string" ? { authorization: found[1] } : {};
}

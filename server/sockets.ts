import type { IncomingMessage, Server } from "node:http";
import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, validate } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocket, WebSocketServer } from "ws";
import { type AccessNews, onAccessChanged } from "./accounts/access-news.ts";
import type { Caller } from "./accounts/context.ts";
import { type Asking, type Credentials, credentialsIn, type Doors, RequestContext, whoAsks } from "./context.ts";
import { forCaller } from "./answers.ts";
import { socketsOpen, subscriptionsOpen } from "./platform/metrics.ts";
import type { Settings } from "./platform/settings.ts";

const SOCKET_MESSAGE_BYTES_MAX = 64 * 1024;
const TOKENS_MAX = 1000;

/** Why a socket was closed, as its client sees it. graphql-ws's own codes are in its protocol. */
const CLOSED_ACCESS_CHANGED = 4403;
const CLOSED_TRY_AGAIN = 1013;

/** One socket, and who opened it. */
interface Open {
  socket: WebSocket;
  shown: Credentials;
  caller: Caller;
}

/** GraphQL over WebSocket at /graphql, protocol graphql-transport-ws. Whose access ends loses their sockets at once. */
export function serveSockets(
  http: Server,
  { schema, doors, settings }: { schema: GraphQLSchema; doors: Doors; settings: Settings },
): { close(): Promise<void> } {
  const wss = new WebSocketServer({ noServer: true, maxPayload: SOCKET_MESSAGE_BYTES_MAX });
  const open = new Map<WebSocket, Open>();
  const asking = new WeakMap<WebSocket, Asking>();

  const server = useServer<Record<string, unknown>, { socket: WebSocket; request: IncomingMessage }>(
    {
      connectionInitWaitTimeout: 10_000,
      onConnect: async ({ extra: { socket, request }, connectionParams }) => {
        const shown = { ...credentialsIn(request.headers), ...authorizationIn(connectionParams) };
        const who = await whoAsks(doors, shown);
        asking.set(socket, who);
        if (who === "unknown") socket.close(CLOSED_TRY_AGAIN, "Try again");
        if (who === "refused" || who === "unknown") return false;
        if (who) open.set(socket, { socket, shown, caller: who });
        return true;
      },
      // The same limit as for a request. A query that cannot be read is an error of its own subscription: left to the
      // library it would close the socket with all the others.
      onSubscribe: ({ extra: { socket, request } }, _id, { query, variables, operationName }) => {
        let document: DocumentNode;
        try {
          document = parse(query, { maxTokens: TOKENS_MAX });
        } catch (error) {
          if (error instanceof GraphQLError) return [error];
          throw error;
        }
        const wrong = validate(schema, document);
        if (wrong.length > 0) return wrong;
        const from = { address: addressOf(request), userAgent: request.headers["user-agent"] ?? null, cookie: null };
        const contextValue = new RequestContext(doors, asking.get(socket) ?? null, from);
        const asked = { variableValues: variables ?? null, operationName: operationName ?? null };
        return { schema, document, contextValue, ...asked };
      },
      onOperation: () => subscriptionsOpen.inc(),
      onComplete: () => subscriptionsOpen.dec(),
      onError: (_context, _id, _payload, errors) => errors.map((error) => forCaller(error.toJSON(), error)),
      onNext: (_context, _id, _payload, _args, result) =>
        result.errors && {
          data: result.data ?? null,
          errors: result.errors.map((error) => forCaller(error.toJSON(), error)),
        },
    },
    wss,
    12_000,
  );
  wss.on("connection", (socket) => {
    socketsOpen.inc();
    socket.once("close", () => {
      socketsOpen.dec();
      open.delete(socket);
    });
  });
  http.on("upgrade", (request, socket, head) => {
    const path = (request.url ?? "/").split("?", 1)[0];
    if (path !== "/graphql" || !isOurOrigin(request, settings)) {
      socket.end(`HTTP/1.1 ${path === "/graphql" ? "403 Forbidden" : "404 Not Found"}\r\nConnection: close\r\n\r\n`);
      return;
    }
    wss.handleUpgrade(request, socket, head, (opened) => wss.emit("connection", opened, request));
  });

  const recheck = (which: (caller: Caller) => boolean) => {
    for (const one of open.values()) if (which(one.caller)) void closeIfChanged(doors, one);
  };
  const stopListening = onAccessChanged(doors.topics, (news) => recheck((caller) => isAbout(news, caller)));
  // News over Redis may be lost, and a session may simply grow too old.
  const timer = setInterval(() => recheck(() => true), settings.sessionRecheckMs);
  return {
    close: async () => {
      clearInterval(timer);
      stopListening();
      await server.dispose();
    },
  };
}

/** Closes the socket of whoever may not do any more what they might when it was opened; they may come again. */
async function closeIfChanged(doors: Doors, { socket, shown, caller }: Open): Promise<void> {
  const now = await whoAsks(doors, shown);
  if (now === "unknown") return;
  const isSame =
    now !== null &&
    now !== "refused" &&
    now.workspaceId === caller.workspaceId &&
    sameScopes(now.scopes, caller.scopes);
  if (!isSame) socket.close(CLOSED_ACCESS_CHANGED, "Access changed or ended");
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
function authorizationIn(connectionParams: Record<string, unknown> | undefined): Partial<Credentials> {
  const found = Object.entries(connectionParams ?? {}).find(([name]) => name.toLowerCase() === "authorization");
  return typeof found?.[1] === "string" ? { authorization: found[1] } : {};
}

function addressOf(request: IncomingMessage): string | null {
  return request.socket.remoteAddress ?? null;
}

// Browsers always name the page's origin, other programs need not: only pages of another site are turned away.
function isOurOrigin(request: IncomingMessage, settings: Settings): boolean {
  const { origin, host } = request.headers;
  if (!origin || origin === settings.origin) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

import type { IncomingHttpHeaders } from "node:http";
import type { Logger } from "pino";
import type { Actor } from "./accounts/audit.store.ts";
import { callerOfSession, callerOfToken } from "./accounts/caller.store.ts";
import { type AccountsContext, type Caller, type FrontDoor, type SessionCookie, signedIn } from "./accounts/context.ts";
import type { Delivery, DeliveryContext } from "./dispatch/delivery.ts";
import type { DispatchContext } from "./dispatch/live.ts";
import type { Doorbell } from "./dispatch/doorbell.ts";
import type { Live } from "./dispatch/live.ts";
import type { FeedbackContext } from "./feedback/feedback-context.ts";
import type { ResponseFeeds } from "./feedback/response-feed.ts";
import type { ImportBell } from "./imports/import-bell.ts";
import type { ImportsContext } from "./imports/imports-context.ts";
import type { Database } from "./platform/database.ts";
import { CallerError, unauthenticated } from "./platform/errors.ts";
import { log } from "./platform/log.ts";
import type { Topics } from "./platform/topics.ts";
import { readSessionCookie } from "./session-cookie.ts";

/** What all requests of a web process share. */
export interface Doors {
  readonly database: Database;
  readonly topics: Topics;
  readonly doorbell: Doorbell;
  readonly live: Live;
  readonly delivery: Delivery;
  readonly frontDoor: FrontDoor;
  readonly importBell: ImportBell;
  readonly uploadBytesMax: number;
  readonly responseFeeds: ResponseFeeds;
  readonly responseLinkDays: number;
}

/** What somebody shows at the door, in headers or in a socket's connectionParams. */
export interface Credentials {
  authorization: string | undefined;
  cookie: string | undefined;
}

/** Who it is; "refused": they showed an API token that is not valid (any more); "unknown": nobody could look. */
export type Asking = Caller | "refused" | "unknown" | null;

/** Where a request comes from and what can be handed back to it. */
export interface From {
  requestId: string;
  address: string | null;
  userAgent: string | null;
  cookie: SessionCookie | null;
}

export function credentialsIn(headers: IncomingHttpHeaders): Credentials {
  return { authorization: headers.authorization, cookie: headers.cookie };
}

/** Finds out who it is. A token counts before a session: whoever sends one means it. */
export function whoAsks(doors: Doors, shown: Credentials, said: Logger = log): Promise<Asking> {
  return lookUp(doors, shown).catch((error: unknown) => {
    said.error({ err: error }, "could not look up who is asking");
    return "unknown";
  });
}

async function lookUp({ database, frontDoor }: Doors, shown: Credentials): Promise<Asking> {
  if (shown.authorization !== undefined) {
    const token = /^Bearer +(\S+)$/i.exec(shown.authorization.trim())?.[1];
    return (token && (await callerOfToken(database, token))) || "refused";
  }
  const session = readSessionCookie(shown.cookie, frontDoor.origin);
  return session ? callerOfSession(database, session, frontDoor.sessionIdleDays) : null;
}

/** What resolvers get: the doors, and who is asking. Asking for the caller of a refused token throws. */
export class RequestContext
  implements AccountsContext, DispatchContext, DeliveryContext, ImportsContext, FeedbackContext
{
  readonly database: Database;
  readonly topics: Topics;
  readonly doorbell: Doorbell;
  readonly live: Live;
  readonly delivery: Delivery;
  readonly frontDoor: FrontDoor;
  readonly importBell: ImportBell;
  readonly uploadBytesMax: number;
  readonly responseFeeds: ResponseFeeds;
  readonly responseLinkDays: number;
  /** Answered to the caller, and in each line that is logged by `log`. */
  readonly requestId: string;
  readonly log: Logger;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly cookie: SessionCookie | null;

  constructor(
    doors: Doors,
    private readonly asking: Asking,
    from: From,
  ) {
    ({
      database: this.database,
      topics: this.topics,
      doorbell: this.doorbell,
      live: this.live,
      delivery: this.delivery,
      frontDoor: this.frontDoor,
      importBell: this.importBell,
      uploadBytesMax: this.uploadBytesMax,
      responseFeeds: this.responseFeeds,
      responseLinkDays: this.responseLinkDays,
    } = doors);
    ({ requestId: this.requestId, address: this.address, userAgent: this.userAgent, cookie: this.cookie } = from);
    this.log = log.child({ requestId: this.requestId });
  }

  /** By which cost is counted: the session or token, or the address of whoever has none that is valid. */
  get budgetKey(): string {
    return typeof this.asking === "object" && this.asking ? this.asking.id : `address ${this.address}`;
  }

  get caller(): Caller | null {
    if (this.asking === "refused")
      throw unauthenticated("This API token is not valid: it is unknown, was revoked, or is too old.");
    if (this.asking === "unknown")
      throw new CallerError("UNAVAILABLE", "Who you are could not be looked up at the moment. Try again.");
    return this.asking;
  }

  get workspaceId(): string {
    return signedIn(this.caller).workspaceId;
  }

  get actor(): Actor {
    const { kind, name, ...who } = signedIn(this.caller);
    return { kind, id: "memberId" in who ? who.memberId : who.id, name, address: this.address };
  }
}

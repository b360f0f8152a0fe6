import type { IncomingHttpHeaders } from "node:http";
import { callerOfSession, callerOfToken } from "./accounts/caller.store.ts";
import { type AccountsContext, type Caller, type FrontDoor, type SessionCookie, signedIn } from "./accounts/context.ts";
import type { DispatchContext } from "./dispatch/live.ts";
import type { Doorbell } from "./dispatch/doorbell.ts";
import type { Live } from "./dispatch/live.ts";
import type { Database } from "./platform/database.ts";
import { unauthenticated } from "./platform/errors.ts";
import type { Topics } from "./platform/topics.ts";
import { readSessionCookie } from "./session-cookie.ts";

/** What all requests of a web process share. */
export interface Doors {
  readonly database: Database;
  readonly topics: Topics;
  readonly doorbell: Doorbell;
  readonly live: Live;
  readonly frontDoor: FrontDoor;
}

/** What somebody shows at the door, in headers or in a socket's connectionParams. */
export interface Credentials {
  authorization: string | undefined;
  cookie: string | undefined;
}

/** Who it is; "refused" when they showed an API token that is not valid (any more). */
export type Asking = Caller | "refused" | null;

/** Where a request comes from and what can be handed back to it. */
export interface From {
  address: string | null;
  userAgent: string | null;
  cookie: SessionCookie | null;
}

export function credentialsIn(headers: IncomingHttpHeaders): Credentials {
  return { authorization: headers.authorization, cookie: headers.cookie };
}

/** Finds out who it is. A token counts before a session: whoever sends one means it. */
export async function whoAsks({ database, frontDoor }: Doors, shown: Credentials): Promise<Asking> {
  if (shown.authorization !== undefined) {
    const token = /^Bearer +(\S+)$/i.exec(shown.authorization.trim())?.[1];
    return (token && (await callerOfToken(database, token))) || "refused";
  }
  const session = readSessionCookie(shown.cookie, frontDoor.origin);
  return session ? callerOfSession(database, session, frontDoor.sessionIdleDays) : null;
}

/** What resolvers get: the doors, and who is asking. Asking for the caller of a refused token throws. */
export class RequestContext implements AccountsContext, DispatchContext {
  readonly database: Database;
  readonly topics: Topics;
  readonly doorbell: Doorbell;
  readonly live: Live;
  readonly frontDoor: FrontDoor;
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
      frontDoor: this.frontDoor,
    } = doors);
    ({ address: this.address, userAgent: this.userAgent, cookie: this.cookie } = from);
  }

  get caller(): Caller | null {
    if (this.asking === "refused")
      throw unauthenticated("This API token is not valid: it is unknown, was revoked, or is too old.");
    return this.asking;
  }

  get workspaceId(): string {
    return signedIn(this.caller).workspaceId;
  }
}

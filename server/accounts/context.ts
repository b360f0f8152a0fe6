import type { Database } from "../platform/database.ts";
import { CallerError, forbidden, unauthenticated } from "../platform/errors.ts";
import type { Mailer } from "../platform/mailer.ts";
import type { Topics } from "../platform/topics.ts";
import { ACCESS, type Role, type Scope } from "./access.ts";
import type { Actor } from "./audit.store.ts";
import { ActorKind } from "./audit-entry.ts";
import type { SignInThrottle } from "./sign-in-throttle.store.ts";

interface AnyCaller {
  /** Of the session or the token: what limits are counted by and revoking refers to. */
  readonly id: string;
  readonly workspaceId: string;
  readonly scopes: ReadonlySet<Scope>;
  /** As the audit log names them. */
  readonly name: string;
}

/** A person, signed in in a browser. */
export interface MemberCaller extends AnyCaller {
  readonly kind: ActorKind.MEMBER;
  readonly accountId: string;
  readonly memberId: string;
  readonly role: Role;
}

/** Another service. */
export interface TokenCaller extends AnyCaller {
  readonly kind: ActorKind.TOKEN;
}

export type Caller = MemberCaller | TokenCaller;

/** What the browser keeps: set by signing in. A socket has none, so signing in goes over HTTP. */
export interface SessionCookie {
  set(secret: string, expiresAt: Date): void;
  clear(): void;
}

/** Who is asking, and the doors to what they may see. Made anew for each request and each socket operation. */
export interface Context {
  /** Null: nobody is signed in. */
  readonly caller: Caller | null;
  /** The caller's. Throws UNAUTHENTICATED when nobody is signed in. */
  readonly workspaceId: string;
  /** The caller as the audit log names them. Throws UNAUTHENTICATED when nobody is signed in. */
  readonly actor: Actor;
  readonly database: Database;
  readonly topics: Topics;
  /** The network address the request came from. */
  readonly address: string | null;
}

/** What signing in needs beside that. */
export interface FrontDoor {
  readonly throttle: SignInThrottle;
  /** Null: no mail is set up. */
  readonly mailer: Mailer | null;
  /** The address under which people reach the pages. */
  readonly origin: string;
  readonly isSignUpOpen: boolean;
  readonly sessionDays: number;
  readonly sessionIdleDays: number;
}

export interface AccountsContext extends Context {
  readonly frontDoor: FrontDoor;
  readonly cookie: SessionCookie | null;
  readonly userAgent: string | null;
}

/** The caller, or UNAUTHENTICATED. */
export function signedIn(caller: Caller | null): Caller {
  if (!caller) throw unauthenticated("Sign in first, or send an API token: Authorization: Bearer …");
  return caller;
}

/** The caller if it is a person; a token has no account, so it gets FORBIDDEN. */
export function person(caller: Caller | null): MemberCaller {
  const who = signedIn(caller);
  if (who.kind !== ActorKind.MEMBER) throw forbidden("This is about a person's own account. An API token has none.");
  return who;
}

/** Throws UNAUTHENTICATED or FORBIDDEN unless the caller may do it. */
export function mustMay(caller: Caller | null, scope: Scope): Caller {
  const who = signedIn(caller);
  if (!who.scopes.has(scope)) throw lacks(who, scope);
  return who;
}

function lacks(caller: Caller, scope: Scope): CallerError {
  const { may, least } = ACCESS[scope];
  return caller.kind === ActorKind.TOKEN
    ? forbidden(`The API token lacks the scope ${scope}, which allows to ${may}.`)
    : forbidden(`Your role (${caller.role}) does not allow to ${may}. The least role that does is ${least}.`);
}

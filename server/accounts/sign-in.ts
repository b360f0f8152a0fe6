import { userError, UserErrorCode } from "../platform/user-error.ts";
import { forbidden } from "../platform/errors.ts";
import { log } from "../platform/log.ts";
import { tellAccessChanged } from "./access-news.ts";
import {
  accountByEmail,
  emailKey,
  type Membership,
  membershipsOf,
  ownAccount,
  revokeLinks,
  useLink,
} from "./account.store.ts";
import { type Actor, type Deed, writeDown } from "./audit.store.ts";
import { ActorKind, AuditAction } from "./audit-entry.ts";
import { callerOfSession } from "./caller.store.ts";
import { type AccountsContext, person, type SessionCookie } from "./context.ts";
import { meOf, type SignInPayload } from "./me.ts";
import { isPassword } from "./password.ts";
import { endSessions, openSession } from "./session.store.ts";

/** Signs a person in by address and password. Unknown addresses get the same answer, after the same time. */
export async function signIn(
  context: AccountsContext,
  { email, password }: { email: string; password: string },
): Promise<SignInPayload> {
  cookieOf(context);
  const { database, frontDoor, address } = context;
  const key = emailKey(email);
  const waitSeconds = await frontDoor.throttle.tooManyFor(key, address);
  if (waitSeconds > 0) return refused(UserErrorCode.TOO_MANY_TRIES, null, tryAgainIn(waitSeconds));

  const account = await accountByEmail(database, key);
  if (!(await isPassword(password, account?.passwordHash ?? null)) || !account) {
    // Not waited for: the time of the answer would tell who has an account.
    if (account)
      void writeDownAsAccount(context, account.accountId, { action: AuditAction.SIGN_IN_FAILED }).catch(logged);
    return refused(UserErrorCode.WRONG_CREDENTIALS, null, "Address and password do not fit together.");
  }
  await frontDoor.throttle.right(key, address);
  return enter(context, account.accountId);
}

/** Signs a person in by a link that works once. */
export async function signInWithLink(context: AccountsContext, token: string): Promise<SignInPayload> {
  cookieOf(context);
  const accountId = await useLink(context.database, "sign_in", token);
  if (!accountId) return refused(UserErrorCode.EXPIRED, "token", "This link was used already, or is too old.");
  return enter(context, accountId);
}

/** Opens a session in the workspace (the one joined first, unless named) and hands it to the browser. */
export async function enter(context: AccountsContext, accountId: string, into?: string): Promise<SignInPayload> {
  const cookie = cookieOf(context);
  const { database, frontDoor } = context;
  const { memberships, name } = await knownAs(context, accountId);
  const membership = into ? memberships.find(({ workspace }) => workspace.id === into) : memberships[0];
  if (!membership) {
    const words = "You are not a member of any workspace (any more). Somebody who is can invite you.";
    return refused(UserErrorCode.NOT_ALLOWED, null, words);
  }
  await leaveOldSession(context);
  const { address, userAgent } = context;
  const { sessionDays: days, sessionIdleDays: idleDays } = frontDoor;
  const { workspace, memberId } = membership;
  const session = await database.inWorkspace(
    workspace.id,
    async (tx) => {
      await writeDown(tx, personAt(context, memberId, name), { action: AuditAction.SIGNED_IN });
      return openSession(tx, { accountId, workspaceId: workspace.id, address, userAgent, days, idleDays });
    },
    accountId,
  );
  cookie.set(session.secret, session.expiresAt);
  const caller = await callerOfSession(database, session.secret, idleDays);
  return { me: caller && (await meOf(database, caller)), userErrors: [] };
}

/** Ends the session in this browser. Whoever is not signed in stays so. */
export async function signOut(context: AccountsContext): Promise<void> {
  const { database, caller, topics, cookie } = context;
  cookie?.clear();
  if (caller?.kind !== ActorKind.MEMBER) return;
  await database.inWorkspace(
    caller.workspaceId,
    async (tx) => {
      await endSessions({ ...tx, accountId: caller.accountId }, { id: caller.id });
      await writeDown(tx, context.actor, { action: AuditAction.SIGNED_OUT });
    },
    caller.accountId,
  );
  tellAccessChanged(topics, { callerId: caller.id });
}

/** Ends all sessions of the person: `everywhere`, or one. Answers how many. */
export async function endSessionsOf(
  context: AccountsContext,
  which: { id: string } | { exceptId: string | null },
): Promise<number> {
  const { accountId, workspaceId } = person(context.caller);
  const ended = await context.database.inWorkspace(
    workspaceId,
    async (tx) => {
      const workspaces = await endSessions({ ...tx, accountId }, which);
      const action = "id" in which ? AuditAction.SESSION_ENDED : AuditAction.SIGNED_OUT_EVERYWHERE;
      if (workspaces.length > 0) await writeDown(tx, context.actor, { action });
      return workspaces.length;
    },
    accountId,
  );
  tellAccessChanged(context.topics, { accountId });
  return ended;
}

/** A password that is new makes all that was opened with the old one worthless. */
export async function forgetOldWays(context: AccountsContext, accountId: string, keepId: string | null): Promise<void> {
  await context.database.asAccount(accountId, async (tx) => {
    await endSessions(tx, { exceptId: keepId });
    await revokeLinks(tx, "password_reset");
    await revokeLinks(tx, "sign_in");
  });
  tellAccessChanged(context.topics, { accountId });
}

/** Writes into the logs of all workspaces of an account something that happened to it while nobody was signed in. */
export async function writeDownAsAccount(context: AccountsContext, accountId: string, deed: Deed): Promise<void> {
  const { memberships, name } = await knownAs(context, accountId);
  for (const { workspace, memberId } of memberships)
    await context.database.inWorkspace(workspace.id, (tx) => writeDown(tx, personAt(context, memberId, name), deed));
}

/** Signing in hands the browser a cookie, which a socket cannot. */
export function cookieOf({ cookie }: AccountsContext): SessionCookie {
  if (!cookie) throw forbidden("Signing in and out goes over HTTP: a socket cannot set the browser's cookie.");
  return cookie;
}

export function refused(code: UserErrorCode, field: string | null, message: string): SignInPayload {
  return { me: null, userErrors: [userError(code, field, message)] };
}

// Whoever signs in anew leaves the session they had in this browser: its cookie is overwritten.
async function leaveOldSession({ caller, database, topics }: AccountsContext): Promise<void> {
  if (caller?.kind !== ActorKind.MEMBER) return;
  await database.asAccount(caller.accountId, (tx) => endSessions(tx, { id: caller.id }));
  tellAccessChanged(topics, { callerId: caller.id });
}

function knownAs(
  { database }: AccountsContext,
  accountId: string,
): Promise<{ memberships: Membership[]; name: string }> {
  return database.asAccount(accountId, async (tx) => ({
    memberships: await membershipsOf(tx),
    name: (await ownAccount(tx)).name,
  }));
}

function personAt({ address }: AccountsContext, memberId: string, name: string): Actor {
  return { kind: ActorKind.MEMBER, id: memberId, name, address };
}

function logged(error: unknown): void {
  log.error({ err: error }, "a failed sign-in could not be written down");
}

function tryAgainIn(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return `Too many tries. Try again in ${minutes} ${minutes === 1 ? "minute" : "minutes"}.`;
}

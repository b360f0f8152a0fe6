import type { Database } from "../platform/database.ts";
import { log } from "../platform/log.ts";
import { UserErrorCode } from "../platform/user-error.ts";
import {
  accountByEmail,
  emailKey,
  makeLink,
  ownAccount,
  revokeLinks,
  setPasswordHash,
  useLink,
} from "./account.store.ts";
import { AuditAction } from "./audit-entry.ts";
import { type AccountsContext, person } from "./context.ts";
import type { DonePayload } from "./me.ts";
import { hashPassword, isPassword, passwordProblems } from "./password.ts";
import { forgetOldWays, refused, writeDownAsAccount } from "./sign-in.ts";
import { writeDown } from "./audit.store.ts";

const RESET_HOURS = 1;

/**
 * Sends a link for a new password, if there is such an account and mail is set up. The answer and its time are the
 * same in any case: whoever asks learns nothing about who has an account.
 */
export async function requestPasswordReset(context: AccountsContext, email: string): Promise<DonePayload> {
  const { frontDoor, address } = context;
  const waitSeconds = await frontDoor.throttle.tooManyFor(`reset:${emailKey(email)}`, address);
  if (waitSeconds === 0) void sendResetLink(context, email).catch(logged);
  return { userErrors: [] };
}

/**
 * A link under which the person with this address sets a new password, once, within an hour, and the address as they
 * gave it; null: nobody has it.
 */
export async function resetLink(
  database: Database,
  email: string,
  origin: string,
): Promise<{ link: string; email: string } | null> {
  const account = await accountByEmail(database, email);
  if (!account) return null;
  return database.asAccount(account.accountId, async (tx) => {
    await revokeLinks(tx, "password_reset");
    const secret = await makeLink(tx, { kind: "password_reset", hours: RESET_HOURS });
    return { link: `${origin}/reset/${secret}`, email: (await ownAccount(tx)).email };
  });
}

/** Sets the new password and ends all sessions. The link is used up only by a password that is taken. */
export async function resetPassword(
  context: AccountsContext,
  { token, password }: { token: string; password: string },
): Promise<DonePayload> {
  const userErrors = passwordProblems("password", password, []);
  if (userErrors.length > 0) return { userErrors };
  const accountId = await useLink(context.database, "password_reset", token);
  if (!accountId)
    return refused(UserErrorCode.EXPIRED, "token", "This link was used already, or is too old. Ask for another.");
  await takePassword(context, accountId, password, null);
  await writeDownAsAccount(context, accountId, { action: AuditAction.PASSWORD_RESET });
  return { userErrors: [] };
}

/** Changes one's own password, given the present one (if there is one), and ends all other sessions. */
export async function changePassword(
  context: AccountsContext,
  { currentPassword, newPassword }: { currentPassword?: string | null; newPassword: string },
): Promise<DonePayload> {
  const { database, frontDoor, address } = context;
  const { id, accountId, workspaceId } = person(context.caller);
  const { email, name, hasPassword } = await database.asAccount(accountId, ownAccount);
  if (hasPassword) {
    const waitSeconds = await frontDoor.throttle.tooManyFor(emailKey(email), address);
    if (waitSeconds > 0) return refused(UserErrorCode.TOO_MANY_TRIES, null, "Too many tries. Try again in a while.");
    const account = await accountByEmail(database, email);
    if (!(await isPassword(currentPassword ?? "", account?.passwordHash ?? null)))
      return refused(UserErrorCode.WRONG_CREDENTIALS, "currentPassword", "This is not your present password.");
    await frontDoor.throttle.right(emailKey(email), address);
  }
  const userErrors = passwordProblems("newPassword", newPassword, [email, name]);
  if (userErrors.length > 0) return { userErrors };
  await takePassword(context, accountId, newPassword, id);
  await database.inWorkspace(workspaceId, (tx) =>
    writeDown(tx, context.actor, { action: AuditAction.PASSWORD_CHANGED }),
  );
  return { userErrors: [] };
}

async function takePassword(
  context: AccountsContext,
  accountId: string,
  password: string,
  keepSessionId: string | null,
): Promise<void> {
  const hash = await hashPassword(password);
  await context.database.asAccount(accountId, (tx) => setPasswordHash(tx, hash));
  await forgetOldWays(context, accountId, keepSessionId);
}

async function sendResetLink({ database, frontDoor }: AccountsContext, email: string): Promise<void> {
  const { mailer, origin } = frontDoor;
  if (!mailer) return log.warn("a password reset was asked for, and no mail is set up: npm run reset prints a link");
  const made = await resetLink(database, email, origin);
  if (!made) return;
  mailer.send({
    // Never to what was typed: two addresses that are one in lower case ("K" and the Kelvin sign) may be two people's.
    to: made.email,
    subject: "A new password for Campaign Dispatcher",
    text: `Somebody, hopefully you, asked for a new password. Set it here, within an hour:\n\n${made.link}\n\nIf it was not you, there is nothing to do: nothing was changed.\n`,
  });
}

function logged(error: unknown): void {
  log.error({ err: error }, "a password reset could not be prepared");
}

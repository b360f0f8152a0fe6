import { type WorkspaceTransaction, isUuid } from "../platform/database.ts";
import { CallerError, notFound } from "../platform/errors.ts";
import { newId } from "../platform/id.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import { type Role, scopeToChange, withArticle } from "./access.ts";
import { accountByEmail, insertAccount, ownAccount } from "./account.store.ts";
import { ActorKind, AuditAction } from "./audit-entry.ts";
import { writeDown } from "./audit.store.ts";
import { type AccountsContext, mustMay } from "./context.ts";
import type { Invitation } from "./invitation.ts";
import type { SignInPayload } from "./me.ts";
import {
  insertInvitation,
  insertMember,
  invitationIn,
  invitationOf,
  isMemberByEmail,
  takeInvitation,
} from "./member.store.ts";
import { hashPassword, passwordProblems } from "./password.ts";
import { emailProblems, nameProblems, readEmail } from "./person-input.ts";
import { cookieOf, enter, refused } from "./sign-in.ts";
import { findWorkspace } from "./workspace.store.ts";

const INVITATION_DAYS = 7;

export interface Invited {
  invitation: Invitation | null;
  /** To hand over, if no mail goes out; shown this once. */
  link: string | null;
  userErrors: UserError[];
}

/** Invites somebody by address. An open invitation to the same address is replaced: its link stops working. */
export async function inviteMember(
  context: AccountsContext,
  { email: text, role }: { email: string; role: Role },
): Promise<Invited> {
  const { database, frontDoor } = context;
  const caller = mustMay(context.caller, scopeToChange(role));
  const userErrors = emailProblems("email", text);
  if (userErrors.length > 0) return { invitation: null, link: null, userErrors };
  const email = readEmail(text);

  const made = await database.inWorkspace(caller.workspaceId, async (tx) => {
    if (await isMemberByEmail(tx, email)) return null;
    const { id, secret } = await insertInvitation(tx, { email, role, invitedBy: caller.name, days: INVITATION_DAYS });
    const deed = { action: AuditAction.MEMBER_INVITED, subjectId: id, subjectName: `${email}, ${role}` };
    await writeDown(tx, context.actor, deed);
    return { invitation: await invitationIn(tx, id), secret };
  });
  if (!made) {
    const taken = userError(UserErrorCode.TAKEN, "email", `${email} works here already.`);
    return { invitation: null, link: null, userErrors: [taken] };
  }
  const link = `${frontDoor.origin}/invitation/${made.secret}`;
  const workspace = await findWorkspace(database, caller.workspaceId);
  frontDoor.mailer?.send({
    to: email,
    subject: `${caller.name} invites you to ${workspace?.name ?? "Campaign Dispatcher"}`,
    text: `You are invited to work in "${workspace?.name}" on Campaign Dispatcher, as ${withArticle(role)}. The link works for ${INVITATION_DAYS} days:\n\n${link}\n`,
  });
  return { invitation: made.invitation, link, userErrors: [] };
}

/** Takes back an open invitation: its link stops working. */
export async function revokeInvitation(context: AccountsContext, invitationId: string): Promise<void> {
  const { workspaceId } = context;
  if (!isUuid(invitationId)) throw notFound("invitation", invitationId);
  await context.database.inWorkspace(workspaceId, async (tx) => {
    const invitation = await invitationIn(tx, invitationId);
    if (!invitation) throw notFound("invitation", invitationId);
    mustMay(context.caller, scopeToChange(invitation.role));
    await takeInvitation(tx, invitationId);
    const deed = { action: AuditAction.INVITATION_REVOKED, subjectId: invitationId, subjectName: invitation.email };
    await writeDown(tx, context.actor, deed);
  });
}

export interface Offer {
  workspaceName: string;
  email: string;
  role: Role;
  /** They have an account already and join with it, once signed in. */
  hasAccount: boolean;
}

/** What an invitation's link offers, or null when it is gone. */
export async function offerOf(context: AccountsContext, token: string): Promise<Offer | null> {
  const found = await findInvitation(context, token);
  if (!found) return null;
  const { email, role } = found.invitation;
  const workspace = await findWorkspace(context.database, found.workspaceId);
  const account = await accountByEmail(context.database, email);
  return { workspaceName: workspace?.name ?? "", email, role, hasAccount: account !== null };
}

/**
 * Joins. Whoever is signed in joins with their account; nobody signed in makes one, with the address that was invited.
 * An invitation is used once: of any number of callers one joins.
 */
export async function acceptInvitation(
  context: AccountsContext,
  { token, name, password }: { token: string; name?: string | null; password?: string | null },
): Promise<SignInPayload> {
  cookieOf(context);
  const found = await findInvitation(context, token);
  const gone = () =>
    refused(UserErrorCode.EXPIRED, "token", "This invitation was used, was taken back, or is too old.");
  if (!found) return gone();
  const { workspaceId, invitation } = found;

  const { caller } = context;
  if (caller?.kind === ActorKind.MEMBER) {
    const joined = await join(context, found, caller.accountId, () => Promise.resolve(true));
    return joined ? enter(context, caller.accountId, workspaceId) : gone();
  }
  if (await accountByEmail(context.database, invitation.email))
    return refused(UserErrorCode.NOT_ALLOWED, "token", `Sign in as ${invitation.email} first, then accept.`);

  const userErrors = [
    ...nameProblems("name", name ?? ""),
    ...passwordProblems("password", password ?? "", [invitation.email, name ?? ""]),
  ];
  if (userErrors.length > 0) return { me: null, userErrors };
  const account = { id: newId(), email: invitation.email, name: (name ?? "").trim() };
  const passwordHash = await hashPassword(password ?? "");
  const joined = await join(context, found, account.id, (tx) => insertAccount(tx, { ...account, passwordHash }));
  return joined ? enter(context, account.id, workspaceId) : gone();
}

async function findInvitation(
  { database }: AccountsContext,
  token: string,
): Promise<{ workspaceId: string; invitation: Invitation } | null> {
  const found = await invitationOf(database, token);
  if (!found) return null;
  const { workspaceId, invitationId } = found;
  const invitation = await database.inWorkspace(workspaceId, (tx) => invitationIn(tx, invitationId));
  return invitation && { workspaceId, invitation };
}

/** Takes the invitation and makes the membership, in one transaction. False: somebody else was first. */
function join(
  { database, address }: AccountsContext,
  { workspaceId, invitation }: { workspaceId: string; invitation: Invitation },
  accountId: string,
  makeAccount: (tx: WorkspaceTransaction) => Promise<boolean>,
): Promise<boolean> {
  return database.inWorkspace(
    workspaceId,
    async (tx) => {
      if (!(await takeInvitation(tx, invitation.id))) return false;
      // Thrown, so that the invitation is not used up: another invitation made the account a moment ago.
      if (!(await makeAccount(tx)))
        throw new CallerError("UNAVAILABLE", "There is an account now. Sign in, then accept.");
      const { name } = await ownAccount({ ...tx, accountId });
      // A member already, by another invitation, keeps the role they have.
      const memberId = await insertMember(tx, accountId, invitation.role);
      const actor = { kind: ActorKind.MEMBER, id: memberId, name, address };
      const subjectName = `${invitation.email}, ${invitation.role}`;
      await writeDown(tx, actor, { action: AuditAction.MEMBER_JOINED, subjectId: invitation.id, subjectName });
      return true;
    },
    accountId,
  );
}

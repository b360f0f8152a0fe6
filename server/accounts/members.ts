import { isUuid, type WorkspaceTransaction } from "../platform/database.ts";
import { notFound } from "../platform/errors.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import { tellAccessChanged } from "./access-news.ts";
import { Role, scopeToChange, withArticle } from "./access.ts";
import { AuditAction } from "./audit-entry.ts";
import { writeDown } from "./audit.store.ts";
import { type Context, mustMay, person } from "./context.ts";
import type { Member } from "./member.ts";
import { lockOwners, memberIn, removeMember as deleteMember, setRole } from "./member.store.ts";

/** Gives a member another role. Owners are made and unmade by owners, and one always stays. */
export async function changeRole(
  context: Context,
  { memberId, role }: { memberId: string; role: Role },
): Promise<{ member: Member | null; userErrors: UserError[] }> {
  return withMember(context, memberId, async (tx, member) => {
    mustMay(context.caller, scopeToChange(member.role, role));
    if (member.role === role) return { member, userErrors: [] };
    if (member.role === Role.OWNER && (await lockOwners(tx)) < 2)
      return { member, userErrors: [lastOwner("memberId")] };
    await setRole(tx, memberId, role);
    const deed = { action: AuditAction.ROLE_CHANGED, subjectId: memberId, subjectName: `${member.email}, now ${role}` };
    await writeDown(tx, context.actor, deed);
    return { member: await memberIn(tx, memberId), userErrors: [] };
  });
}

/** Removes a member, or leaves: everybody may remove themselves but the last owner. */
export async function removeMember(context: Context, memberId: string): Promise<{ userErrors: UserError[] }> {
  return withMember(context, memberId, async (tx, member) => {
    const { caller } = context;
    const isOneself = caller !== null && "memberId" in caller && caller.memberId === memberId;
    if (isOneself) person(caller);
    else mustMay(caller, scopeToChange(member.role));
    if (member.role === Role.OWNER && (await lockOwners(tx)) < 2) return { userErrors: [lastOwner("memberId")] };
    await writeDown(tx, context.actor, {
      action: AuditAction.MEMBER_REMOVED,
      subjectId: memberId,
      subjectName: `${member.email}, ${withArticle(member.role)}`,
    });
    await deleteMember(tx, memberId);
    return { userErrors: [] };
  });
}

async function withMember<T extends { userErrors: UserError[] }>(
  { database, workspaceId, topics }: Context,
  memberId: string,
  change: (tx: WorkspaceTransaction, member: Member) => Promise<T>,
): Promise<T> {
  if (!isUuid(memberId)) throw notFound("member", memberId);
  const { result, accountId } = await database.inWorkspace(workspaceId, async (tx) => {
    const member = await memberIn(tx, memberId);
    if (!member) throw notFound("member", memberId);
    return { result: await change(tx, member), accountId: member.accountId };
  });
  if (result.userErrors.length === 0) tellAccessChanged(topics, { accountId });
  return result;
}

function lastOwner(field: string): UserError {
  return userError(UserErrorCode.LAST_OWNER, field, "This is the last owner. Make somebody else an owner first.");
}

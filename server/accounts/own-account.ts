import { notFound } from "../platform/errors.ts";
import { UserErrorCode } from "../platform/user-error.ts";
import { tellAccessChanged } from "./access-news.ts";
import { scopesOf } from "./access.ts";
import { membershipsOf, ownAccount, setNameAndEmail } from "./account.store.ts";
import { AuditAction } from "./audit-entry.ts";
import { writeDown } from "./audit.store.ts";
import { type AccountsContext, person } from "./context.ts";
import { meOf, type SignInPayload } from "./me.ts";
import { emailProblems, nameProblems, readEmail } from "./person-input.ts";
import { moveSession } from "./session.store.ts";
import { refused } from "./sign-in.ts";

/** Has this session work in another of the person's workspaces. What its sockets show is closed. */
export async function switchWorkspace(
  { database, topics, caller }: AccountsContext,
  workspaceId: string,
): Promise<SignInPayload> {
  const who = person(caller);
  const membership = await database.asAccount(who.accountId, async (tx) => {
    const found = (await membershipsOf(tx)).find(({ workspace }) => workspace.id === workspaceId);
    if (found) await moveSession(tx, who.id, workspaceId);
    return found;
  });
  if (!membership) throw notFound("workspace", workspaceId);
  tellAccessChanged(topics, { callerId: who.id });
  const { memberId, role } = membership;
  return { me: await meOf(database, { ...who, workspaceId, memberId, role, scopes: scopesOf(role) }), userErrors: [] };
}

/** Changes the person's name and address, in all workspaces they work in. */
export async function changeAccount(
  context: AccountsContext,
  input: { name: string; email: string },
): Promise<SignInPayload> {
  const userErrors = [...nameProblems("name", input.name), ...emailProblems("email", input.email)];
  if (userErrors.length > 0) return { me: null, userErrors };
  const who = person(context.caller);
  const [name, email] = [input.name.trim(), readEmail(input.email)];
  const isChanged = await context.database.inWorkspace(
    who.workspaceId,
    async (tx) => {
      const own = { ...tx, accountId: who.accountId };
      const before = await ownAccount(own);
      if (!(await setNameAndEmail(own, { name, email }))) return false;
      const deed = { action: AuditAction.ACCOUNT_CHANGED, subjectId: who.memberId };
      await writeDown(tx, context.actor, { ...deed, subjectName: `${before.name}, ${before.email}` });
      return true;
    },
    who.accountId,
  );
  if (!isChanged) return refused(UserErrorCode.TAKEN, "email", "Another account has this address.");
  return { me: await meOf(context.database, { ...who, name }), userErrors: [] };
}

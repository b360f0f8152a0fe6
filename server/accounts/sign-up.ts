import { forbidden } from "../platform/errors.ts";
import { newId } from "../platform/id.ts";
import { UserErrorCode } from "../platform/user-error.ts";
import { Role } from "./access.ts";
import { insertAccount } from "./account.store.ts";
import { ActorKind, AuditAction } from "./audit-entry.ts";
import { writeDown } from "./audit.store.ts";
import type { AccountsContext } from "./context.ts";
import type { SignInPayload } from "./me.ts";
import { insertMember } from "./member.store.ts";
import { hashPassword, passwordProblems } from "./password.ts";
import { emailProblems, nameProblems, readEmail } from "./person-input.ts";
import { cookieOf, enter, refused } from "./sign-in.ts";
import { insertWorkspace } from "./workspace.store.ts";

export interface SignUp {
  workspaceName: string;
  name: string;
  email: string;
  password: string;
}

/** Makes a workspace and its first owner, and signs them in. All of it or nothing. */
export async function signUp(context: AccountsContext, input: SignUp): Promise<SignInPayload> {
  cookieOf(context);
  const { database, frontDoor, address } = context;
  if (!frontDoor.isSignUpOpen)
    throw forbidden("Sign-up is closed on this installation. Somebody who works here can invite you.");
  const userErrors = [
    ...nameProblems("workspaceName", input.workspaceName),
    ...nameProblems("name", input.name),
    ...emailProblems("email", input.email),
    ...passwordProblems("password", input.password, [input.email, input.name, input.workspaceName]),
  ];
  if (userErrors.length > 0) return { me: null, userErrors };

  const [accountId, workspaceId] = [newId(), newId()];
  const [name, workspaceName] = [input.name.trim(), input.workspaceName.trim()];
  const passwordHash = await hashPassword(input.password);
  const isNew = await database.inWorkspace(
    workspaceId,
    async (tx) => {
      if (!(await insertAccount(tx, { id: accountId, email: readEmail(input.email), name, passwordHash })))
        return false;
      await insertWorkspace(tx, workspaceName);
      const memberId = await insertMember(tx, accountId, Role.OWNER);
      const owner = { kind: ActorKind.MEMBER, id: memberId, name, address };
      await writeDown(tx, owner, { action: AuditAction.SIGNED_UP, subjectId: workspaceId, subjectName: workspaceName });
      return true;
    },
    accountId,
  );
  if (!isNew)
    return refused(
      UserErrorCode.TAKEN,
      "email",
      "There is an account with this address. Sign in, or reset its password.",
    );
  return enter(context, accountId, workspaceId);
}

import { Arg, Authorized, Ctx, Field, ID, InputType, Mutation, Query, Resolver } from "type-graphql";
import { isUuid } from "../platform/database.ts";
import { notFound } from "../platform/errors.ts";
import { type AccountsContext, type Context, person } from "./context.ts";
import { DonePayload, Me, meOf, SignInPayload } from "./me.ts";
import { changeAccount, switchWorkspace } from "./own-account.ts";
import { changePassword, requestPasswordReset, resetPassword } from "./reset-password.ts";
import { Session } from "./session.ts";
import { listSessions } from "./session.store.ts";
import { endSessionsOf, signIn, signInWithLink, signOut } from "./sign-in.ts";
import { signUp } from "./sign-up.ts";
import { PERSON } from "./authorize.ts";

@InputType({ description: "A new workspace and the person who will own it." })
class SignUpInput {
  @Field(() => String, { description: "What its people call the workspace, 1 to 200 characters." })
  workspaceName!: string;

  @Field(() => String, { description: "The person's name, 1 to 200 characters." })
  name!: string;

  @Field(() => String, { description: "The address to sign in with." })
  email!: string;

  @Field(() => String, { description: "12 to 200 characters." })
  password!: string;
}

@InputType({ description: "Who wants to sign in." })
class SignInInput {
  @Field(() => String, { description: "The account's address, in any letter case." })
  email!: string;

  @Field(() => String, { description: "Its password." })
  password!: string;
}

@InputType({ description: "A link that works once." })
class SignInWithLinkInput {
  @Field(() => String, { description: "The last part of the link." })
  token!: string;
}

@InputType({ description: "A session to end." })
class EndSessionInput {
  @Field(() => ID, { description: "One of the caller's own sessions." })
  sessionId!: string;
}

@InputType({ description: "A workspace to work in." })
class SwitchWorkspaceInput {
  @Field(() => ID, { description: "One of the workspaces that the caller is a member of." })
  workspaceId!: string;
}

@InputType({ description: "A new password for oneself." })
class ChangePasswordInput {
  @Field(() => String, { nullable: true, description: "The present one; not needed where none was set yet." })
  currentPassword?: string | null;

  @Field(() => String, { description: "12 to 200 characters." })
  newPassword!: string;
}

@InputType({ description: "Name and address of oneself." })
class ChangeAccountInput {
  @Field(() => String, { description: "What others see, 1 to 200 characters." })
  name!: string;

  @Field(() => String, { description: "The address to sign in with from now on." })
  email!: string;
}

@InputType({ description: "Who forgot their password." })
class RequestPasswordResetInput {
  @Field(() => String, { description: "The account's address." })
  email!: string;
}

@InputType({ description: "A new password, by a link." })
class ResetPasswordInput {
  @Field(() => String, { description: "The last part of the link." })
  token!: string;

  @Field(() => String, { description: "12 to 200 characters." })
  password!: string;
}

/** Signing in and out, and what is a person's own: account, sessions, password. */
@Resolver()
export class AccountResolver {
  @Query(() => Me, { nullable: true, description: "Who is asking; null when nobody is signed in." })
  me(@Ctx() { database, caller }: Context): Promise<Me | null> | null {
    return caller && meOf(database, caller);
  }

  @Authorized(PERSON)
  @Query(() => [Session], { description: "Where the caller is signed in, the one used last first; at most 100." })
  sessions(@Ctx() { database, caller }: Context): Promise<Session[]> {
    return database.asAccount(person(caller).accountId, listSessions);
  }

  @Authorized(PERSON)
  @Query(() => ID, { description: "Which of `sessions` this is." })
  currentSession(@Ctx() { caller }: Context): string {
    return person(caller).id;
  }

  @Mutation(() => SignInPayload, {
    description: "Makes a workspace and its first owner, and signs them in by a cookie. Over HTTP only.",
  })
  signUp(
    @Arg("input", () => SignUpInput, { description: "The workspace and its owner." }) input: SignUpInput,
    @Ctx() context: AccountsContext,
  ): Promise<SignInPayload> {
    return signUp(context, input);
  }

  @Mutation(() => SignInPayload, {
    description:
      "Signs a person in by a cookie. Over HTTP only; other services use API tokens. Unknown addresses and wrong passwords get the same answer.",
  })
  signIn(
    @Arg("input", () => SignInInput, { description: "Address and password." }) input: SignInInput,
    @Ctx() context: AccountsContext,
  ): Promise<SignInPayload> {
    return signIn(context, input);
  }

  @Mutation(() => SignInPayload, {
    description: "Signs a person in by a link that works once, as a first start prints one. Over HTTP only.",
  })
  signInWithLink(
    @Arg("input", () => SignInWithLinkInput, { description: "The link." }) { token }: SignInWithLinkInput,
    @Ctx() context: AccountsContext,
  ): Promise<SignInPayload> {
    return signInWithLink(context, token);
  }

  @Mutation(() => DonePayload, { description: "Ends this session. Whoever is not signed in stays so." })
  async signOut(@Ctx() context: AccountsContext): Promise<DonePayload> {
    await signOut(context);
    return { userErrors: [] };
  }

  @Authorized(PERSON)
  @Mutation(() => DonePayload, {
    description: "Ends all sessions of the caller, this one too, and closes their sockets.",
  })
  async signOutEverywhere(@Ctx() context: AccountsContext): Promise<DonePayload> {
    await endSessionsOf(context, { exceptId: null });
    context.cookie?.clear();
    return { userErrors: [] };
  }

  @Authorized(PERSON)
  @Mutation(() => DonePayload, { description: "Ends one of the caller's sessions and closes its sockets." })
  async endSession(
    @Arg("input", () => EndSessionInput, { description: "The session." }) { sessionId }: EndSessionInput,
    @Ctx() context: AccountsContext,
  ): Promise<DonePayload> {
    if (!isUuid(sessionId) || (await endSessionsOf(context, { id: sessionId })) === 0)
      throw notFound("session", sessionId);
    return { userErrors: [] };
  }

  @Authorized(PERSON)
  @Mutation(() => SignInPayload, { description: "Has this session work in another of the caller's workspaces." })
  switchWorkspace(
    @Arg("input", () => SwitchWorkspaceInput, { description: "The workspace." }) { workspaceId }: SwitchWorkspaceInput,
    @Ctx() context: AccountsContext,
  ): Promise<SignInPayload> {
    return switchWorkspace(context, workspaceId);
  }

  @Authorized(PERSON)
  @Mutation(() => DonePayload, { description: "Changes the caller's password and ends their other sessions." })
  changePassword(
    @Arg("input", () => ChangePasswordInput, { description: "The present and the new one." })
    input: ChangePasswordInput,
    @Ctx() context: AccountsContext,
  ): Promise<DonePayload> {
    return changePassword(context, input);
  }

  @Authorized(PERSON)
  @Mutation(() => SignInPayload, { description: "Changes the caller's name and address." })
  changeAccount(
    @Arg("input", () => ChangeAccountInput, { description: "Name and address." }) input: ChangeAccountInput,
    @Ctx() context: AccountsContext,
  ): Promise<SignInPayload> {
    return changeAccount(context, input);
  }

  @Mutation(() => DonePayload, {
    description:
      "Sends a link for a new password by mail, if there is such an account and mail is set up; the answer is the same in any case. Without mail the operator prints one: npm run reset.",
  })
  requestPasswordReset(
    @Arg("input", () => RequestPasswordResetInput, { description: "The address." })
    { email }: RequestPasswordResetInput,
    @Ctx() context: AccountsContext,
  ): Promise<DonePayload> {
    return requestPasswordReset(context, email);
  }

  @Mutation(() => DonePayload, { description: "Sets a new password by a link, and ends all sessions of the account." })
  resetPassword(
    @Arg("input", () => ResetPasswordInput, { description: "The link and the new password." })
    input: ResetPasswordInput,
    @Ctx() context: AccountsContext,
  ): Promise<DonePayload> {
    return resetPassword(context, input);
  }
}

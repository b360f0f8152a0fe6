import { Arg, Args, Authorized, Ctx, Field, ID, InputType, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import { connectionOf, type Page, pageById, PageOnly, toPageById } from "../platform/connection.ts";
import { UserError } from "../platform/user-error.ts";
import { Role, Scope } from "./access.ts";
import type { AccountsContext, Context } from "./context.ts";
import { Invitation } from "./invitation.ts";
import { acceptInvitation, inviteMember, type Invited, type Offer, offerOf, revokeInvitation } from "./invite.ts";
import { DonePayload, SignInPayload } from "./me.ts";
import { Member } from "./member.ts";
import { listInvitations, listMembers } from "./member.store.ts";
import { changeRole, removeMember } from "./members.ts";

const MemberConnection = connectionOf("Member", Member);
const InvitationConnection = connectionOf("Invitation", Invitation);

@ObjectType("InvitationOffer", { description: "What an invitation's link offers." })
class OfferType implements Offer {
  @Field(() => String, { description: "The workspace's name." })
  workspaceName!: string;

  @Field(() => String, { description: "Whom it is for." })
  email!: string;

  @Field(() => Role, { description: "The role they will have." })
  role!: Role;

  @Field(() => Boolean, { description: "True: they have an account, sign in with it and then accept." })
  hasAccount!: boolean;
}

@ObjectType({ description: "The invitation, or why the input was refused." })
class InviteMemberPayload implements Invited {
  @Field(() => Invitation, { nullable: true, description: "The invitation; null when none was made." })
  invitation!: Invitation | null;

  @Field(() => String, {
    nullable: true,
    description: "The link to hand over, shown this once. Sent by mail as well, where mail is set up.",
  })
  link!: string | null;

  @Field(() => [UserError], { description: "What the caller can mend. Empty means: done." })
  userErrors!: UserError[];
}

@ObjectType({ description: "The member as they are now, or why the input was refused." })
class ChangeRolePayload {
  @Field(() => Member, { nullable: true, description: "The member." })
  member!: Member | null;

  @Field(() => [UserError], { description: "What the caller can mend. Empty means: done." })
  userErrors!: UserError[];
}

@InputType({ description: "Whom to invite." })
class InviteMemberInput {
  @Field(() => String, { description: "Their address." })
  email!: string;

  @Field(() => Role, { description: "The role they will have." })
  role!: Role;
}

@InputType({ description: "An invitation to take back." })
class RevokeInvitationInput {
  @Field(() => ID, { description: "The invitation." })
  invitationId!: string;
}

@InputType({ description: "An invitation to accept. Whoever is signed in needs neither name nor password." })
class AcceptInvitationInput {
  @Field(() => String, { description: "The last part of the link." })
  token!: string;

  @Field(() => String, { nullable: true, description: "The new account's name, 1 to 200 characters." })
  name?: string | null;

  @Field(() => String, { nullable: true, description: "The new account's password, 12 to 200 characters." })
  password?: string | null;
}

@InputType({ description: "A member and their new role." })
class ChangeRoleInput {
  @Field(() => ID, { description: "The member." })
  memberId!: string;

  @Field(() => Role, { description: "Their role from now on." })
  role!: Role;
}

@InputType({ description: "A member to remove." })
class RemoveMemberInput {
  @Field(() => ID, { description: "The member; oneself, to leave." })
  memberId!: string;
}

@Resolver()
export class MemberResolver {
  @Authorized(Scope.READ_MEMBERS)
  @Query(() => MemberConnection, { description: "Who works in the workspace, whoever joined first first." })
  async members(
    @Args(() => PageOnly) page: PageOnly,
    @Ctx() { database, workspaceId }: Context,
  ): Promise<Page<Member>> {
    const rows = await database.inWorkspace(workspaceId, (tx) => listMembers(tx, pageById(page, "members")));
    return toPageById(rows, page, "members");
  }

  @Authorized(Scope.READ_MEMBERS)
  @Query(() => InvitationConnection, { description: "Invitations that can still be accepted, the newest first." })
  async invitations(
    @Args(() => PageOnly) page: PageOnly,
    @Ctx() { database, workspaceId }: Context,
  ): Promise<Page<Invitation>> {
    const rows = await database.inWorkspace(workspaceId, (tx) => listInvitations(tx, pageById(page, "invitations")));
    return toPageById(rows, page, "invitations");
  }

  @Query(() => OfferType, {
    nullable: true,
    description: "What an invitation's link offers, for whoever has the link; null when it does not work (any more).",
  })
  invitation(
    @Arg("token", () => String, { description: "The last part of the link." }) token: string,
    @Ctx() context: AccountsContext,
  ): Promise<Offer | null> {
    return offerOf(context, token);
  }

  @Authorized(Scope.MANAGE_MEMBERS)
  @Mutation(() => InviteMemberPayload, {
    description: "Invites somebody by a link that works for seven days. Only an owner invites an owner.",
  })
  inviteMember(
    @Arg("input", () => InviteMemberInput, { description: "Address and role." }) input: InviteMemberInput,
    @Ctx() context: AccountsContext,
  ): Promise<Invited> {
    return inviteMember(context, input);
  }

  @Authorized(Scope.MANAGE_MEMBERS)
  @Mutation(() => DonePayload, { description: "Takes back an open invitation: its link stops working." })
  async revokeInvitation(
    @Arg("input", () => RevokeInvitationInput, { description: "The invitation." })
    { invitationId }: RevokeInvitationInput,
    @Ctx() context: AccountsContext,
  ): Promise<DonePayload> {
    await revokeInvitation(context, invitationId);
    return { userErrors: [] };
  }

  @Mutation(() => SignInPayload, {
    description: "Joins a workspace by an invitation and signs in there by a cookie. Over HTTP only.",
  })
  acceptInvitation(
    @Arg("input", () => AcceptInvitationInput, { description: "The link, and who joins." })
    input: AcceptInvitationInput,
    @Ctx() context: AccountsContext,
  ): Promise<SignInPayload> {
    return acceptInvitation(context, input);
  }

  @Authorized(Scope.MANAGE_MEMBERS)
  @Mutation(() => ChangeRolePayload, {
    description: "Gives a member another role. Only an owner makes or unmakes an owner, and the last one stays.",
  })
  changeRole(
    @Arg("input", () => ChangeRoleInput, { description: "The member and the role." }) input: ChangeRoleInput,
    @Ctx() context: Context,
  ): Promise<ChangeRolePayload> {
    return changeRole(context, input);
  }

  @Authorized()
  @Mutation(() => DonePayload, {
    description:
      "Removes a member and ends their sessions here. Everybody may remove themselves, but the last owner cannot leave.",
  })
  removeMember(
    @Arg("input", () => RemoveMemberInput, { description: "The member." }) { memberId }: RemoveMemberInput,
    @Ctx() context: Context,
  ): Promise<DonePayload> {
    return removeMember(context, memberId);
  }
}

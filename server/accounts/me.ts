import { Field, ObjectType } from "type-graphql";
import type { Database } from "../platform/database.ts";
import { UserError } from "../platform/user-error.ts";
import { Role, Scope } from "./access.ts";
import { Account } from "./account.ts";
import { membershipsOf, ownAccount } from "./account.store.ts";
import { ActorKind } from "./audit-entry.ts";
import type { Caller } from "./context.ts";
import { Workspace } from "./workspace.ts";
import { findWorkspace } from "./workspace.store.ts";

@ObjectType("Membership", { description: "A workspace that a person works in." })
class MembershipType {
  @Field(() => Workspace, { description: "The workspace." })
  workspace!: Workspace;

  @Field(() => Role, { description: "Their role there." })
  role!: Role;
}

@ObjectType({ description: "Who is asking: a person in a workspace, or an API token." })
export class Me {
  @Field(() => ActorKind, { description: "A person, or another service." })
  kind!: ActorKind;

  @Field(() => String, { description: "The person's or the token's name." })
  name!: string;

  @Field(() => Workspace, { description: "The workspace they work in." })
  workspace!: Workspace;

  @Field(() => [Scope], { description: "What they may do in it." })
  scopes!: Scope[];

  @Field(() => Role, { nullable: true, description: "A person's role in it; null for an API token." })
  role!: Role | null;

  @Field(() => Account, { nullable: true, description: "A person's account; null for an API token." })
  account!: Account | null;

  @Field(() => [MembershipType], { description: "All workspaces a person works in, the one joined first first." })
  memberships!: MembershipType[];
}

@ObjectType({ description: "Who is signed in now, or why nobody is." })
export class SignInPayload {
  @Field(() => Me, { nullable: true, description: "Who is signed in; null when it was refused." })
  me!: Me | null;

  @Field(() => [UserError], { description: "What the caller can mend. Empty means: done." })
  userErrors!: UserError[];
}

@ObjectType({ description: "Whether it was done." })
export class DonePayload {
  @Field(() => [UserError], { description: "What the caller can mend. Empty means: done." })
  userErrors!: UserError[];
}

export async function meOf(database: Database, caller: Caller): Promise<Me | null> {
  const workspace = await findWorkspace(database, caller.workspaceId);
  if (!workspace) return null;
  const { kind, name, scopes } = caller;
  const anyone = { kind, name, workspace, scopes: [...scopes] };
  if (caller.kind === ActorKind.TOKEN) return { ...anyone, role: null, account: null, memberships: [] };
  return database.asAccount(caller.accountId, async (tx) => ({
    ...anyone,
    role: caller.role,
    account: await ownAccount(tx),
    memberships: await membershipsOf(tx),
  }));
}

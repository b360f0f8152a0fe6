import { Arg, Authorized, Ctx, Field, InputType, Int, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import { notFound } from "../platform/errors.ts";
import { UserError } from "../platform/user-error.ts";
import { Scope } from "./access.ts";
import type { Context } from "./context.ts";
import { updateWorkspace } from "./update-workspace.ts";
import { findWorkspace } from "./workspace.store.ts";
import { Workspace } from "./workspace.ts";

@InputType({ description: "A place where customers can review in public." })
class ReviewLinkInput {
  @Field(() => String, { description: "What the place is called, 1 to 60 characters." })
  name!: string;

  @Field(() => String, { description: "Where it is; must begin with `https://`, at most 2,000 characters." })
  url!: string;
}

@InputType({ description: "What is to change about the workspace; what is left out stays." })
class UpdateWorkspaceInput {
  @Field(() => String, { nullable: true, description: "What its people call it, 1 to 200 characters." })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The time zone (IANA, `Europe/Berlin`) of its schedules and quiet hours.",
  })
  timeZone?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Colour of the page on which customers answer, as `#rrggbb`; a blank text takes it away.",
  })
  color?: string | null;

  @Field(() => [ReviewLinkInput], {
    nullable: true,
    description:
      "All places where customers are asked to review in public, in their order, at most 5; an empty list takes them away. Everybody who answered is shown all of them.",
  })
  reviewLinks?: ReviewLinkInput[] | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "So many days, 0 to 365, an address to which a campaign has sent is not written to by another one; 0: no such rest. In effect at the next claim; whoever rests then is skipped.",
  })
  restDays?: number | null;
}

@ObjectType({ description: "The workspace as it is now, or why the input was refused." })
class WorkspacePayload {
  @Field(() => Workspace, { nullable: true, description: "The workspace as it is now." })
  workspace!: Workspace | null;

  @Field(() => [UserError], { description: "What the caller can mend. Empty means: done." })
  userErrors!: UserError[];
}

@Resolver(() => Workspace)
export class WorkspaceResolver {
  @Authorized()
  @Query(() => Workspace, { description: "The workspace that this caller works in." })
  async workspace(@Ctx() { database, workspaceId }: Context): Promise<Workspace> {
    const workspace = await findWorkspace(database, workspaceId);
    if (!workspace) throw notFound("workspace", workspaceId);
    return workspace;
  }

  @Authorized(Scope.MANAGE_MEMBERS)
  @Mutation(() => WorkspacePayload, {
    description:
      "Changes the workspace's name, its time zone, its rest period, or the page on which its customers answer.",
  })
  updateWorkspace(
    @Arg("input", () => UpdateWorkspaceInput, { description: "What is to change." }) input: UpdateWorkspaceInput,
    @Ctx() context: Context,
  ): Promise<WorkspacePayload> {
    return updateWorkspace(context, input);
  }
}

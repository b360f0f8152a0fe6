import { Authorized, Ctx, Query, Resolver } from "type-graphql";
import type { Context } from "./context.ts";
import { findWorkspace } from "./workspace.store.ts";
import { notFound } from "../platform/errors.ts";
import { Workspace } from "./workspace.ts";

@Resolver(() => Workspace)
export class WorkspaceResolver {
  @Authorized()
  @Query(() => Workspace, { description: "The workspace that this caller works in." })
  async workspace(@Ctx() { database, workspaceId }: Context): Promise<Workspace> {
    const workspace = await findWorkspace(database, workspaceId);
    if (!workspace) throw notFound("workspace", workspaceId);
    return workspace;
  }
}

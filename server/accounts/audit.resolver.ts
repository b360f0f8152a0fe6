import { Args, ArgsType, Authorized, Ctx, Field, Query, Resolver } from "type-graphql";
import { connectionOf, type Page, PageArgs, pageById, toPageById } from "../platform/connection.ts";
import { Scope } from "./access.ts";
import { AuditAction, AuditEntry } from "./audit-entry.ts";
import { listAudit } from "./audit.store.ts";
import type { Context } from "./context.ts";

const AuditEntryConnection = connectionOf("AuditEntry", AuditEntry);

@ArgsType()
class AuditLogArgs extends PageArgs {
  @Field(() => AuditAction, { nullable: true, description: "Only entries about this." })
  action?: AuditAction;
}

@Resolver()
export class AuditResolver {
  @Authorized(Scope.READ_AUDIT_LOG)
  @Query(() => AuditEntryConnection, { description: "Who did what, when and from where; the newest first." })
  async auditLog(
    @Args(() => AuditLogArgs) { action, ...page }: AuditLogArgs,
    @Ctx() { database, workspaceId }: Context,
  ): Promise<Page<AuditEntry>> {
    const rows = await database.inWorkspace(workspaceId, (tx) =>
      listAudit(tx, { ...pageById(page, "auditLog"), ...(action && { action }) }),
    );
    return toPageById(rows, page, "auditLog");
  }
}

import { Arg, Args, ArgsType, Authorized, Ctx, Field, ID, Mutation, Query, Resolver } from "type-graphql";
import { Scope } from "../accounts/access.ts";
import { writeDown } from "../accounts/audit.store.ts";
import { AuditAction } from "../accounts/audit-entry.ts";
import { DonePayload } from "../accounts/me.ts";
import { connectionOf, type Page, PageArgs, pageById, searchText, toPageById } from "../platform/connection.ts";
import { isUuid } from "../platform/database.ts";
import { CaughtMail, OpenedCaughtMail, openMail } from "./caught-mail.ts";
import { caughtMailIn, listCaughtMail, removeCaughtMail } from "./caught-mail.store.ts";
import type { DeliveryContext } from "./delivery.ts";

const CaughtMailConnection = connectionOf("CaughtMail", CaughtMail);

@ArgsType()
class CaughtMailsArgs extends PageArgs {
  @Field(() => String, {
    nullable: true,
    description: "Only mails whose recipient, sender or subject contains this, whatever the case.",
  })
  search?: string;
}

@Resolver()
export class CaughtMailResolver {
  @Authorized(Scope.READ_CAMPAIGNS)
  @Query(() => Boolean, { description: "Whether this server runs a mail server of its own, for trying mails out." })
  catchesMail(@Ctx() { delivery }: DeliveryContext): boolean {
    return delivery.catcher !== null;
  }

  @Authorized(Scope.READ_CAMPAIGNS)
  @Query(() => CaughtMailConnection, {
    description: "What the mail server inside caught of this workspace, the newest first; the newest 1,000 are kept.",
  })
  async caughtMails(
    @Args(() => CaughtMailsArgs) { search, ...page }: CaughtMailsArgs,
    @Ctx() { database, workspaceId }: DeliveryContext,
  ): Promise<Page<CaughtMail>> {
    const text = searchText(search);
    const rows = await database.inWorkspace(workspaceId, (tx) =>
      listCaughtMail(tx, { ...pageById(page, "caughtMails"), ...(text && { search: text }) }),
    );
    return toPageById(rows, page, "caughtMails");
  }

  @Authorized(Scope.READ_CAMPAIGNS)
  @Query(() => OpenedCaughtMail, {
    nullable: true,
    description: "One caught mail; null when there is none with that id.",
  })
  async caughtMail(
    @Arg("id", () => ID, { description: "The mail's id." }) id: string,
    @Ctx() { database, workspaceId }: DeliveryContext,
  ): Promise<OpenedCaughtMail | null> {
    if (!isUuid(id)) return null;
    const found = await database.inWorkspace(workspaceId, (tx) => caughtMailIn(tx, id));
    return found && openMail(found.mail, found.raw);
  }

  @Authorized(Scope.EDIT_CAMPAIGNS)
  @Mutation(() => DonePayload, { description: "Removes all caught mails of the workspace." })
  async clearCaughtMail(@Ctx() { database, workspaceId, actor }: DeliveryContext): Promise<DonePayload> {
    await database.inWorkspace(workspaceId, async (tx) => {
      const removed = await removeCaughtMail(tx);
      const subjectName = `${removed} ${removed === 1 ? "mail" : "mails"}`;
      if (removed > 0) await writeDown(tx, actor, { action: AuditAction.CAUGHT_MAIL_CLEARED, subjectName });
    });
    return { userErrors: [] };
  }
}

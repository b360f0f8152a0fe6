import { Arg, Args, ArgsType, Authorized, Ctx, Field, ID, Mutation, Query, Resolver } from "type-graphql";
import { Scope } from "../accounts/access.ts";
import { writeDown } from "../accounts/audit.store.ts";
import { AuditAction } from "../accounts/audit-entry.ts";
import type { Context } from "../accounts/context.ts";
import {
  connectionOf,
  decodeCursor,
  encodeCursor,
  PageArgs,
  type Page,
  pageSize,
  searchText,
  toPage,
} from "../platform/connection.ts";
import { isUuid, type WorkspaceTransaction } from "../platform/database.ts";
import { notFound } from "../platform/errors.ts";
import { forgetKey, useKey } from "../platform/idempotency.store.ts";
import { newId } from "../platform/id.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import { checkKey, keyReused } from "./idempotency.ts";
import { Campaign } from "./campaign.ts";
import { campaignIn, findCampaign, insertCampaign, listCampaigns, transportKindOf } from "./campaign.store.ts";
import { CampaignPayload } from "./campaign-payload.ts";
import { BUILT_IN, CHANNEL_OF, CreateCampaignInput, type NewCampaign, newCampaign } from "./create-campaign.ts";
import { CampaignStatus } from "./lifecycle.ts";

const CampaignConnection = connectionOf("Campaign", Campaign);

@ArgsType()
class CampaignsArgs extends PageArgs {
  @Field(() => String, { nullable: true, description: "Only campaigns whose name contains this, whatever the case." })
  search?: string;

  @Field(() => CampaignStatus, { nullable: true, description: "Only campaigns in this status." })
  status?: CampaignStatus;
}

@Resolver(() => Campaign)
export class CampaignResolver {
  @Authorized(Scope.READ_CAMPAIGNS)
  @Query(() => Campaign, {
    nullable: true,
    description: "One campaign; null when this workspace has none with that id.",
  })
  async campaign(
    @Arg("id", () => ID, { description: "The campaign's id." }) id: string,
    @Ctx() { database, workspaceId }: Context,
  ): Promise<Campaign | null> {
    return isUuid(id) ? findCampaign(database, workspaceId, id) : null;
  }

  @Authorized(Scope.READ_CAMPAIGNS)
  @Query(() => CampaignConnection, { description: "The workspace's campaigns, newest first." })
  async campaigns(
    @Args(() => CampaignsArgs) { first, after, search, status }: CampaignsArgs,
    @Ctx() { database, workspaceId }: Context,
  ): Promise<Page<Campaign>> {
    const text = searchText(search);
    const [afterId] = after ? decodeCursor("campaigns", after, [{ test: isUuid }]) : [];
    const rows = await listCampaigns(database, workspaceId, {
      first: pageSize(first),
      ...(afterId && { afterId }),
      ...(text && { search: text }),
      ...(status && { status }),
    });
    return toPage(rows, first, after, (campaign) => encodeCursor("campaigns", [campaign.id]));
  }

  @Authorized(Scope.EDIT_CAMPAIGNS)
  @Mutation(() => CampaignPayload, { description: "Makes a campaign. It waits for recipients and for its dispatch." })
  async createCampaign(
    @Arg("input", () => CreateCampaignInput, { description: "The new campaign." }) input: CreateCampaignInput,
    @Ctx() { database, workspaceId, actor }: Context,
  ): Promise<CampaignPayload> {
    const read = newCampaign(input);
    const userErrors = [...("userErrors" in read ? read.userErrors : []), ...checkKey(input.idempotencyKey)];
    if (userErrors.length > 0 || "userErrors" in read) return { campaign: null, userErrors };
    return database.inWorkspace(workspaceId, async (tx) => {
      const id = newId();
      const { idempotencyKey: key, ...rest } = input;
      const use = key ? await useKey(tx, { key, operation: "createCampaign", input: rest, subjectId: id }) : null;
      if (use?.kind === "reused") return { campaign: null, userErrors: [keyReused()] };
      if (use?.kind === "repeated") return { campaign: await campaignIn(tx, use.subjectId ?? id), userErrors: [] };
      const via = await transportFor(tx, read.campaign);
      if ("userErrors" in via) {
        if (key) await forgetKey(tx, key);
        return { campaign: null, ...via };
      }
      await insertCampaign(tx, id, { ...read.campaign, ...via });
      const { name } = read.campaign;
      await writeDown(tx, actor, { action: AuditAction.CAMPAIGN_CREATED, subjectId: id, subjectName: name });
      return { campaign: await campaignIn(tx, id), userErrors: [] };
    });
  }
}

/** The transport that was asked for: a built-in one, or one of the workspace's, if it serves the campaign's channel. */
async function transportFor(
  tx: WorkspaceTransaction,
  { transport: asked, channel }: NewCampaign,
): Promise<Pick<NewCampaign, "transport" | "transportId"> | { userErrors: UserError[] }> {
  if (Object.values<string>(BUILT_IN).includes(asked)) return { transport: asked, transportId: null };
  const kind = isUuid(asked) ? await transportKindOf(tx, asked) : null;
  if (!kind) throw notFound("transport", asked);
  if (CHANNEL_OF[kind] === channel) return { transport: kind, transportId: asked };
  const words = `This transport is for the channel ${CHANNEL_OF[kind]}, not for ${channel}.`;
  return { userErrors: [userError(UserErrorCode.INVALID, "transportId", words)] };
}

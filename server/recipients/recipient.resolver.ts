import { Arg, Args, ArgsType, Authorized, Ctx, Field, FieldResolver, ID, Mutation, Resolver, Root } from "type-graphql";
import { Scope } from "../accounts/access.ts";
import type { Context } from "../accounts/context.ts";
import { Campaign } from "../campaigns/campaign.ts";
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
import { isUuid } from "../platform/database.ts";
import { announce } from "../campaigns/announce.ts";
import { AddRecipientsInput, AddRecipientsPayload } from "./add-recipients.ts";
import { addRecipients } from "./add-recipients-to-campaign.ts";
import { Recipient, RecipientOrder, RecipientStatus } from "./recipient.ts";
import { listRecipients, recipientsById } from "./recipient.store.ts";

export const RecipientConnection = connectionOf("Recipient", Recipient);

@ArgsType()
class RecipientsArgs extends PageArgs {
  @Field(() => RecipientStatus, { nullable: true, description: "Only recipients in this state." })
  status?: RecipientStatus;

  @Field(() => String, {
    nullable: true,
    description: "Only recipients whose name or address contains this, whatever the case.",
  })
  search?: string;

  @Field(() => RecipientOrder, { defaultValue: RecipientOrder.POSITION, description: "The order of the list." })
  order!: RecipientOrder;
}

@Resolver(() => Campaign)
export class CampaignRecipientsResolver {
  @FieldResolver(() => RecipientConnection, { description: "The campaign's recipients." })
  async recipients(
    @Root() campaign: Campaign,
    @Args(() => RecipientsArgs) { first, after, order, status, search }: RecipientsArgs,
    @Ctx() { database, workspaceId }: Context,
  ): Promise<Page<Recipient>> {
    const text = searchText(search);
    const key = after ? decodeCursor(order, after, CURSOR_PATTERNS[order]) : null;
    const rows = await database.inWorkspace(workspaceId, (tx) =>
      listRecipients(tx, campaign.id, {
        first: pageSize(first),
        order,
        ...(key && { after: placeOf(order, key) }),
        ...(status && { status }),
        ...(text && { search: text }),
      }),
    );
    return toPage(rows, first, after, (row) =>
      encodeCursor(order, order === RecipientOrder.POSITION ? [row.position] : [row.activityMicros, row.position]),
    );
  }

  @FieldResolver(() => Recipient, {
    nullable: true,
    description: "One recipient of the campaign; null when it has none with that id.",
  })
  async recipient(
    @Root() campaign: Campaign,
    @Arg("id", () => ID, { description: "The recipient's id." }) id: string,
    @Ctx() { database, workspaceId }: Context,
  ): Promise<Recipient | null> {
    if (!isUuid(id)) return null;
    const [recipient] = await database.inWorkspace(workspaceId, (tx) => recipientsById(tx, campaign.id, [id]));
    return recipient ?? null;
  }

  @Authorized(Scope.EDIT_CAMPAIGNS)
  @Mutation(() => AddRecipientsPayload, {
    description:
      "Adds customers to a campaign. Valid ones are added even if others are refused, and one that the campaign has already is skipped, so a repeated call is harmless.",
  })
  async addRecipients(
    @Arg("input", () => AddRecipientsInput, { description: "The campaign and the customers." })
    input: AddRecipientsInput,
    @Ctx() { database, workspaceId, topics }: Context,
  ): Promise<AddRecipientsPayload> {
    const { payload, counters } = await addRecipients(database, workspaceId, input);
    if (counters) announce(topics, counters, "all");
    return payload;
  }
}

const CURSOR_PATTERNS: Record<RecipientOrder, RegExp[]> = {
  [RecipientOrder.POSITION]: [/^\d{1,9}$/],
  [RecipientOrder.NEWEST_ACTIVITY]: [/^\d{1,16}$/, /^\d{1,9}$/],
};

function placeOf(
  order: RecipientOrder,
  key: string[],
): { activityMicros: string; position: number } | { position: number } {
  const position = Number(key.at(-1));
  return order === RecipientOrder.POSITION ? { position } : { activityMicros: key[0] ?? "", position };
}

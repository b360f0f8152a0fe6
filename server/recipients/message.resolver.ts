import { Arg, Authorized, Ctx, FieldResolver, Query, Resolver, Root } from "type-graphql";
import { Scope } from "../accounts/access.ts";
import type { AccountsContext, Context } from "../accounts/context.ts";
import { Campaign } from "../campaigns/campaign.ts";
import { campaignIn } from "../campaigns/campaign.store.ts";
import { isUuid, type WorkspaceTransaction } from "../platform/database.ts";
import { notFound } from "../platform/errors.ts";
import type { Addressed } from "./message-values.ts";
import { missingFieldsOf, type NeedyCampaign } from "./missing-fields.ts";
import {
  customerIn,
  inputErrors,
  messageIn,
  MessagePreview,
  MissingField,
  previewMessage,
  PreviewMessageInput,
  refusedPreview,
} from "./preview-message.ts";
import { RecipientOrder } from "./recipient.ts";
import { listRecipients, recipientsById } from "./recipient.store.ts";

const SHOWN_RECIPIENTS = 3;

@Resolver(() => Campaign)
export class CampaignMessageResolver {
  @Authorized(Scope.READ_CAMPAIGNS)
  @Query(() => MessagePreview, {
    description:
      "A message as customers would get it, with recipients of a campaign, a customer given, or a made-up one.",
  })
  async previewMessage(
    @Arg("input", () => PreviewMessageInput, { description: "The message, and with whom." }) input: PreviewMessageInput,
    @Ctx() { database, workspaceId, frontDoor: { origin } }: AccountsContext,
  ): Promise<MessagePreview> {
    const userErrors = inputErrors(input);
    if (userErrors.length > 0) return refusedPreview(userErrors);
    const { campaign, customers } = await database.inWorkspace(workspaceId, (tx) => shownIn(tx, input));
    const { message, channel } = messageIn(input, campaign);
    return previewMessage(message, channel, { customers, origin });
  }

  @FieldResolver(() => [MissingField], {
    description:
      "Before it is dispatched: the fields that its message needs, has no default for, and that some recipients lack; the first 50 of the message are looked at. Those recipients would fail. Counts all recipients, so ask for one campaign at a time. Empty once it was dispatched.",
  })
  async missingFields(@Root() campaign: Campaign, @Ctx() { database, workspaceId }: Context): Promise<MissingField[]> {
    return database.inWorkspace(workspaceId, (tx) => missingFieldsOf(tx, campaign satisfies NeedyCampaign));
  }
}

async function shownIn(
  tx: WorkspaceTransaction,
  { campaignId, recipientId, customer }: PreviewMessageInput,
): Promise<{ campaign: Campaign | null; customers: Addressed[] }> {
  if (typeof campaignId !== "string") return { campaign: null, customers: customer ? [customerIn(customer)] : [] };
  const campaign = isUuid(campaignId) ? await campaignIn(tx, campaignId) : null;
  if (!campaign) throw notFound("campaign", campaignId);
  if (typeof recipientId !== "string") {
    const order = RecipientOrder.POSITION;
    const found = await listRecipients(tx, campaignId, { first: SHOWN_RECIPIENTS, order });
    return { campaign, customers: found.slice(0, SHOWN_RECIPIENTS) };
  }
  const [recipient] = isUuid(recipientId) ? await recipientsById(tx, campaignId, [recipientId]) : [];
  if (!recipient) throw notFound("recipient", recipientId);
  return { campaign, customers: [recipient] };
}

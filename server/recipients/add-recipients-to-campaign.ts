import type { Channel } from "../campaigns/campaign.ts";
import { campaignIn, lockCampaign, type LockedCampaign } from "../campaigns/campaign.store.ts";
import { applyDelta, type Counters } from "../campaigns/counters.store.ts";
import { whyNobodyIsAdded } from "../campaigns/lifecycle.ts";
import { type Database, isUuid, type WorkspaceTransaction } from "../platform/database.ts";
import { notFound } from "../platform/errors.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import {
  type AddRecipientsInput,
  type AddRecipientsPayload,
  newRecipient,
  type NewRecipient,
  RECIPIENTS_PER_CALL_MAX,
} from "./add-recipients.ts";
import { insertRecipients } from "./recipient.store.ts";

/** Adds the valid ones, reports the others. `counters` is there when the campaign changed. */
export async function addRecipients(
  database: Database,
  workspaceId: string,
  { campaignId, recipients }: AddRecipientsInput,
): Promise<{ payload: AddRecipientsPayload; counters: Counters | null }> {
  if (!isUuid(campaignId)) throw notFound("campaign", campaignId);
  return database.inWorkspace(workspaceId, async (tx) => {
    const campaign = await lockCampaign(tx, campaignId);
    if (!campaign) throw notFound("campaign", campaignId);
    const refusedWhole = refuseWhole(recipients.length, campaign);
    if (refusedWhole) return { payload: await payload(tx, campaignId, { userErrors: [refusedWhole] }), counters: null };

    const { valid, duplicateAddresses, userErrors, invalid } = sort(recipients, campaign.channel);
    const added = await insertRecipients(tx, campaignId, valid);
    for (const { addressKey } of valid) if (!added.has(addressKey)) duplicateAddresses.push(addressKey);
    const counters =
      added.size > 0 ? await applyDelta(tx, campaignId, { total: added.size, queued: added.size }) : null;
    return {
      payload: await payload(tx, campaignId, { added: added.size, invalid, duplicateAddresses, userErrors }),
      counters,
    };
  });
}

function refuseWhole(count: number, campaign: LockedCampaign): UserError | null {
  if (count > RECIPIENTS_PER_CALL_MAX) {
    const words = `${count} recipients in one call; at most ${RECIPIENTS_PER_CALL_MAX} are taken. Send them in several calls.`;
    return userError(UserErrorCode.TOO_MANY, "recipients", words);
  }
  const words = whyNobodyIsAdded(campaign);
  return words === null ? null : userError(UserErrorCode.NOT_ALLOWED, "campaignId", words);
}

/** Parts the input into first occurrences, repetitions within the call, and what is not valid. */
function sort(recipients: AddRecipientsInput["recipients"], channel: Channel) {
  const valid = new Map<string, NewRecipient>();
  const duplicateAddresses: string[] = [];
  const userErrors: UserError[] = [];
  let invalid = 0;
  for (const [index, input] of recipients.entries()) {
    const read = newRecipient(input, channel, `recipients[${index}]`);
    if ("userErrors" in read) {
      userErrors.push(...read.userErrors);
      invalid += 1;
    } else if (valid.has(read.recipient.addressKey)) {
      duplicateAddresses.push(read.recipient.addressKey);
    } else {
      valid.set(read.recipient.addressKey, read.recipient);
    }
  }
  return { valid: [...valid.values()], duplicateAddresses, userErrors, invalid };
}

async function payload(
  tx: WorkspaceTransaction,
  campaignId: string,
  said: Partial<Omit<AddRecipientsPayload, "campaign" | "duplicates">>,
): Promise<AddRecipientsPayload> {
  const { added = 0, invalid = 0, duplicateAddresses = [], userErrors = [] } = said;
  const campaign = await campaignIn(tx, campaignId);
  return { campaign, added, duplicates: duplicateAddresses.length, invalid, duplicateAddresses, userErrors };
}

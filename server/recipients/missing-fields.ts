import type { Campaign } from "../campaigns/campaign.ts";
import { CampaignStatus } from "../campaigns/lifecycle.ts";
import { checkMessage, compileMessage } from "../campaigns/template.ts";
import type { WorkspaceTransaction } from "../platform/database.ts";
import { countLacking } from "./recipient.store.ts";

/** So many fields of one message are looked for: each costs about as much as reading the rows. */
const FIELDS_MAX = 50;
/** Everybody has these. */
const GIVEN = new Set(["link", "unsubscribe_link"]);

export type NeedyCampaign = Pick<Campaign, "id" | "channel" | "status" | "subject" | "body" | "html">;

/**
 * The fields without a default that some recipients lack, with how many; in the order of the message. Nothing once the
 * campaign was dispatched: from then on its failures say it, and counting would hold up nobody's decision.
 */
export async function missingFieldsOf(
  tx: WorkspaceTransaction,
  campaign: NeedyCampaign,
): Promise<{ name: string; recipients: number }[]> {
  const { id, channel, status } = campaign;
  const isBefore = status === CampaignStatus.PENDING || status === CampaignStatus.SCHEDULED;
  if (!isBefore || checkMessage(campaign, channel).length > 0) return [];
  const needed = compileMessage(campaign, channel)
    .variables.filter(({ name, hasDefault }) => !hasDefault && !GIVEN.has(name))
    .map(({ name }) => name)
    .slice(0, FIELDS_MAX);
  if (needed.length === 0) return [];
  const lacking = await countLacking(tx, id, needed);
  return needed.map((name, i) => ({ name, recipients: lacking[i] ?? 0 })).filter(({ recipients }) => recipients > 0);
}

import { Channel } from "../campaigns/campaign.ts";
import { insertCampaign } from "../campaigns/campaign.store.ts";
import { type NewCampaign } from "../campaigns/create-campaign.ts";
import type { Actor } from "../accounts/audit.store.ts";
import { ActorKind } from "../accounts/audit-entry.ts";
import { SAMPLE_WORKSPACE_ID } from "../accounts/workspace.store.ts";
import type { Database } from "../platform/database.ts";
import { newId } from "../platform/id.ts";
import { addRecipients } from "../recipients/add-recipients-to-campaign.ts";
import { RECIPIENTS_PER_CALL_MAX } from "../recipients/add-recipients.ts";

/** Who did it, where a test does not care. */
export const SOMEBODY: Actor = { kind: ActorKind.COMMAND_LINE, id: null, name: "Somebody", address: null };

/** A simulator that answers at once and refuses nothing. */
export const PLAIN = {
  ...{ seed: 1, delayMs: 0, delaySpread: 0, transientFailureShare: 0, permanentFailureShare: 0 },
  ...{ answerShare: 0, answerDelayMs: 0 },
};

/** A campaign in the sample workspace, with so many made-up recipients; whatever is not said does not matter. */
export async function aCampaign(
  database: Database,
  {
    recipients = 0,
    workspaceId = SAMPLE_WORKSPACE_ID,
    ...more
  }: Partial<NewCampaign> & { recipients?: number; workspaceId?: string } = {},
): Promise<string> {
  const id = newId();
  const campaign = {
    name: "A campaign",
    channel: Channel.EMAIL,
    transport: "simulated",
    subject: "?",
    body: "?",
    html: null,
    simulation: PLAIN,
  };
  await database.inWorkspace(workspaceId, (tx) => insertCampaign(tx, id, { ...campaign, ...more }));
  await addMadeUp(database, id, 1, recipients, workspaceId);
  return id;
}

/** Adds the made-up customers from number `first` on. */
export async function addMadeUp(
  database: Database,
  campaignId: string,
  first: number,
  howMany: number,
  workspaceId = SAMPLE_WORKSPACE_ID,
): Promise<void> {
  for (let from = first; from < first + howMany; from += RECIPIENTS_PER_CALL_MAX) {
    const count = Math.min(RECIPIENTS_PER_CALL_MAX, first + howMany - from);
    const recipients = Array.from({ length: count }, (_, i) => ({ email: `customer.${from + i}@example.com` }));
    await addRecipients(database, workspaceId, { campaignId, recipients });
  }
}

/** The rows of a campaign counted afresh, in the shape of its counters; `sending` stands in no row. */
export async function recount(database: Database, campaignId: string): Promise<Record<string, number>> {
  const rows = await database.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) =>
    tx.query<{ state: string; count: number }>(
      `SELECT CASE WHEN due_at IS NOT NULL THEN 'retrying' ELSE status END AS state, count(*)::int AS count
       FROM recipient WHERE campaign_id = $1 GROUP BY 1`,
      [campaignId],
    ),
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

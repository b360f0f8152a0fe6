import { SAMPLE_WORKSPACE_ID } from "../accounts/workspace.store.ts";
import type { CampaignRef } from "../dispatch/dispatch.store.ts";
import { answer } from "../feedback/answer.ts";
import type { ReminderInput } from "../feedback/reminder.ts";
import { remind } from "../feedback/remind.ts";
import { setReminders } from "../feedback/set-reminders.ts";
import type { Database } from "../platform/database.ts";
import { personalToken } from "../recipients/personal-link.ts";
import type { Ledger } from "./ledger.ts";
import { rollUpByHand } from "./rollups.ts";
import { quietDoors, UNHEARD } from "./stepwise.ts";

/** Sets reminders that are not refused. */
export async function setThese({ web }: Ledger, ref: CampaignRef, reminders: ReminderInput[]): Promise<void> {
  const { userErrors } = await setReminders(
    { ...quietDoors(web), responseLinkDays: 180, workspaceId: ref.workspaceId },
    { ...ref, reminders },
  );
  if (userErrors.length > 0) throw new Error(JSON.stringify(userErrors));
}

/** Lets so many hours pass for a campaign, its reminders and their recipients: all that was done lies further back. */
export async function hoursPass({ owner }: Ledger, { campaignId }: CampaignRef, hours: number): Promise<void> {
  const back = (...columns: string[]) =>
    columns.map((name) => `${name} = ${name} - make_interval(hours => $2)`).join(", ");
  await owner.query(
    `UPDATE recipient SET ${back("sent_at", "activity_at", "due_at")}
     WHERE campaign_id = $1 OR campaign_id IN (SELECT id FROM campaign WHERE reminds_id = $1)`,
    [campaignId, hours],
  );
  await owner.query(`UPDATE reminder SET ${back("look_at", "cursor_at", "next_at")} WHERE campaign_id = $1`, [
    ...[campaignId, hours],
  ]);
  const reminders = await owner.query<{ id: string }>(`SELECT id FROM campaign WHERE reminds_id = $1`, [campaignId]);
  for (const id of [campaignId, ...reminders.map((row) => row.id)]) await rollUpByHand(owner, id);
}

/** Adds everybody who is due now. */
export async function remindAll({ worker }: Ledger, ref: CampaignRef, number = 1, most?: number): Promise<void> {
  while ((await remind(worker, { ...ref, number }, most)).isMore);
}

/** The campaign by which a reminder goes out, or null while it has not begun. */
export async function childOf({ owner }: Ledger, ref: CampaignRef, number = 1): Promise<CampaignRef | null> {
  const [child] = await owner.query<{ id: string }>(
    `SELECT id FROM campaign WHERE reminds_id = $1 AND reminder_number = $2`,
    [ref.campaignId, number],
  );
  return child ? { workspaceId: ref.workspaceId, campaignId: child.id } : null;
}

/** The same where it must have begun. */
export async function begunOf(ledger: Ledger, ref: CampaignRef, number = 1): Promise<CampaignRef> {
  const child = await childOf(ledger, ref, number);
  if (!child) throw new Error(`reminder ${number} has not begun`);
  return child;
}

/** Answers as a customer does, by the link of their first message. False: the link does not work. */
export async function answerAs(
  ledger: Ledger,
  recipientId: string,
  { database = ledger.web, rating = 5 }: { database?: Database; rating?: number } = {},
): Promise<boolean> {
  const secret = await secretOf(ledger);
  const doors = { database, topics: UNHEARD, linkDays: 180 };
  return (await answer(doors, personalToken(secret, recipientId, "respond"), { rating, comment: null })) !== null;
}

/** By which the sample workspace's links are made. */
export async function secretOf({ owner }: Ledger): Promise<Buffer> {
  const [workspace] = await owner.query<{ message_secret: Buffer }>(
    `SELECT message_secret FROM workspace WHERE id = $1`,
    [SAMPLE_WORKSPACE_ID],
  );
  return workspace!.message_secret;
}

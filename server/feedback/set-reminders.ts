import type { CampaignPayload } from "../campaigns/campaign-payload.ts";
import { campaignIn } from "../campaigns/campaign.store.ts";
import type { MessageTemplate } from "../campaigns/template.ts";
import { decide, type Doors, type Request } from "../dispatch/decide.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import type { FeedbackContext } from "./feedback-context.ts";
import { readReminders, type ReminderInput, reminderMessage, type SetReminder } from "./reminder.ts";
import { begunMessages, holdReminders, replaceReminders } from "./reminder.store.ts";

/**
 * Replaces a campaign's reminders; an empty list takes them off. In effect for whoever is due from now on: one who has been
 * due for long already is reminded at once. What a reminder says stays once it has gone out to somebody.
 */
export function setReminders(
  doors: Doors & Pick<FeedbackContext, "responseLinkDays">,
  request: Request & { reminders: readonly ReminderInput[] },
): Promise<CampaignPayload> {
  const { campaignId } = request;
  return decide(
    doors,
    "setReminders",
    request,
    async (tx, { isReminder }) => {
      const campaign = await campaignIn(tx, campaignId);
      if (!campaign || isReminder) return [isReminderItself()];
      const read = readReminders(request.reminders, campaign, doors.responseLinkDays);
      if ("userErrors" in read) return read.userErrors;
      const changed = changedWords(read.reminders, campaign, await begunMessages(tx, campaignId));
      if (changed.length > 0) return changed;
      await replaceReminders(tx, campaignId, read.reminders);
      return [];
    },
    (tx) => holdReminders(tx, campaignId),
  );
}

function isReminderItself(): UserError {
  const words = "This campaign is a reminder. Set the reminders of the campaign that it reminds of.";
  return userError(UserErrorCode.NOT_ALLOWED, "campaignId", words);
}

/** Everybody gets the same reminder: other words than those that went out already are refused. */
function changedWords(
  reminders: readonly SetReminder[],
  campaign: MessageTemplate,
  begun: ReadonlyMap<number, MessageTemplate>,
): UserError[] {
  return reminders.flatMap((reminder, i) => {
    const before = begun.get(i + 1);
    if (!before) return [];
    const now = reminderMessage(reminder, campaign);
    return (["subject", "body"] as const)
      .filter((part) => now[part] !== before[part])
      .map((part) => {
        const words = `Reminder ${i + 1} has gone out to some customers, so its ${part} stays as it is. Its time can be changed.`;
        return userError(UserErrorCode.NOT_ALLOWED, `reminders[${i}].${part}`, words);
      });
  });
}

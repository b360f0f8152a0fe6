import { Field, GraphQLISODateTime, InputType, Int, ObjectType } from "type-graphql";
import type { Channel } from "../campaigns/campaign.ts";
import { messageErrors } from "../campaigns/create-campaign.ts";
import type { MessageTemplate } from "../campaigns/template.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";

export const REMINDERS_MAX = 2;
/** 90 days: half of the time for which answering links work, unless RESPONSE_LINK_DAYS says other. */
export const AFTER_HOURS_MAX = 2_160;

@InputType({ description: "A reminder to those who have not answered." })
export class ReminderInput {
  @Field(() => Int, {
    description:
      "So many hours after the first message was sent to a customer, 1 to 2160, and fewer than those for which its link to answer works (`RESPONSE_LINK_DAYS`). The second must be later than the first.",
  })
  afterHours!: number;

  @Field(() => String, {
    nullable: true,
    description: "Subject line with `{{ placeholders }}`; e-mail only. Null or blank: the campaign's own.",
  })
  subject?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The message with `{{ placeholders }}`, at most 100000 characters. Null or blank: the campaign's own, with its HTML part.",
  })
  body?: string | null;
}

@ObjectType({
  description:
    "A reminder of a campaign: it goes to those whom the message was sent to and who have not answered so long after. It leads to the same answer as the first message.",
})
export class Reminder {
  workspaceId!: string;
  campaignId!: string;

  @Field(() => Int, { description: "1 or 2." })
  number!: number;

  @Field(() => Int, {
    description:
      "So many hours after the first message was sent. Where the first reminder left later than planned, the second keeps its distance to it.",
  })
  afterHours!: number;

  @Field(() => String, { nullable: true, description: "Its own subject line; null: the campaign's." })
  subject!: string | null;

  @Field(() => String, { nullable: true, description: "Its own message; null: the campaign's." })
  body!: string | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: "When the next customers may be due, as far as is known; null: nobody is.",
  })
  nextAt!: Date | null;
}

/** A reminder as it is stored. */
export interface SetReminder {
  afterHours: number;
  subject: string | null;
  body: string | null;
}

/** What a reminder says: what it does not say itself is the campaign's. */
export function reminderMessage(
  { subject, body }: Pick<SetReminder, "subject" | "body">,
  campaign: MessageTemplate,
): MessageTemplate {
  return {
    subject: subject ?? campaign.subject,
    body: body ?? campaign.body,
    html: body === null ? campaign.html : null,
  };
}

/**
 * Reads the input into what is stored, or says everything that is wrong with it at once. `linkDays`: so long the first
 * message's answering link works, which is the reminder's too.
 */
export function readReminders(
  input: readonly ReminderInput[],
  campaign: MessageTemplate & { channel: Channel },
  linkDays: number,
): { reminders: SetReminder[] } | { userErrors: UserError[] } {
  if (input.length > REMINDERS_MAX) {
    const words = `A campaign has at most ${REMINDERS_MAX} reminders, not ${input.length}.`;
    return { userErrors: [userError(UserErrorCode.TOO_MANY, "reminders", words)] };
  }
  const reminders = input.map(({ afterHours, subject, body }) => ({
    ...{ afterHours, subject: subject?.trim() || null, body: body?.trim() ? body : null },
  }));
  const userErrors = reminders.flatMap((reminder, i) => [
    ...problemsOfTime(reminder.afterHours, {
      before: reminders[i - 1]?.afterHours ?? 0,
      linkDays,
      field: `reminders[${i}].afterHours`,
    }),
    ...problemsOfMessage(reminder, campaign, `reminders[${i}]`),
  ]);
  return userErrors.length > 0 ? { userErrors } : { reminders };
}

function problemsOfTime(
  afterHours: number,
  { before, linkDays, field }: { before: number; linkDays: number; field: string },
): UserError[] {
  if (!Number.isInteger(afterHours) || afterHours < 1 || afterHours > AFTER_HOURS_MAX) {
    const words = `A reminder goes out 1 to ${AFTER_HOURS_MAX} hours after the first message (90 days), not ${afterHours}.`;
    return [userError(UserErrorCode.INVALID, field, words)];
  }
  if (afterHours <= before) {
    const words = "The second reminder must be later than the first: both count from the first message.";
    return [userError(UserErrorCode.INVALID, field, words)];
  }
  const words = `The link to answer works for ${linkDays} days after the first message (RESPONSE_LINK_DAYS), so a reminder after ${afterHours} hours would lead nowhere.`;
  return afterHours < linkDays * 24 ? [] : [userError(UserErrorCode.INVALID, field, words)];
}

function problemsOfMessage(
  reminder: SetReminder,
  campaign: MessageTemplate & { channel: Channel },
  field: string,
): UserError[] {
  if (reminder.subject === null && reminder.body === null) return [];
  return messageErrors(reminderMessage(reminder, campaign), campaign.channel).map((error) =>
    Object.assign(error, { field: `${field}.${error.field}` }),
  );
}

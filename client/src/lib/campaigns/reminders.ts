import type { Campaign } from "./documents.ts";

export type Reminder = Campaign["reminders"][number];

export const REMINDERS = [1, 2] as const;
export type ReminderNumber = (typeof REMINDERS)[number];

/** The form's fields, by their names; what a field of the second reminder says counts only where it has a time. */
export type ReminderFields = Record<
  `${"after" | "unit" | "reminderSubject" | "reminderBody"}${ReminderNumber}`,
  string
>;

/** "3 days", "36 hours". */
export function waitInWords(hours: number): string {
  if (hours % 24 === 0) return hours === 24 ? "1 day" : `${hours / 24} days`;
  return hours === 1 ? "1 hour" : `${hours} hours`;
}

/** What is set, in a sentence beside the heading. */
export function remindersInWords(reminders: readonly Pick<Reminder, "afterHours">[]): string {
  const [first, second] = reminders;
  if (!first) return "Nobody is reminded";
  const once = `After ${waitInWords(first.afterHours)}`;
  return second ? `${once} and after ${waitInWords(second.afterHours)}` : once;
}

/** What a campaign that is being made says of its reminders before it is; null: there are none. */
export function remindersReviewed(fields: Partial<ReminderFields>): string | null {
  const reminders = remindersInput(fields).filter(({ afterHours }) => afterHours > 0);
  if (reminders.length === 0) return null;
  const times = remindersInWords(reminders);
  return `Whoever has not answered is reminded: ${times[0]!.toLowerCase()}${times.slice(1)}.`;
}

/** The form as it begins: with what is set. */
export function reminderFields(
  reminders: readonly Pick<Reminder, "number" | "afterHours" | "subject" | "body">[],
): ReminderFields {
  const fields = REMINDERS.flatMap((number) => {
    const reminder = reminders.find((one) => one.number === number);
    const isDays = !reminder || reminder.afterHours % 24 === 0;
    return [
      [`after${number}`, reminder ? String(reminder.afterHours / (isDays ? 24 : 1)) : ""],
      [`unit${number}`, isDays ? "days" : "hours"],
      [`reminderSubject${number}`, reminder?.subject ?? ""],
      [`reminderBody${number}`, reminder?.body ?? ""],
    ];
  });
  return Object.fromEntries(fields) as ReminderFields;
}

/**
 * What a form says that cannot be meant, in words. The API is given a list, and would take a second reminder without a
 * first one for the first: whoever emptied that one wanted nobody reminded.
 */
export function reminderProblem(fields: Partial<ReminderFields>): string | null {
  if (fields.after1?.trim() || !fields.after2?.trim()) return null;
  return "The second reminder goes to those who got the first: say when that one goes, or leave both empty.";
}

/** The reminders that a form asks for; a time that is no number is the API's to refuse, in words. */
export function remindersInput(fields: Partial<ReminderFields>) {
  return REMINDERS.filter((number) => fields[`after${number}`]?.trim()).map((number) => {
    const count = Number(fields[`after${number}`]);
    const hours = Math.round(count * (fields[`unit${number}`] === "hours" ? 1 : 24));
    return {
      // An Int of GraphQL: anything beyond is as wrong as 0.
      afterHours: Number.isFinite(count) && Math.abs(hours) < 1e6 ? hours : 0,
      subject: fields[`reminderSubject${number}`] || null,
      body: fields[`reminderBody${number}`]?.replace(/\r\n/g, "\n") || null,
    };
  });
}

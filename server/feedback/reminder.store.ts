import type { MessageTemplate } from "../campaigns/template.ts";
import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { newId } from "../platform/id.ts";
import type { Reminder, SetReminder } from "./reminder.ts";

/** One reminder of one campaign. */
export interface ReminderRef {
  workspaceId: string;
  campaignId: string;
  number: number;
}

/** Reminders of these campaigns, in the order of their numbers. */
export function remindersOf(tx: WorkspaceTransaction, campaignIds: readonly string[]): Promise<Reminder[]> {
  return tx.query(
    `SELECT workspace_id AS "workspaceId", campaign_id AS "campaignId", number, after_hours AS "afterHours", subject, body,
            next_at AS "nextAt"
     FROM reminder WHERE workspace_id = $1 AND campaign_id = ANY($2::uuid[]) ORDER BY campaign_id, number`,
    [tx.workspaceId, campaignIds],
  );
}

/** The campaigns by which these are reminded of: their ids, by what they remind of and which reminder they are. */
export function begunReminders(
  tx: WorkspaceTransaction,
  campaignIds: readonly string[],
): Promise<{ id: string; remindsId: string; number: number }[]> {
  return tx.query(
    `SELECT id, reminds_id AS "remindsId", reminder_number AS number FROM campaign
     WHERE workspace_id = $1 AND reminds_id = ANY($2::uuid[])`,
    [tx.workspaceId, campaignIds],
  );
}

/** What the campaign's reminders that have begun say, by their numbers. */
export async function begunMessages(
  tx: WorkspaceTransaction,
  campaignId: string,
): Promise<Map<number, MessageTemplate>> {
  const rows = await tx.query<MessageTemplate & { number: number }>(
    `SELECT reminder_number AS number, subject, body, html FROM campaign WHERE reminds_id = $1`,
    [campaignId],
  );
  return new Map(rows.map(({ number, ...message }) => [number, message]));
}

/** Nobody looks who is due for the rest of the transaction. Comes before the campaign in the order of locks. */
export async function holdReminders(tx: WorkspaceTransaction, campaignId: string): Promise<void> {
  await tx.query(`SELECT FROM reminder WHERE campaign_id = $1 ORDER BY number FOR UPDATE`, [campaignId]);
}

/** The same for all campaigns of the workspace, for whoever must know everybody that a step has added. */
export async function holdAllReminders(tx: WorkspaceTransaction): Promise<void> {
  await tx.query(`SELECT FROM reminder WHERE workspace_id = $1 ORDER BY campaign_id, number FOR UPDATE`, [
    tx.workspaceId,
  ]);
}

/** Replaces the campaign's reminders. Everybody is looked at anew; who got a reminder already does not get it again. */
export async function replaceReminders(
  tx: WorkspaceTransaction,
  campaignId: string,
  reminders: readonly SetReminder[],
): Promise<void> {
  await tx.query(`DELETE FROM reminder WHERE campaign_id = $1 AND number > $2`, [campaignId, reminders.length]);
  await tx.query(
    `INSERT INTO reminder (workspace_id, campaign_id, number, after_hours, subject, body)
     SELECT $1, $2, number, after_hours, subject, body
     FROM unnest($3::int[], $4::text[], $5::text[]) WITH ORDINALITY AS given(after_hours, subject, body, number)
     ON CONFLICT (campaign_id, number) DO UPDATE SET after_hours = excluded.after_hours, subject = excluded.subject,
       body = excluded.body, cursor_at = '-infinity', cursor_position = 0, look_at = '-infinity'`,
    [
      ...[tx.workspaceId, campaignId, reminders.map(({ afterHours }) => afterHours)],
      ...[reminders.map(({ subject }) => subject), reminders.map(({ body }) => body)],
    ],
  );
}

/** Reminders of all workspaces for which somebody may be due. */
export function remindersDue(database: Database): Promise<ReminderRef[]> {
  return database.query(
    `SELECT workspace_id AS "workspaceId", campaign_id AS "campaignId", number FROM reminders_due()`,
  );
}

/** A reminder in the hands of whoever looks who is due. */
export interface HeldReminder {
  /** From the message to the reminder or, for the second, from the first reminder to it. */
  waitHours: number;
  /** The campaign whose recipients are looked at: for the second reminder the first. Null: it has not begun. */
  sourceId: string | null;
  cursor: Place;
}

/** Where a recipient stands in the order of activity. As text: a Date would cut the microseconds off. */
export interface Place {
  at: string;
  position: number;
}

/** Null where somebody else looks at this moment, or nobody can be due. */
export async function takeReminder(
  tx: WorkspaceTransaction,
  { campaignId, number }: Pick<ReminderRef, "campaignId" | "number">,
): Promise<HeldReminder | null> {
  const [row] = await tx.query<Omit<HeldReminder, "cursor"> & Place>(
    `SELECT m.after_hours - coalesce(before.after_hours, 0) AS "waitHours", m.cursor_at::text AS at,
            m.cursor_position AS position, CASE m.number WHEN 1 THEN m.campaign_id ELSE source.id END AS "sourceId"
     FROM reminder m LEFT JOIN reminder before ON before.campaign_id = m.campaign_id AND before.number = m.number - 1
     LEFT JOIN campaign source ON source.reminds_id = m.campaign_id AND source.reminder_number = m.number - 1
     WHERE m.campaign_id = $1 AND m.number = $2 AND m.look_at <= clock_timestamp()
     FOR UPDATE OF m SKIP LOCKED`,
    [campaignId, number],
  );
  if (!row) return null;
  const { at, position, ...held } = row;
  return { ...held, cursor: { at, position } };
}

/** The next recipients whose time has come: how many they are, up to where they go, and whether anybody is due. */
export interface Looked {
  count: number;
  upTo: Place;
  isAnybodyDue: boolean;
}

/**
 * Looks at so many recipients at most, in the order of their activity: whoever was sent to stands there by the time of
 * it. Hours have passed since, so nobody can still appear behind the place up to which was looked. Null: nobody's time has come.
 */
export async function lookFrom(
  tx: WorkspaceTransaction,
  sourceId: string,
  { cursor, waitHours }: HeldReminder,
  most: number,
): Promise<Looked | null> {
  const [looked] = await tx.query<{ count: number; at: string; position: number; isAnybodyDue: boolean }>(
    `WITH looked AS MATERIALIZED (
       SELECT r.activity_at, r.position, ${DUE} AS due FROM recipient r
       WHERE r.campaign_id = $1 AND (r.activity_at, r.position) > ($2::timestamptz, $3::int)
         AND r.activity_at <= statement_timestamp() - make_interval(hours => $4)
       ORDER BY r.activity_at, r.position LIMIT $5
     ), last AS (
       SELECT activity_at::text AS at, position FROM looked ORDER BY activity_at DESC, position DESC LIMIT 1
     )
     SELECT (SELECT count(*)::int FROM looked) AS count, last.at, last.position,
            (SELECT bool_or(due) FROM looked) AS "isAnybodyDue" FROM last`,
    [sourceId, cursor.at, cursor.position, waitHours, most],
  );
  if (!looked) return null;
  const { count, isAnybodyDue, ...upTo } = looked;
  return { count, isAnybodyDue, upTo };
}

/** What makes the row `r` one that is due, once its time has come. */
const DUE = `(r.status = 'sent' AND r.erased_at IS NULL
  AND NOT EXISTS (SELECT FROM response s WHERE s.recipient_id = coalesce(r.reminds_id, r.id))
  AND NOT EXISTS (SELECT FROM suppression p WHERE p.workspace_id = r.workspace_id AND p.address_key = r.address_key))`;

/** Whether the campaign still reminds; it cannot be cancelled for the rest of the transaction. */
export async function mayRemind(tx: WorkspaceTransaction, campaignId: string): Promise<boolean> {
  const [campaign] = await tx.query<{ status: string }>(`SELECT status FROM campaign WHERE id = $1 FOR KEY SHARE`, [
    campaignId,
  ]);
  return campaign !== undefined && campaign.status !== "cancelled";
}

/** The campaign of a reminder, which is made when somebody first is due. */
export async function reminderCampaign(
  tx: WorkspaceTransaction,
  { campaignId, number }: Pick<ReminderRef, "campaignId" | "number">,
): Promise<string> {
  const find = () =>
    tx.query<{ id: string }>(`SELECT id FROM campaign WHERE reminds_id = $1 AND reminder_number = $2`, [
      campaignId,
      number,
    ]);
  const [begun] = await find();
  if (begun) return begun.id;
  await tx.query(`SELECT begin_reminder($1, $2, $3::smallint)`, [newId(), campaignId, number]);
  const [made] = await find();
  if (!made) throw new Error(`reminder ${number} of campaign ${campaignId} was not made`);
  return made.id;
}

/**
 * Adds those who are due between two places as recipients of the reminder, behind those it has; whom it has already is
 * the index's business. The caller holds the reminder's campaign. Answers how many are new.
 */
export async function addDue(
  tx: WorkspaceTransaction,
  { sourceId, childId, after, upTo }: { sourceId: string; childId: string; after: Place; upTo: Place },
): Promise<number> {
  const [{ added } = { added: 0 }] = await tx.query<{ added: number }>(
    `WITH last AS MATERIALIZED (SELECT coalesce(max(position), 0) AS position FROM recipient WHERE campaign_id = $2),
     added AS (
       INSERT INTO recipient (id, workspace_id, campaign_id, reminds_id, position, address_key, name, email, phone,
                              email_given, phone_given, fields)
       SELECT gen_random_uuid(), r.workspace_id, $2, coalesce(r.reminds_id, r.id),
              (SELECT position FROM last) + row_number() OVER (ORDER BY r.activity_at, r.position), r.address_key, r.name,
              r.email, r.phone, r.email_given, r.phone_given, r.fields
       FROM recipient r
       WHERE r.campaign_id = $1 AND (r.activity_at, r.position) > ($3::timestamptz, $4::int)
         AND (r.activity_at, r.position) <= ($5::timestamptz, $6::int) AND ${DUE}
       ON CONFLICT (campaign_id, address_key) DO NOTHING
       RETURNING 1
     )
     SELECT count(*)::int AS added FROM added`,
    [sourceId, childId, after.at, after.position, upTo.at, upTo.position],
  );
  return added;
}

/** Those who come while a campaign sends are added in groups this far apart, not one by one. */
const LOOK_AGAIN_SECONDS = 15;
/** So much later than it says a recipient's activity may be committed: a statement and what follows it are shorter. */
const COMMITTED_LATE_SECONDS = 120;

/** Keeps up to where was looked. Where more may be due at once it stays due itself. */
export async function moveCursor(
  tx: WorkspaceTransaction,
  { campaignId, number }: Pick<ReminderRef, "campaignId" | "number">,
  { sourceId, waitHours }: Pick<HeldReminder, "sourceId" | "waitHours">,
  { upTo, isMore }: { upTo: Place; isMore: boolean },
): Promise<void> {
  await tx.query(
    `WITH next AS (
       SELECT activity_at + make_interval(hours => $4) AS at FROM recipient
       WHERE campaign_id = $3 AND (activity_at, position) > ($5::timestamptz, $6::int)
       ORDER BY activity_at, position LIMIT 1
     )
     UPDATE reminder m SET cursor_at = $5, cursor_position = $6, next_at = (SELECT at FROM next),
            look_at = CASE WHEN $7 THEN m.look_at
              ELSE greatest(statement_timestamp() + make_interval(secs => ${LOOK_AGAIN_SECONDS}), least((SELECT at FROM next),
                statement_timestamp() + make_interval(hours => $4, secs => -${COMMITTED_LATE_SECONDS}))) END
     WHERE m.campaign_id = $1 AND m.number = $2`,
    [campaignId, number, sourceId, waitHours, upTo.at, upTo.position, isMore],
  );
}

/** Nobody is looked at any more: its campaign was cancelled, or the one that it reminds of. */
export async function endReminder(
  tx: WorkspaceTransaction,
  { campaignId, number }: Pick<ReminderRef, "campaignId" | "number">,
): Promise<void> {
  await tx.query(`UPDATE reminder SET look_at = 'infinity', next_at = NULL WHERE campaign_id = $1 AND number = $2`, [
    campaignId,
    number,
  ]);
}

/**
 * What is held about a person, and its erasure. In the order of locks: the suppression, reminders, campaigns that have
 * not started, runs, ended imports, batches, recipients, campaigns whose counters change, uploads.
 */
import { applyDelta, type Counters } from "../campaigns/counters.store.ts";
import { AT_WORK } from "../imports/import.ts";
import { ROWS_A_STATEMENT } from "../imports/import-problem.store.ts";
import type { WorkspaceTransaction } from "../platform/database.ts";
import type { Person } from "./person.ts";

/** A recipient who is the person. */
export interface Theirs {
  id: string;
  campaignId: string;
  position: number;
  status: string;
  tries: number;
  email: string | null;
  phone: string | null;
  emailGiven: string | null;
}

/** How much was erased, or would be. */
export interface Amounts {
  recipients: number;
  responses: number;
  attempts: number;
  importRows: number;
  oldValues: number;
  caughtMails: number;
  uploads: number;
}

/** One erasure of a workspace at a time: each locks rows of several campaigns, which nothing else does. */
export async function lockErasures(tx: WorkspaceTransaction): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('erasure:' || $1, 0))`, [tx.workspaceId]);
}

/**
 * The person's recipients in all campaigns, the newest first: those who are written to by this address, and those who
 * have it beside another. One pass over the workspace's recipients: this is asked for a few times a year.
 */
export function recipientsWhoAre(tx: WorkspaceTransaction, person: Person): Promise<Theirs[]> {
  const beside = person.isEmail ? `lower(email) = $2` : `regexp_replace(phone, '[\\s().\\-/]', '', 'g') = $2`;
  return tx.query(
    `SELECT ${THEIRS} FROM recipient WHERE workspace_id = $1 AND erased_at IS NULL AND (address_key = $2 OR ${beside})
     ORDER BY campaign_id DESC, position`,
    [tx.workspaceId, person.key],
  );
}

const THEIRS = `id, campaign_id AS "campaignId", position, status, tries, email, phone, email_given AS "emailGiven"`;

/** What else is held about them, by kind. */
export async function amountsOf(
  tx: WorkspaceTransaction,
  person: Person,
  recipientIds: readonly string[],
): Promise<Amounts> {
  const [amounts] = await tx.query<Amounts>(
    `SELECT cardinality($2::uuid[]) AS recipients,
            (SELECT count(*)::int FROM response WHERE recipient_id = ANY($2)) AS responses,
            (SELECT count(*)::int FROM attempt WHERE recipient_id = ANY($2) AND message IS NOT NULL) AS attempts,
            (SELECT count(*)::int FROM import_problem p WHERE workspace_id = $1 AND ${MENTIONED}) AS "importRows",
            (SELECT count(*)::int FROM import_old_value WHERE recipient_id = ANY($2)) AS "oldValues",
            (SELECT count(*)::int FROM caught_mail m WHERE workspace_id = $1 AND ${CAUGHT}) AS "caughtMails",
            (SELECT count(*)::int FROM upload WHERE workspace_id = $1 AND status <> 'waiting') AS uploads`,
    [tx.workspaceId, recipientIds, person.pattern, person.digits],
  );
  if (!amounts) throw new Error("counting answers with a row");
  return amounts;
}

/** True of a text that mentions them, by the parameters that are their pattern and their digits. */
function mentions(text: string, [pattern, digits] = ["$3", "$4"]): string {
  return `(lower(${text}) ~ ${pattern}::text OR strpos(regexp_replace(${text}, '\\D', '', 'g'), ${digits}::text) > 0)`;
}

/** A row of the report `p` that mentions them. */
const MENTIONED = `(${mentions("p.value")} OR ${mentions("p.message")}
  OR EXISTS (SELECT FROM jsonb_array_elements_text(p.cells) cell WHERE ${mentions("cell")}))`;

/** A mail `m` that was for them. */
const CAUGHT = `lower(m.recipient) ~ $3::text`;

/** Nobody writes to them again, whatever file brings them: the key alone is kept. Without this an import would. */
export async function suppressErased(tx: WorkspaceTransaction, { key }: Person): Promise<void> {
  await tx.query(
    `INSERT INTO suppression AS known (workspace_id, address_key, reason) VALUES ($1, $2, 'erased')
     ON CONFLICT (workspace_id, address_key) DO UPDATE SET address = NULL, note = NULL,
       reason = CASE WHEN known.reason IN ('manual', 'bounced') THEN 'erased' ELSE known.reason END
     WHERE known.reason IN ('manual', 'bounced') OR known.address IS NOT NULL OR known.note IS NOT NULL`,
    [tx.workspaceId, key],
  );
}

/**
 * Holds what could send to these campaigns' recipients: those that have not started cannot start, the others claim
 * nobody. Answers which campaigns are held; one that is completed need not be.
 */
export async function holdSending(tx: WorkspaceTransaction, campaignIds: readonly string[]): Promise<Set<string>> {
  const notStarted = await tx.query<{ id: string }>(
    `SELECT id FROM campaign WHERE id = ANY($1::uuid[]) AND status IN ('pending', 'scheduled') ORDER BY id FOR UPDATE`,
    [campaignIds],
  );
  const running = await tx.query<{ id: string }>(
    `SELECT campaign_id AS id FROM run WHERE campaign_id = ANY($1::uuid[]) AND status = 'active' ORDER BY run.id FOR UPDATE`,
    [campaignIds],
  );
  return new Set([...notStarted, ...running].map(({ id }) => id));
}

/** The file of an import that is under way, which may bring anybody in. */
export async function fileAtWork(tx: WorkspaceTransaction): Promise<string | null> {
  const [work] = await tx.query<{ fileName: string }>(
    `SELECT file_name AS "fileName" FROM import WHERE workspace_id = $1 AND status = ANY($2) ORDER BY id LIMIT 1`,
    [tx.workspaceId, AT_WORK],
  );
  return work?.fileName ?? null;
}

/** Nobody undoes or forgets these for the rest of the transaction. */
export async function holdEndedImports(tx: WorkspaceTransaction): Promise<void> {
  await tx.query(`SELECT id FROM import WHERE workspace_id = $1 AND status <> ALL($2) ORDER BY id FOR UPDATE`, [
    ...[tx.workspaceId, AT_WORK],
  ]);
}

/** The recipients as they stand, under their locks. */
export function lockTheirs(tx: WorkspaceTransaction, recipientIds: readonly string[]): Promise<Theirs[]> {
  return tx.query(
    `SELECT ${THEIRS} FROM recipient WHERE id = ANY($1::uuid[]) AND erased_at IS NULL
     ORDER BY campaign_id, position FOR UPDATE`,
    [recipientIds],
  );
}

/** Holds these campaigns' counters before a key changes: who adds the same person waits here, and holds nothing. */
export async function lockCounters(tx: WorkspaceTransaction, campaignIds: readonly string[]): Promise<void> {
  await tx.query(`SELECT id FROM campaign WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE`, [campaignIds]);
}

/** What every erasure of a recipient sets; the row keeps its place, its status and its times. */
const NOBODY = `name = NULL, email = NULL, phone = NULL, email_given = NULL, phone_given = NULL, fields = '{}',
  address_key = 'erased:' || id, erased_at = statement_timestamp()`;

/** Makes recipients nobody's. Those who wait are skipped; whoever calls this has seen to it that they are in no batch. */
export async function eraseRecipients(tx: WorkspaceTransaction, recipientIds: readonly string[]): Promise<void> {
  await tx.query(
    `UPDATE recipient
        SET ${NOBODY}, due_at = NULL, held_by = NULL,
            reason = CASE status WHEN 'queued' THEN 'erased' ELSE reason END,
            error_code = CASE status WHEN 'queued' THEN NULL ELSE error_code END,
            error = CASE status WHEN 'queued' THEN 'This person was erased before the message was sent.' END,
            activity_at = CASE status WHEN 'queued' THEN statement_timestamp() ELSE activity_at END,
            status = CASE status WHEN 'queued' THEN 'skipped' ELSE status END
      WHERE id = ANY($1::uuid[]) AND erased_at IS NULL`,
    [recipientIds],
  );
}

/** Counts those who waited as skipped. */
export function countSkipped(
  tx: WorkspaceTransaction,
  campaignId: string,
  waited: readonly Theirs[],
): Promise<Counters> {
  const first = waited.filter(({ tries }) => tries === 0).length;
  return applyDelta(tx, campaignId, { skipped: waited.length, queued: -first, retrying: first - waited.length });
}

/**
 * What hangs on recipients: words of customers and about them, of providers and of services that were told, and what
 * imports overwrote.
 */
export async function eraseWords(
  tx: WorkspaceTransaction,
  recipientIds: readonly string[],
): Promise<Pick<Amounts, "responses" | "attempts" | "oldValues">> {
  const responses = await tx.query(
    `UPDATE response SET comment = NULL, note = NULL
     WHERE recipient_id = ANY($1::uuid[]) AND (comment IS NOT NULL OR note IS NOT NULL) RETURNING 1`,
    [recipientIds],
  );
  const attempts = await tx.query(
    `UPDATE attempt SET message = NULL WHERE recipient_id = ANY($1::uuid[]) AND message IS NOT NULL RETURNING 1`,
    [recipientIds],
  );
  await tx.query(
    `UPDATE webhook_delivery SET answer = NULL WHERE recipient_id = ANY($1::uuid[]) AND answer IS NOT NULL`,
    [recipientIds],
  );
  const oldValues = await tx.query(`DELETE FROM import_old_value WHERE recipient_id = ANY($1::uuid[]) RETURNING 1`, [
    recipientIds,
  ]);
  return { responses: responses.length, attempts: attempts.length, oldValues: oldValues.length };
}

/**
 * Takes what the file said out of rows of reports: those that mention them, and warnings of the imports into their
 * campaigns, which may quote a value of theirs that was left out. Row, column and code stay.
 */
export async function eraseImportRows(
  tx: WorkspaceTransaction,
  person: Person,
  campaignIds: readonly string[],
): Promise<number> {
  const erased = await tx.query(
    `UPDATE import_problem p SET ${SAYS_NOTHING}
     WHERE workspace_id = $1 AND (${MENTIONED} OR (NOT rejected AND value IS NOT NULL AND import_id IN (
       SELECT id FROM import WHERE campaign_id = ANY($2::uuid[])))) RETURNING 1`,
    [tx.workspaceId, campaignIds, person.pattern, person.digits],
  );
  await tx.query(`DELETE FROM import_address WHERE workspace_id = $1 AND address_key = $2`, [
    ...[tx.workspaceId, person.key],
  ]);
  return erased.length;
}

const SAYS_NOTHING = `value = NULL, message = 'What stood here was erased.',
  cells = CASE WHEN cells IS NOT NULL THEN '[]'::jsonb END`;

/** Answers how many mails to them there were. */
export async function eraseCaughtMail(tx: WorkspaceTransaction, { pattern }: Person): Promise<number> {
  if (pattern === null) return 0;
  const removed = await tx.query(
    `DELETE FROM caught_mail m WHERE workspace_id = $1 AND lower(m.recipient) ~ $2 RETURNING 1`,
    [tx.workspaceId, pattern],
  );
  return removed.length;
}

/** Removes every file of the workspace: what stands in one is not looked at, so any may have the person. */
export async function eraseUploads(tx: WorkspaceTransaction): Promise<number> {
  const [{ count } = { count: 0 }] = await tx.query<{ count: number }>(
    `WITH removed AS (DELETE FROM upload WHERE workspace_id = $1 RETURNING status)
     SELECT count(*) FILTER (WHERE status <> 'waiting')::int AS count FROM removed`,
    [tx.workspaceId],
  );
  return count;
}

/** What services that were told of events said about them, whatever it was told about. */
export async function eraseWebhookAnswers(tx: WorkspaceTransaction, { pattern, digits }: Person): Promise<void> {
  await tx.query(
    `UPDATE webhook_delivery d SET answer = NULL
     WHERE workspace_id = $1 AND answer IS NOT NULL AND ${mentions("d.answer", ["$2", "$3"])}`,
    [tx.workspaceId, pattern, digits],
  );
}

/** Eight characters that stand for the address in the audit log: the same for the same one, and of no use to others. */
export async function fingerprintOf(tx: WorkspaceTransaction, { key }: Person): Promise<string> {
  const [row] = await tx.query<{ fingerprint: string }>(`SELECT fingerprint_of($1) AS fingerprint`, [key]);
  return row?.fingerprint ?? "";
}

/** Some recipients of a campaign that ended, from a position on: made nobody's. Answers the last position; null: no more. */
export async function eraseSome(
  tx: WorkspaceTransaction,
  { campaignId, after, most }: { campaignId: string; after: number; most: number },
): Promise<number | null> {
  // One that is in other hands is left to the next time; one that waits again belongs to a run.
  const some = await tx.query<{ id: string; position: number }>(
    `SELECT id, position FROM recipient
     WHERE campaign_id = $1 AND position > $2 AND erased_at IS NULL AND status <> 'queued'
     ORDER BY position LIMIT $3 FOR UPDATE SKIP LOCKED`,
    [campaignId, after, most],
  );
  const ids = some.map(({ id }) => id);
  if (ids.length === 0) return null;
  await eraseRecipients(tx, ids);
  await eraseWords(tx, ids);
  return some.at(-1)!.position;
}

/** What the reports of a campaign's imports said of some rows goes too. Answers how many rows those were. */
export async function eraseReportsSome(tx: WorkspaceTransaction, campaignId: string): Promise<number> {
  await tx.query(`SELECT id FROM import WHERE campaign_id = $1 ORDER BY id FOR UPDATE`, [campaignId]);
  const erased = await tx.query(
    `UPDATE import_problem SET ${SAYS_NOTHING} WHERE (import_id, row_number) IN (
       SELECT p.import_id, p.row_number FROM import i JOIN import_problem p ON p.import_id = i.id
       WHERE i.campaign_id = $1 AND (p.value IS NOT NULL OR p.cells <> '[]') LIMIT $2) RETURNING 1`,
    [campaignId, ROWS_A_STATEMENT],
  );
  return erased.length;
}

/** Notes that nothing of a campaign's recipients is left to erase, if that is so. */
export async function noteErased(tx: WorkspaceTransaction, campaignId: string): Promise<void> {
  await tx.query(
    `UPDATE campaign SET recipients_erased_at = clock_timestamp() WHERE id = $1 AND status IN ('completed', 'cancelled')
       AND NOT EXISTS (SELECT FROM recipient WHERE campaign_id = $1 AND erased_at IS NULL)`,
    [campaignId],
  );
}

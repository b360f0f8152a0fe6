import type { Channel } from "../campaigns/campaign.ts";
import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { isStorable, storable } from "../platform/text.ts";
import { FIELDS_MAX, type NewRecipient } from "../recipients/add-recipients.ts";
import { AT_WORK, Import, ImportStatus, type Tally } from "./import.ts";
import type { Found, ImportProblem, ImportProblemCode } from "./import-problem.ts";
import type { Cell } from "./rows.ts";

export interface ImportRef {
  workspaceId: string;
  importId: string;
}

export function importIn(tx: WorkspaceTransaction, id: string): Promise<Import | null> {
  return tx.entities.findOneBy(Import, { id, workspaceId: tx.workspaceId });
}

export type NewImport = Pick<
  Import,
  "id" | "campaignId" | "uploadId" | "contentId" | "fileName" | "plan" | "dryRun" | "startedBy"
>;

/** False when the campaign has an import at work already. */
export async function insertImport(tx: WorkspaceTransaction, given: NewImport): Promise<boolean> {
  const [made] = await tx.query(
    `INSERT INTO import (id, workspace_id, campaign_id, upload_id, content_id, file_name, plan, dry_run, started_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (campaign_id) WHERE status IN ('waiting', 'checking', 'importing') DO NOTHING RETURNING id`,
    [
      ...[given.id, tx.workspaceId, given.campaignId, given.uploadId, given.contentId, given.fileName],
      ...[JSON.stringify(given.plan), given.dryRun, given.startedBy],
    ],
  );
  return Boolean(made);
}

/** Newest first, by keyset on the id; one row more than `first` tells whether a page follows. */
export function listImports(
  tx: WorkspaceTransaction,
  campaignId: string,
  { first, afterId }: { first: number; afterId?: string },
): Promise<Import[]> {
  const list = tx.entities
    .createQueryBuilder(Import, "import")
    .where("import.workspaceId = :workspaceId AND import.campaignId = :campaignId", {
      ...{ workspaceId: tx.workspaceId, campaignId },
    })
    .orderBy("import.id", "DESC")
    .limit(first + 1);
  if (afterId) list.andWhere("import.id < :afterId", { afterId });
  return list.getMany();
}

/** In the order of the rows; one more than `first` tells whether a page follows. */
export function listProblems(
  tx: WorkspaceTransaction,
  importId: string,
  {
    first,
    afterRow = 0,
    code,
    rejected,
  }: { first: number; afterRow?: number; code?: ImportProblemCode; rejected?: boolean },
): Promise<ImportProblem[]> {
  return tx.query(
    `SELECT import_id || ':' || row_number AS id, row_number AS row, code, rejected, column_name AS "column", value, message
     FROM import_problem
     WHERE import_id = $1 AND row_number > $2 AND ($3::text IS NULL OR code = $3)
       AND ($5::boolean IS NULL OR rejected = $5)
     ORDER BY row_number LIMIT $4`,
    [importId, afterRow, code ?? null, first + 1, rejected ?? null],
  );
}

export interface RejectedRow {
  row: number;
  code: ImportProblemCode;
  message: string;
  cells: Cell[];
}

/** The rows that did not go in, as they stood in the file. */
export function listRejected(
  tx: WorkspaceTransaction,
  importId: string,
  { first, afterRow }: { first: number; afterRow: number },
): Promise<RejectedRow[]> {
  return tx.query(
    `SELECT row_number AS row, code, message, cells FROM import_problem
     WHERE import_id = $1 AND row_number > $2 AND rejected ORDER BY row_number LIMIT $3`,
    [importId, afterRow, first],
  );
}

/** Moves it to `to` if it stands in one of `from`; false when it does not. */
export async function changeImportStatus(
  tx: WorkspaceTransaction,
  id: string,
  { from, to, reason = null }: { from: readonly ImportStatus[]; to: ImportStatus; reason?: string | null },
): Promise<boolean> {
  const [changed] = await tx.query(
    `UPDATE import SET status = $3, status_reason = $4, lease = NULL, leased_until = NULL, finished_at = clock_timestamp()
      WHERE id = $1 AND status = ANY($2) RETURNING id, set_config('synchronous_commit', 'on', true)`,
    [id, from, to, reason],
  );
  return Boolean(changed);
}

/** Ends it well; false when it is not at work, or was not read to the end that was found when it was checked. */
export async function completeImport(tx: WorkspaceTransaction, id: string): Promise<boolean> {
  const [whole] = await tx.query(`SELECT id FROM import WHERE id = $1 AND rows_read = rows_total`, [id]);
  return Boolean(whole) && changeImportStatus(tx, id, { from: AT_WORK, to: ImportStatus.COMPLETED });
}

/** Ends it with a reason in words, and says that nothing was imported where that is so. */
export async function failImport(tx: WorkspaceTransaction, id: string, words: string): Promise<boolean> {
  const [untouched] = await tx.query(`SELECT id FROM import WHERE id = $1 AND rows_read = 0`, [id]);
  const reason = untouched ? `${words} Nothing was imported.` : words;
  return changeImportStatus(tx, id, { from: AT_WORK, to: ImportStatus.FAILED, reason });
}

/** Imports that wait for a worker, or whose worker said nothing for too long. */
export async function importsWithWork(database: Database): Promise<ImportRef[]> {
  const rows = await database.query<{ workspace_id: string; import_id: string }>(`SELECT * FROM imports_with_work()`);
  return rows.map((row) => ({ workspaceId: row.workspace_id, importId: row.import_id }));
}

/** So often an import is taken in hand without getting a batch further before it is given up. */
const TRIES_MAX = 5;

/** Takes an import in hand. Null when another has it, or when it has come to its end; also when it is given up here. */
export function takeImport(
  database: Database,
  { workspaceId, importId }: ImportRef,
  { lease, leaseMs }: { lease: string; leaseMs: number },
): Promise<TakenImport | null> {
  return database.inWorkspace(workspaceId, async (tx) => {
    const [taken] = await tx.query<{ tries: number }>(
      `UPDATE import SET lease = $2, leased_until = clock_timestamp() + $3 * interval '1 millisecond', tries = tries + 1,
              status = CASE status WHEN 'waiting' THEN 'checking' ELSE status END
        WHERE id = $1 AND status = ANY($4) AND (leased_until IS NULL OR leased_until < clock_timestamp())
        RETURNING tries`,
      [importId, lease, leaseMs, AT_WORK],
    );
    if (!taken) return null;
    if (taken.tries <= TRIES_MAX) return takenImport(tx, importId);
    const reason = `It did not get on in ${TRIES_MAX} tries; the server's log says why. Undo it, or start it again.`;
    await forgetAddresses(tx, importId);
    await changeImportStatus(tx, importId, { from: AT_WORK, to: ImportStatus.FAILED, reason });
    return null;
  });
}

/** What a worker needs to know of an import. */
export interface TakenImport extends Pick<
  Import,
  "id" | "workspaceId" | "campaignId" | "contentId" | "plan" | "dryRun" | "status" | "cursorRow"
> {
  channel: Channel;
  /** How many bytes its file has; null once they were removed. */
  bytes: number | null;
}

async function takenImport(tx: WorkspaceTransaction, id: string): Promise<TakenImport | null> {
  const [row] = await tx.query<TakenImport>(
    `SELECT i.id, i.workspace_id AS "workspaceId", i.campaign_id AS "campaignId", i.plan, i.dry_run AS "dryRun", i.status,
            i.cursor_row AS "cursorRow", c.channel, i.content_id AS "contentId", u.bytes::float8 AS bytes
     FROM import i JOIN campaign c ON c.id = i.campaign_id
       LEFT JOIN upload u ON u.id = i.upload_id AND u.status = 'received' AND u.content_id = i.content_id
     WHERE i.id = $1`,
    [id],
  );
  return row ?? null;
}

/**
 * Locks the import for the rest of the transaction and keeps it in hand. False when it is this worker's no longer.
 *
 * Lets the transaction be answered before it is on the disk. A crash of Postgres may take back the last batches, whole
 * and with their cursor, so they are imported again; the log is one, so whatever is committed for good after them (the
 * end of the import, a send to one of its recipients) brings them along.
 */
export async function keepInHand(
  tx: WorkspaceTransaction,
  importId: string,
  { lease, leaseMs }: { lease: string; leaseMs: number },
): Promise<boolean> {
  const [kept] = await tx.query(
    `UPDATE import SET leased_until = clock_timestamp() + $3 * interval '1 millisecond'
      WHERE id = $1 AND lease = $2 RETURNING id, set_config('synchronous_commit', 'off', true)`,
    [importId, lease, leaseMs],
  );
  return Boolean(kept);
}

/** Gives it back, so that the next worker need not wait for the lease to run out. An import that has ended has no lease. */
export async function letGo(database: Database, { workspaceId, importId }: ImportRef, lease: string): Promise<void> {
  await database.inWorkspace(workspaceId, (tx) =>
    tx.query(`UPDATE import SET lease = NULL, leased_until = NULL WHERE id = $1 AND lease = $2`, [importId, lease]),
  );
}

/** The file is whole and has so many rows: from here on they go in. */
export async function beginImporting(tx: WorkspaceTransaction, importId: string, rowsTotal: number): Promise<void> {
  await tx.query(`UPDATE import SET status = 'importing', rows_total = $2, tries = 0 WHERE id = $1`, [
    importId,
    rowsTotal,
  ]);
}

/** Adds up what became of a batch, and moves the cursor behind it. */
export async function countBatch(
  tx: WorkspaceTransaction,
  importId: string,
  tally: Tally,
  cursorRow: number,
): Promise<void> {
  await tx.query(
    `UPDATE import SET cursor_row = $2, tries = 0, rows_read = rows_read + $3, accepted = accepted + $4,
            updated = updated + $5, duplicates = duplicates + $6, invalid = invalid + $7, suppressed = suppressed + $8,
            warnings = warnings + $9,
            reasons = (SELECT coalesce(jsonb_object_agg(code, rows), '{}') FROM (
              SELECT key AS code, sum(value::int) AS rows
              FROM (SELECT * FROM jsonb_each_text(reasons) UNION ALL SELECT * FROM jsonb_each_text($10)) both_of_them
              GROUP BY key) added)
      WHERE id = $1`,
    [
      ...[importId, cursorRow, tally.rowsRead, tally.accepted, tally.updated, tally.duplicates],
      ...[tally.invalid, tally.suppressed, tally.warnings, JSON.stringify(tally.reasons)],
    ],
  );
}

export interface NewProblem extends Found {
  row: number;
  rejected: boolean;
  cells: readonly Cell[];
}

export async function insertProblems(
  tx: WorkspaceTransaction,
  importId: string,
  problems: readonly NewProblem[],
): Promise<void> {
  if (problems.length === 0) return;
  await tx.query(
    `INSERT INTO import_problem (workspace_id, import_id, row_number, code, rejected, column_name, value, message, cells)
     SELECT $1, $2, * FROM unnest($3::int[], $4::text[], $5::bool[], $6::text[], $7::text[], $8::text[], $9::jsonb[])`,
    [
      ...[tx.workspaceId, importId],
      problems.map((p) => p.row),
      problems.map((p) => p.code),
      problems.map((p) => p.rejected),
      problems.map((p) => p.column),
      problems.map((p) => p.value),
      problems.map((p) => p.message),
      problems.map((p) => (p.rejected ? JSON.stringify(p.cells.map(keptCell)) : null)),
    ],
  );
}

// One look into the index for each address, whatever Postgres believes of a table that is growing just now.
function recipientWith(addressKey: string): string {
  return `(SELECT id FROM recipient WHERE campaign_id = $2 AND address_key = ${addressKey} LIMIT 1)`;
}

/** As much as a cell of a spreadsheet holds. A longer one is cut: what is wrong with it cannot be mended by that. */
const KEPT_CHARACTERS_MAX = 32_767;

function keptCell(cell: Cell): Cell {
  if (typeof cell !== "string") return cell;
  const kept = cell.length > KEPT_CHARACTERS_MAX ? `${cell.slice(0, KEPT_CHARACTERS_MAX - 1)}…` : cell;
  return isStorable(kept) ? kept : storable(kept);
}

/** What became of addresses that the campaign already had. */
export interface Met {
  /** These recipients now are as the file says. */
  updated: Set<string>;
  /** This import has been at these before: the file has the address twice. */
  repeated: Set<string>;
}

/**
 * Takes over what the rows say into recipients that the campaign has and that this import has not touched yet, and
 * keeps what was there. What a row leaves blank stays; own fields are joined.
 */
export async function updateRecipients(
  tx: WorkspaceTransaction,
  { campaignId, importId }: { campaignId: string; importId: string },
  recipients: readonly NewRecipient[],
): Promise<Met> {
  const rows = await tx.query<{ address_key: string; updated: boolean }>(
    `WITH given AS (
       SELECT * FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::jsonb[])
         AS g(address_key, name, email, phone, email_given, phone_given, fields)
     ), met AS (
       SELECT r.* FROM recipient r
       WHERE r.id = ANY(ARRAY(SELECT ${recipientWith("given.address_key")} FROM given))
       ORDER BY r.position FOR NO KEY UPDATE OF r
     ), kept AS (
       INSERT INTO import_old_value
         (workspace_id, import_id, recipient_id, name, email, phone, email_given, phone_given, fields)
       SELECT $1, $3, id, name, email, phone, email_given, phone_given, fields FROM met
       WHERE import_id IS DISTINCT FROM $3::uuid
       ON CONFLICT DO NOTHING RETURNING recipient_id
     ), updated AS (
       UPDATE recipient r
          SET name = coalesce(g.name, r.name), email = coalesce(g.email, r.email), phone = coalesce(g.phone, r.phone),
              email_given = CASE WHEN g.email IS NULL THEN r.email_given ELSE g.email_given END,
              phone_given = CASE WHEN g.phone IS NULL THEN r.phone_given ELSE g.phone_given END,
              fields = r.fields || g.fields
         FROM kept, given g
        WHERE r.id = kept.recipient_id AND g.address_key = r.address_key
        RETURNING r.address_key
     )
     SELECT met.address_key, updated.address_key IS NOT NULL AS updated FROM met LEFT JOIN updated USING (address_key)`,
    [
      ...[tx.workspaceId, campaignId, importId],
      recipients.map((r) => r.addressKey),
      recipients.map((r) => r.name),
      recipients.map((r) => r.email),
      recipients.map((r) => r.phone),
      recipients.map((r) => r.emailGiven),
      recipients.map((r) => r.phoneGiven),
      recipients.map((r) => JSON.stringify(r.fields)),
    ],
  );
  const keys = (updated: boolean) =>
    new Set(rows.filter((row) => row.updated === updated).map((row) => row.address_key));
  return { updated: keys(true), repeated: keys(false) };
}

/** Whom of the campaign these rows would give more own fields than are kept; not whom this import was at before. */
export async function overfullBy(
  tx: WorkspaceTransaction,
  { campaignId, importId }: { campaignId: string; importId: string },
  recipients: readonly NewRecipient[],
): Promise<Set<string>> {
  const rows = await tx.query<{ address_key: string }>(
    `WITH overfull AS MATERIALIZED (
       SELECT ${recipientWith("given.address_key")} AS id, address_key
       FROM unnest($3::text[], $4::jsonb[]) AS given(address_key, fields)
       WHERE $5 < (SELECT count(*) FROM jsonb_object_keys(
         (SELECT r.fields FROM recipient r WHERE r.id = ${recipientWith("given.address_key")}) || given.fields))
     )
     SELECT address_key FROM overfull JOIN recipient r USING (id, address_key)
     WHERE r.import_id IS DISTINCT FROM $1::uuid
       AND NOT EXISTS (SELECT FROM import_old_value o WHERE o.import_id = $1 AND o.recipient_id = r.id)`,
    [
      importId,
      campaignId,
      recipients.map((r) => r.addressKey),
      recipients.map((r) => JSON.stringify(r.fields)),
      FIELDS_MAX,
    ],
  );
  return new Set(rows.map((row) => row.address_key));
}

/** Which of these addresses the campaign has, and whether this import brought them. */
export async function recipientsMet(
  tx: WorkspaceTransaction,
  { campaignId, importId }: { campaignId: string; importId: string },
  addressKeys: readonly string[],
): Promise<Map<string, "file" | "campaign">> {
  if (addressKeys.length === 0) return new Map();
  const rows = await tx.query<{ address_key: string; own: boolean }>(
    `SELECT address_key, import_id IS NOT DISTINCT FROM $1::uuid AS own FROM recipient
     WHERE id = ANY(ARRAY(SELECT ${recipientWith("key")} FROM unnest($3::text[]) key))`,
    [importId, campaignId, addressKeys],
  );
  return new Map(rows.map((row) => [row.address_key, row.own ? "file" : "campaign"]));
}

/** Of a dry run: remembers addresses, and answers those that it had not met before. */
export async function meetAddresses(
  tx: WorkspaceTransaction,
  importId: string,
  addressKeys: readonly string[],
): Promise<Set<string>> {
  const rows = await tx.query<{ address_key: string }>(
    `INSERT INTO import_address (workspace_id, import_id, address_key) SELECT $1, $2, * FROM unnest($3::text[])
     ON CONFLICT DO NOTHING RETURNING address_key`,
    [tx.workspaceId, importId, addressKeys],
  );
  return new Set(rows.map((row) => row.address_key));
}

export async function forgetAddresses(tx: WorkspaceTransaction, importId: string): Promise<void> {
  await tx.query(`DELETE FROM import_address WHERE import_id = $1`, [importId]);
}

/** True while one of the campaign's imports is at work. */
export async function isImportAtWork(tx: WorkspaceTransaction, campaignId: string): Promise<boolean> {
  const [row] = await tx.query(`SELECT id FROM import WHERE campaign_id = $1 AND status = ANY($2) LIMIT 1`, [
    ...[campaignId, AT_WORK],
  ]);
  return Boolean(row);
}

/** A later import of the campaign that changed something and is not undone: undoing goes backwards. */
export async function laterImport(tx: WorkspaceTransaction, { id, campaignId }: Import): Promise<string | null> {
  const [row] = await tx.query<{ file_name: string }>(
    `SELECT file_name FROM import
     WHERE campaign_id = $1 AND id > $2 AND NOT dry_run AND status <> 'undone' AND accepted + updated > 0
     ORDER BY id LIMIT 1`,
    [campaignId, id],
  );
  return row?.file_name ?? null;
}

/** So many rows are changed by one statement: some seconds, far from the minute that a statement may take. */
const ROWS_A_STATEMENT = 20_000;

/** Removes what the import added and restores what it updated. Answers how many were removed. */
export async function takeBack(tx: WorkspaceTransaction, { id, campaignId }: Import): Promise<number> {
  while ((await restoreSome(tx, id)) > 0);
  let removed = 0;
  for (let after = 0; ;) {
    const [{ last } = { last: null }] = await tx.query<{ last: number | null }>(
      `SELECT max(position) AS last FROM (
         SELECT position FROM recipient WHERE campaign_id = $1 AND position > $2 ORDER BY position LIMIT $3) page`,
      [campaignId, after, ROWS_A_STATEMENT],
    );
    if (last === null) return removed;
    const [some] = await tx.query<{ count: number }>(
      `WITH removed AS (
         DELETE FROM recipient WHERE campaign_id = $1 AND position > $2 AND position <= $3 AND import_id = $4 RETURNING 1)
       SELECT count(*)::int AS count FROM removed`,
      [campaignId, after, last, id],
    );
    removed += some?.count ?? 0;
    after = last;
  }
}

async function restoreSome(tx: WorkspaceTransaction, importId: string): Promise<number> {
  const [some] = await tx.query<{ count: number }>(
    `WITH old AS (
       DELETE FROM import_old_value WHERE import_id = $1 AND recipient_id = ANY(ARRAY(
         SELECT recipient_id FROM import_old_value WHERE import_id = $1 ORDER BY recipient_id LIMIT $2))
       RETURNING *
     ), restored AS (
       UPDATE recipient r
          SET name = o.name, email = o.email, phone = o.phone, email_given = o.email_given, phone_given = o.phone_given,
              fields = o.fields
         FROM old o WHERE r.id = o.recipient_id
     )
     SELECT count(*)::int AS count FROM old`,
    [importId, ROWS_A_STATEMENT],
  );
  return some?.count ?? 0;
}

/** Imports that ended so many days ago, and whose rows are still there. */
export async function importsToForget(database: Database, days: number): Promise<ImportRef[]> {
  const rows = await database.query<{ workspace_id: string; import_id: string }>(
    `SELECT * FROM imports_to_forget($1)`,
    [days],
  );
  return rows.map((row) => ({ workspaceId: row.workspace_id, importId: row.import_id }));
}

/** Keeps what an import that has ended left behind for the rest of the transaction. False when it was removed. */
export async function holdRows(tx: WorkspaceTransaction, importId: string): Promise<boolean> {
  const [held] = await tx.query(`SELECT id FROM import WHERE id = $1 AND forgotten_at IS NULL FOR UPDATE`, [importId]);
  return Boolean(held);
}

/** Removes rejected rows and old values of an import that has ended. What was wrong with each row stays in its report. */
export async function forgetRows(tx: WorkspaceTransaction, importId: string): Promise<void> {
  await tx.query(`UPDATE import SET forgotten_at = clock_timestamp() WHERE id = $1`, [importId]);
  for (let after: number | null = 0; after !== null;) {
    const [some]: { last: number | null }[] = await tx.query(
      `WITH page AS (
         SELECT row_number FROM import_problem WHERE import_id = $1 AND row_number > $2 ORDER BY row_number LIMIT $3
       ), forgotten AS (
         UPDATE import_problem SET cells = NULL WHERE import_id = $1 AND cells IS NOT NULL
           AND row_number > $2 AND row_number <= (SELECT max(row_number) FROM page)
       )
       SELECT max(row_number) AS last FROM page`,
      [importId, after, ROWS_A_STATEMENT],
    );
    after = some?.last ?? null;
  }
  await tx.query(`DELETE FROM import_old_value WHERE import_id = $1`, [importId]);
}

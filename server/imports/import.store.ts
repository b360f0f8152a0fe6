import type { Channel } from "../campaigns/campaign.ts";
import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { AT_WORK, Import, ImportStatus, type Tally } from "./import.ts";
import { forgetAddresses } from "./import-address.store.ts";

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

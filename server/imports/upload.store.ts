import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { newId } from "../platform/id.ts";
import type { Sniffed } from "./encoding.ts";
import { AT_WORK } from "./import.ts";
import { Upload, UploadStatus } from "./upload.ts";

/** So many files of a workspace are kept at once; the oldest that no import needs makes room. */
const UPLOADS_KEPT = 20;

export function uploadIn(tx: WorkspaceTransaction, id: string): Promise<Upload | null> {
  return tx.entities.findOneBy(Upload, { id, workspaceId: tx.workspaceId });
}

/** All files that are here or on their way, the newest first. */
export function uploadsOf(tx: WorkspaceTransaction): Promise<Upload[]> {
  return tx.entities.find(Upload, { where: { workspaceId: tx.workspaceId }, order: { id: "DESC" } });
}

/** The upload, which nobody removes or sends anew for the rest of the transaction. */
export async function holdUpload(tx: WorkspaceTransaction, id: string): Promise<Upload | null> {
  await tx.query(`SELECT id FROM upload WHERE id = $1 FOR SHARE`, [id]);
  return uploadIn(tx, id);
}

export async function insertUpload(tx: WorkspaceTransaction, fileName: string): Promise<Upload> {
  await makeRoom(tx);
  const id = newId();
  await tx.query(`INSERT INTO upload (id, workspace_id, file_name) VALUES ($1, $2, $3)`, [
    id,
    tx.workspaceId,
    fileName,
  ]);
  const upload = await uploadIn(tx, id);
  if (!upload) throw new Error(`upload ${id} was not written`);
  return upload;
}

// Locked first and then looked at again: an import may have been started with one of them meanwhile. One that is held
// at this moment is left to the next time.
async function makeRoom(tx: WorkspaceTransaction): Promise<void> {
  const oldest = await tx.query<{ id: string }>(
    `SELECT id FROM upload WHERE id IN (
       SELECT u.id FROM upload u WHERE u.workspace_id = $1
         AND NOT EXISTS (SELECT FROM import i WHERE i.upload_id = u.id AND i.status = ANY($2))
       ORDER BY u.id DESC OFFSET ${UPLOADS_KEPT - 1})
     FOR UPDATE SKIP LOCKED`,
    [tx.workspaceId, AT_WORK],
  );
  if (oldest.length === 0) return;
  await tx.query(
    `DELETE FROM upload u WHERE u.id = ANY($1::uuid[])
       AND NOT EXISTS (SELECT FROM import i WHERE i.upload_id = u.id AND i.status = ANY($2))`,
    [oldest.map(({ id }) => id), AT_WORK],
  );
}

/** The bytes of one PUT, named by its content id: a later PUT takes over, and what this one writes is no longer it. */
export interface Content {
  workspaceId: string;
  uploadId: string;
  contentId: string;
}

/**
 * Begins to receive: what an earlier PUT left is gone. Null when there is no such upload, "in use" while an import
 * reads it.
 */
export function beginContent(
  database: Database,
  workspaceId: string,
  uploadId: string,
): Promise<Content | "in use" | null> {
  return database.inWorkspace(workspaceId, async (tx) => {
    const [upload] = await tx.query(`SELECT id FROM upload WHERE id = $1 FOR UPDATE`, [uploadId]);
    if (!upload) return null;
    const [reader] = await tx.query(`SELECT id FROM import WHERE upload_id = $1 AND status = ANY($2) LIMIT 1`, [
      uploadId,
      AT_WORK,
    ]);
    if (reader) return "in use";
    const contentId = newId();
    await tx.query(`DELETE FROM upload_chunk WHERE upload_id = $1`, [uploadId]);
    await tx.query(
      `UPDATE upload SET status = $2, content_id = $3, bytes = 0, encoding = NULL, problem = NULL,
              receiving_since = clock_timestamp()
        WHERE id = $1`,
      [uploadId, UploadStatus.RECEIVING, contentId],
    );
    return { workspaceId, uploadId, contentId };
  });
}

/** Keeps the next bytes. False when another PUT has taken over, or the upload was removed. */
export function appendChunk(
  database: Database,
  { workspaceId, uploadId, contentId }: Content,
  number: number,
  bytes: Buffer,
): Promise<boolean> {
  return database.inWorkspace(workspaceId, async (tx) => {
    const [mine] = await tx.query(
      `UPDATE upload SET bytes = bytes + $3 WHERE id = $1 AND content_id = $2 RETURNING id`,
      [uploadId, contentId, bytes.length],
    );
    if (!mine) return false;
    await tx.query(
      `INSERT INTO upload_chunk (workspace_id, upload_id, content_id, number, bytes) VALUES ($1, $2, $3, $4, $5)`,
      [workspaceId, uploadId, contentId, number, bytes],
    );
    return true;
  });
}

/**
 * All bytes are here, and this is what they are written in. A file that nobody can read is not kept: another may be sent.
 * False when another PUT has taken over.
 */
export function completeContent(database: Database, content: Content, sniffed: Sniffed): Promise<boolean> {
  const encoding = "encoding" in sniffed ? sniffed.encoding : null;
  const problem = "problem" in sniffed ? sniffed.problem : null;
  const status = problem === null ? UploadStatus.RECEIVED : UploadStatus.WAITING;
  return endContent(database, content, { status, encoding, problem });
}

/** The bytes broke off: what came is gone, and the upload waits to be sent again. */
export function breakOffContent(database: Database, content: Content, problem: string): Promise<boolean> {
  return endContent(database, content, { status: UploadStatus.WAITING, encoding: null, problem });
}

function endContent(
  database: Database,
  { workspaceId, uploadId, contentId }: Content,
  { status, encoding, problem }: Pick<Upload, "status" | "encoding" | "problem">,
): Promise<boolean> {
  return database.inWorkspace(workspaceId, async (tx) => {
    const [mine] = await tx.query(
      `UPDATE upload SET status = $3, encoding = $4, problem = $5,
              received_at = CASE WHEN $3 = 'received' THEN clock_timestamp() END,
              bytes = CASE WHEN $3 = 'received' THEN bytes ELSE 0 END
        WHERE id = $1 AND content_id = $2 RETURNING id`,
      [uploadId, contentId, status, encoding, problem],
    );
    if (mine && status === UploadStatus.WAITING)
      await tx.query(`DELETE FROM upload_chunk WHERE upload_id = $1`, [uploadId]);
    return Boolean(mine);
  });
}

/** The file is not here any more, or not all of it. */
export class UploadGoneError extends Error {}

/**
 * The file's bytes, piece by piece, each chunk read in a transaction of its own. Throws an UploadGoneError before its end.
 * Pieces are smaller than chunks: what the driver must put together from several reads of its socket it copies into ever
 * larger buffers, which are garbage at once.
 */
export async function* uploadedBytes(
  database: Database,
  { workspaceId, contentId, bytes }: Pick<Upload, "workspaceId" | "contentId" | "bytes">,
): AsyncGenerator<Uint8Array> {
  for (let number = 0, read = 0; read < bytes; number++) {
    const pieces = await database.inWorkspace(workspaceId, (tx) =>
      tx.query<{ piece: Buffer }>(
        `SELECT substring(bytes FROM at FOR $3) AS piece
         FROM upload_chunk, generate_series(1, length(bytes), $3) at
         WHERE content_id = $1 AND number = $2 ORDER BY at`,
        [contentId, number, PIECE_BYTES],
      ),
    );
    if (pieces.length === 0) throw new UploadGoneError(`${bytes - read} bytes of the file are gone`);
    for (const { piece } of pieces) {
      read += piece.length;
      yield piece;
    }
  }
}

/** Written out in hexadecimal digits, as they come, less than one read of a socket. */
const PIECE_BYTES = 24 * 1024;

/** Removes some files that are older than so many days and that no import needs; answers how many. */
export async function removeOldUploads(database: Database, days: number): Promise<number> {
  const [row] = await database.query<{ removed: number }>(`SELECT remove_old_uploads($1) AS removed`, [days]);
  return row?.removed ?? 0;
}

/** Contents of PUTs that began so many hours ago and never came to an end. */
export async function uploadsBrokenOff(database: Database, hours: number): Promise<Content[]> {
  const rows = await database.query<{ workspace_id: string; upload_id: string; content_id: string }>(
    `SELECT * FROM uploads_broken_off($1)`,
    [hours],
  );
  return rows.map((row) => ({ workspaceId: row.workspace_id, uploadId: row.upload_id, contentId: row.content_id }));
}

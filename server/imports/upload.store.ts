import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { newId } from "../platform/id.ts";
import type { Sniffed } from "./encoding.ts";
import { Upload, UploadStatus } from "./upload.ts";

/** So many files of a workspace are kept at once; the oldest that no import needs makes room. */
const UPLOADS_KEPT = 20;

export function uploadIn(tx: WorkspaceTransaction, id: string): Promise<Upload | null> {
  return tx.entities.findOneBy(Upload, { id, workspaceId: tx.workspaceId });
}

export async function insertUpload(tx: WorkspaceTransaction, fileName: string): Promise<Upload> {
  await tx.query(
    `DELETE FROM upload WHERE id IN (
       SELECT u.id FROM upload u WHERE u.workspace_id = $1
         AND NOT EXISTS (SELECT FROM import i WHERE i.upload_id = u.id AND i.status IN ('waiting', 'checking', 'importing'))
       ORDER BY u.id DESC OFFSET ${UPLOADS_KEPT - 1})`,
    [tx.workspaceId],
  );
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
    const [reader] = await tx.query(
      `SELECT id FROM import WHERE upload_id = $1 AND status IN ('waiting', 'checking', 'importing') LIMIT 1`,
      [uploadId],
    );
    if (reader) return "in use";
    const contentId = newId();
    await tx.query(`DELETE FROM upload_chunk WHERE upload_id = $1`, [uploadId]);
    await tx.query(
      `UPDATE upload SET status = $2, content_id = $3, bytes = 0, encoding = NULL, problem = NULL WHERE id = $1`,
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

/** The file's bytes, piece by piece, each read in a transaction of its own; ends early when the upload is removed. */
export async function* uploadedBytes(
  database: Database,
  { workspaceId, contentId }: Pick<Upload, "workspaceId" | "contentId">,
): AsyncGenerator<Uint8Array> {
  for (let number = 0; ; number++) {
    const [chunk] = await database.inWorkspace(workspaceId, (tx) =>
      tx.query<{ bytes: Buffer }>(`SELECT bytes FROM upload_chunk WHERE content_id = $1 AND number = $2`, [
        contentId,
        number,
      ]),
    );
    if (!chunk) return;
    yield chunk.bytes;
  }
}

/** Removes files that are older than so many days and that no import needs. */
export async function removeOldUploads(database: Database, days: number): Promise<void> {
  await database.query(`SELECT remove_old_uploads($1)`, [days]);
}

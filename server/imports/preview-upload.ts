import { type Database, isUuid } from "../platform/database.ts";
import { type Chosen, FILE_KINDS } from "./file-format.ts";
import { type ImportPreview, previewOf } from "./preview.ts";
import { type Upload, UploadStatus } from "./upload.ts";
import { uploadedBytes, UploadGoneError, uploadIn } from "./upload.store.ts";

/** So much of a file is looked at: enough for a hundred rows of a thousand columns. */
const HEAD_BYTES = 512 * 1024;

/** What is in an upload; a problem in words when it cannot be looked at; null when there is no such upload. */
export async function previewUpload(
  database: Database,
  workspaceId: string,
  uploadId: string,
  chosen: Chosen,
): Promise<{ upload: Upload; preview: ImportPreview } | { upload: Upload; problem: string } | null> {
  if (!isUuid(uploadId)) return null;
  const upload = await database.inWorkspace(workspaceId, (tx) => uploadIn(tx, uploadId));
  if (!upload) return null;
  if (upload.problem !== null) return { upload, problem: upload.problem };
  if (upload.status !== UploadStatus.RECEIVED || !upload.encoding)
    return { upload, problem: "The file is not here yet: PUT its bytes to the upload's url first." };
  const head = await headOf(database, upload).catch(nullWhenGone);
  if (!head) return null;
  const isJson = /\.(jsonl|ndjson)$/i.test(upload.fileName);
  const preview = await previewOf(head, head.length >= upload.bytes, upload.encoding, {
    ...chosen,
    kind: chosen.kind ?? (isJson ? FILE_KINDS.JSON_LINES : undefined),
  });
  return preview.problem === null ? { upload, preview } : { upload, preview, problem: preview.problem };
}

// Removed between the two looks at it.
function nullWhenGone(error: unknown): null {
  if (error instanceof UploadGoneError) return null;
  throw error;
}

async function headOf(database: Database, upload: Upload): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of uploadedBytes(database, upload)) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= HEAD_BYTES) break;
  }
  return Buffer.concat(pieces);
}

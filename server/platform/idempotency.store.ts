import { createHash } from "node:crypto";
import type { WorkspaceTransaction } from "./database.ts";

export const IDEMPOTENCY_KEY_CHARACTERS_MAX = 200;
const KEPT_FOR = "24 hours";

export type KeyUse = { kind: "new" } | { kind: "repeated"; subjectId: string | null } | { kind: "reused" };

/**
 * Remembers that `key` was used with this input, inside the caller's transaction. A second caller with the same
 * key waits here until the first has committed: `repeated` answers as the first did, `reused` had another input.
 */
export async function useKey(
  tx: WorkspaceTransaction,
  { key, operation, input, subjectId }: { key: string; operation: string; input: unknown; subjectId: string },
): Promise<KeyUse> {
  const inputHash = createHash("sha256").update(JSON.stringify(input)).digest("hex");
  await tx.query(`DELETE FROM idempotency_key WHERE created_at < now() - interval '${KEPT_FOR}'`);
  const [fresh] = await tx.query(
    `INSERT INTO idempotency_key (workspace_id, key, operation, input_hash, subject_id) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING RETURNING key`,
    [tx.workspaceId, key, operation, inputHash, subjectId],
  );
  if (fresh) return { kind: "new" };
  const [used] = await tx.query<{ same: boolean; subject_id: string | null }>(
    `SELECT operation = $2 AND input_hash = $3 AS same, subject_id FROM idempotency_key WHERE key = $1`,
    [key, operation, inputHash],
  );
  return used?.same ? { kind: "repeated", subjectId: used.subject_id } : { kind: "reused" };
}

/** Frees a key whose request was refused: mended, it may come again under the same key. */
export async function forgetKey(tx: WorkspaceTransaction, key: string): Promise<void> {
  await tx.query(`DELETE FROM idempotency_key WHERE key = $1`, [key]);
}

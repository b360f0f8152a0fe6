import type { WorkspaceTransaction } from "../platform/database.ts";

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

import type { WorkspaceTransaction } from "../platform/database.ts";

/** Why an address must not be written to again. */
export type SuppressionReason = "manual" | "unsubscribed" | "bounced" | "complained";

/** Which of these addresses must not be written to, and why, by address key. */
export async function suppressionsOf(
  tx: WorkspaceTransaction,
  addressKeys: readonly string[],
): Promise<Map<string, SuppressionReason>> {
  const rows = await tx.query<{ address_key: string; reason: SuppressionReason }>(
    `SELECT address_key, reason FROM suppression WHERE workspace_id = $1 AND address_key = ANY($2)`,
    [tx.workspaceId, addressKeys],
  );
  return new Map(rows.map((row) => [row.address_key, row.reason]));
}

/** Nobody writes to this address again. Doing it twice keeps the first reason. */
export async function suppress(tx: WorkspaceTransaction, addressKey: string, reason: SuppressionReason): Promise<void> {
  await tx.query(
    `INSERT INTO suppression (workspace_id, address_key, reason) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
    [tx.workspaceId, addressKey, reason],
  );
}

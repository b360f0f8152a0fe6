import type { WorkspaceTransaction } from "../platform/database.ts";
import type { Suppression, SuppressionReason as Reason } from "./suppression.ts";

/** Why an address must not be written to again. */
export type SuppressionReason = `${Reason}`;

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

/** An address to be suppressed: by its key, and as it was given. */
export interface NewSuppression {
  addressKey: string;
  address: string;
  reason: SuppressionReason;
  note: string | null;
}

/**
 * Nobody writes to this address again. Doing it twice keeps the first reason, with one exception: what a customer said
 * themselves (unsubscribed, complained) takes the place of what was only noted about them. True when a row was
 * written, so once for each of the two.
 */
export async function suppress(
  tx: WorkspaceTransaction,
  addressKey: string,
  reason: SuppressionReason,
  { address = null, note = null }: { address?: string | null; note?: string | null } = {},
): Promise<boolean> {
  const written = await tx.query(
    `INSERT INTO suppression AS known (workspace_id, address_key, reason, address, note) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (workspace_id, address_key) DO UPDATE
       SET reason = excluded.reason, created_at = now(), created_by = NULL,
           address = coalesce(known.address, excluded.address), note = coalesce(excluded.note, known.note)
       WHERE known.reason IN ('manual', 'bounced') AND excluded.reason IN ('unsubscribed', 'complained')
     RETURNING address_key`,
    [tx.workspaceId, addressKey, reason, address, note],
  );
  return written.length > 0;
}

/** Adds those that are not there yet, and answers their keys; those that are stay as they are. */
export async function insertSuppressions(
  tx: WorkspaceTransaction,
  suppressions: readonly NewSuppression[],
  createdBy: string,
): Promise<Set<string>> {
  if (suppressions.length === 0) return new Set();
  // In the order of the keys, so that two calls with the same addresses cannot wait for each other.
  const added = await tx.query<{ address_key: string }>(
    `INSERT INTO suppression (workspace_id, address_key, address, reason, note, created_by)
     SELECT $1, address_key, address, reason, note, $6
     FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS given(address_key, address, reason, note)
     ORDER BY address_key COLLATE "C"
     ON CONFLICT DO NOTHING RETURNING address_key`,
    [
      tx.workspaceId,
      suppressions.map((s) => s.addressKey),
      suppressions.map((s) => s.address),
      suppressions.map((s) => s.reason),
      suppressions.map((s) => s.note),
      createdBy,
    ],
  );
  return new Set(added.map((row) => row.address_key));
}

/**
 * The address may be written to again. What customers said themselves stays unless `evenOwnWord`. Answers the
 * suppression that was lifted, or null when none was.
 */
export async function liftSuppression(
  tx: WorkspaceTransaction,
  addressKey: string,
  { evenOwnWord }: { evenOwnWord: boolean },
): Promise<Suppression | null> {
  const [lifted] = await tx.query<Suppression>(
    `DELETE FROM suppression WHERE workspace_id = $1 AND address_key = $2 AND ($3 OR reason IN ('manual', 'bounced'))
     RETURNING ${COLUMNS}`,
    [tx.workspaceId, addressKey, evenOwnWord],
  );
  return lifted ?? null;
}

export async function suppressionIn(tx: WorkspaceTransaction, addressKey: string): Promise<Suppression | null> {
  const [found] = await tx.query<Suppression>(
    `SELECT ${COLUMNS} FROM suppression WHERE workspace_id = $1 AND address_key = $2`,
    [tx.workspaceId, addressKey],
  );
  return found ?? null;
}

/** Where a row stands in the list; microseconds since 1970, exact and the same whatever the session's time zone. */
export interface SuppressionPlace {
  createdMicros: string;
  id: string;
}

/** The newest first, by keyset; one row more than `first` tells whether a page follows. */
export function listSuppressions(
  tx: WorkspaceTransaction,
  {
    first,
    after,
    reason,
    search,
  }: { first: number; after?: SuppressionPlace; reason?: SuppressionReason; search?: string },
): Promise<(Suppression & SuppressionPlace)[]> {
  const parameters: unknown[] = [tx.workspaceId, first + 1];
  const place = (value: unknown) => `$${parameters.push(value)}`;
  const conditions = ["workspace_id = $1"];
  if (reason) conditions.push(`reason = ${place(reason)}`);
  // A part of the address; read in the list's order until the page is full, as for recipients.
  if (search) conditions.push(`position(${place(search)} in address_key) > 0`);
  if (after)
    conditions.push(
      `(created_at, address_key) < (timestamptz 'epoch' + ${place(after.createdMicros)}::bigint * interval '1 microsecond', ${place(after.id)})`,
    );
  return tx.query(
    `SELECT ${COLUMNS}, (extract(epoch FROM created_at) * 1000000)::bigint::text AS "createdMicros" FROM suppression
     WHERE ${conditions.join(" AND ")} ORDER BY created_at DESC, address_key DESC LIMIT $2`,
    parameters,
  );
}

const COLUMNS = `
  workspace_id AS "workspaceId", address_key AS id, coalesce(address, address_key) AS address, reason, note,
  created_at AS "createdAt", created_by AS "createdBy"`;

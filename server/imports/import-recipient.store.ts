import type { WorkspaceTransaction } from "../platform/database.ts";
import { FIELDS_MAX, type NewRecipient } from "../recipients/add-recipients.ts";
import type { Import } from "./import.ts";
import { ROWS_A_STATEMENT } from "./import-problem.store.ts";

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

// One look into the index for each address, whatever Postgres believes of a table that is growing just now.
function recipientWith(addressKey: string): string {
  return `(SELECT id FROM recipient WHERE campaign_id = $2 AND address_key = ${addressKey} LIMIT 1)`;
}

/**
 * Removes what the import added and restores what it updated. Answers how many were removed. Who was erased since is
 * no queued recipient any more, and stays.
 */
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
         DELETE FROM recipient WHERE campaign_id = $1 AND position > $2 AND position <= $3 AND import_id = $4
           AND erased_at IS NULL RETURNING 1)
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

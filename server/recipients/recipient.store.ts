import { newId } from "../platform/id.ts";
import type { WorkspaceTransaction } from "../platform/database.ts";
import type { NewRecipient } from "./add-recipients.ts";
import { Recipient, RecipientOrder, type RecipientStatus } from "./recipient.ts";

/**
 * Adds recipients that the campaign does not have, behind those it has. The caller holds the campaign's row lock:
 * so positions are given in commit order and none can appear behind a run's cursor. Whom the campaign has already is
 * the index's business and not looked up before; the position that such a one would have got stays empty.
 * Answers the positions by address key of those that were new.
 */
export async function insertRecipients(
  tx: WorkspaceTransaction,
  campaignId: string,
  recipients: readonly NewRecipient[],
  importId: string | null = null,
): Promise<Map<string, number>> {
  if (recipients.length === 0) return new Map();
  const ids = recipients.map(() => newId());
  const [{ last, added } = { last: 0, added: 0 }] = await tx.query<{ last: number; added: number }>(
    `WITH last AS MATERIALIZED (SELECT coalesce(max(position), 0) AS position FROM recipient WHERE campaign_id = $2),
     added AS (
       INSERT INTO recipient
         (id, workspace_id, campaign_id, import_id, position, address_key, name, email, phone, email_given, phone_given, fields)
       SELECT id, $1, $2, $11, (SELECT position FROM last) + place,
              address_key, name, email, phone, email_given, phone_given, fields
       FROM ROWS FROM (
         unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]),
         jsonb_array_elements($10)
       ) WITH ORDINALITY AS g(id, address_key, name, email, phone, email_given, phone_given, fields, place)
       ON CONFLICT (campaign_id, address_key) DO NOTHING
       RETURNING 1
     )
     SELECT (SELECT position FROM last) AS last, (SELECT count(*)::int FROM added) AS added`,
    [
      tx.workspaceId,
      campaignId,
      ids,
      recipients.map((r) => r.addressKey),
      column(recipients, "name"),
      column(recipients, "email"),
      column(recipients, "phone"),
      column(recipients, "emailGiven"),
      column(recipients, "phoneGiven"),
      JSON.stringify(recipients.map((r) => r.fields)),
      importId,
    ],
  );
  // Nearly always all of them; only else is it worth asking which.
  const isNew = added === ids.length ? null : await idsThatAreThere(tx, ids);
  const fresh = recipients.map((r, place) => [r.addressKey, last + place + 1] as const);
  return new Map(isNew ? fresh.filter((_entry, place) => isNew.has(ids[place]!)) : fresh);
}

// A shorter array is filled up with nulls by unnest: columns that nobody fills cost nothing.
function column(
  recipients: readonly NewRecipient[],
  name: "name" | "email" | "phone" | "emailGiven" | "phoneGiven",
): (string | null)[] {
  return recipients.some((recipient) => recipient[name] !== null) ? recipients.map((recipient) => recipient[name]) : [];
}

async function idsThatAreThere(tx: WorkspaceTransaction, ids: readonly string[]): Promise<Set<string>> {
  const rows = await tx.query<{ id: string }>(`SELECT id FROM recipient WHERE id = ANY($1::uuid[])`, [ids]);
  return new Set(rows.map(({ id }) => id));
}

export interface RecipientFilter {
  first: number;
  order: RecipientOrder;
  /** `activityMicros`: microseconds since 1970, exact and the same whatever the time zone of the session. */
  after?: { activityMicros: string; position: number } | { position: number };
  status?: RecipientStatus;
  /** Why it failed or was skipped. */
  reason?: string;
  search?: string;
}

/** One page in the order asked for, by keyset; one row more than `first` tells whether a page follows. */
export function listRecipients(
  tx: WorkspaceTransaction,
  campaignId: string,
  { first, order, after, status, reason, search }: RecipientFilter,
): Promise<(Recipient & { activityMicros: string })[]> {
  const newestFirst = order === RecipientOrder.NEWEST_ACTIVITY;
  const parameters: unknown[] = [campaignId, first + 1];
  const place = (value: unknown) => `$${parameters.push(value)}`;
  const conditions = ["campaign_id = $1"];
  if (status) conditions.push(`status = ${place(status)}`);
  if (reason) conditions.push(`reason = ${place(reason)}`);
  if (search) conditions.push(searchCondition(search, place));
  if (after && "activityMicros" in after) {
    conditions.push(
      `(activity_at, position) < (timestamptz 'epoch' + ${place(after.activityMicros)}::bigint * interval '1 microsecond', ${place(after.position)}::int)`,
    );
  } else if (after) {
    conditions.push(`position > ${place(after.position)}`);
  }
  return tx.query(
    `SELECT ${COLUMNS}, (extract(epoch FROM activity_at) * 1000000)::bigint::text AS "activityMicros" FROM recipient
     WHERE ${conditions.join(" AND ")}
     ORDER BY ${newestFirst ? "activity_at DESC, position DESC" : "position"}
     LIMIT $2`,
    parameters,
  );
}

/** Recipients by id, in the order of their positions. Ids of other campaigns and workspaces are left out. */
export function recipientsById(tx: WorkspaceTransaction, campaignId: string, ids: string[]): Promise<Recipient[]> {
  return tx.query(
    `SELECT ${COLUMNS} FROM recipient WHERE campaign_id = $1 AND id = ANY($2::uuid[]) ORDER BY position`,
    [campaignId, ids],
  );
}

/** The names of own fields that any recipient of the campaign has, in alphabetical order. One pass over its rows. */
export async function ownFieldsIn(tx: WorkspaceTransaction, campaignId: string): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(
    `SELECT DISTINCT jsonb_object_keys(fields) AS name FROM recipient WHERE campaign_id = $1 AND fields <> '{}' ORDER BY name`,
    [campaignId],
  );
  return rows.map(({ name }) => name);
}

/** Recipients of whichever campaigns of the workspace, in no order; ids of other workspaces are left out. */
export function recipientsOfWorkspace(tx: WorkspaceTransaction, ids: readonly string[]): Promise<Recipient[]> {
  return tx.query(`SELECT ${COLUMNS} FROM recipient WHERE id = ANY($2::uuid[]) AND workspace_id = $1`, [
    tx.workspaceId,
    ids,
  ]);
}

const COLUMNS = `
  id, workspace_id AS "workspaceId", campaign_id AS "campaignId", position, name, email, phone,
  email_given AS "emailGiven", phone_given AS "phoneGiven", fields, status, attempts AS "attemptCount", tries, held_by AS "heldByRule", reason, error_code AS "errorCode", error, due_at AS "dueAt", sent_at AS "sentAt", activity_at AS "activityAt", erased_at AS "erasedAt"`;

// A part of the name or the address, whatever the case. It reads the campaign in the list's order until the page
// is full; docs/decisions/0004-search-by-scan.md says why there is no index behind it.
function searchCondition(search: string, place: (value: unknown) => string): string {
  const text = place(search.toLowerCase());
  return `(position(${text} in address_key) > 0 OR position(${text} in lower(name)) > 0)`;
}

/**
 * How many recipients of the campaign lack each of these, or have it blank; in the order of the names. One pass over
 * the campaign's rows.
 */
export async function countLacking(
  tx: WorkspaceTransaction,
  campaignId: string,
  names: readonly string[],
): Promise<number[]> {
  const parameters: unknown[] = [campaignId, BLANKS];
  const place = (value: unknown) => `$${parameters.push(value)}`;
  const counts = names.map((name) => `count(*) FILTER (WHERE ${lacks(name, place)})::int`);
  const [row] = await tx.query<{ counts: number[] }>(
    `SELECT ARRAY[${counts.join(", ")}] AS counts FROM recipient WHERE campaign_id = $1 AND erased_at IS NULL`,
    parameters,
  );
  return row?.counts ?? [];
}

/** What JavaScript's trim takes away, so that both call the same values blank. */
const BLANKS =
  "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff";

function lacks(name: string, place: (value: unknown) => string): string {
  const isBlank = (value: string) => `coalesce(btrim(${value}, $2), '') = ''`;
  if (["name", "email", "phone"].includes(name)) return isBlank(name);
  const own = isBlank(`fields ->> ${place(name)}`);
  return name === "first_name" ? `${own} AND ${isBlank("name")}` : own;
}

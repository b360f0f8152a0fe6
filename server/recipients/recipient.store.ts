import { newId } from "../platform/id.ts";
import type { WorkspaceTransaction } from "../platform/database.ts";
import type { NewRecipient } from "./add-recipients.ts";
import { Recipient, RecipientOrder, type RecipientStatus } from "./recipient.ts";

/**
 * Adds recipients that the campaign does not have, behind those it has. The caller holds the campaign's row lock:
 * so positions are given in commit order and none can appear behind a run's cursor. That an address is there once is
 * the index's business, whoever writes. Answers the positions by address key of those that were new.
 *
 * The look-up is a subquery for each row and no join on purpose: of a table that grows by thousands of rows a second
 * Postgres has no statistics yet, and would read all of the campaign for each call.
 */
export async function insertRecipients(
  tx: WorkspaceTransaction,
  campaignId: string,
  recipients: readonly NewRecipient[],
  importId: string | null = null,
): Promise<Map<string, number>> {
  const added = await tx.query<{ address_key: string; position: number }>(
    `WITH given AS (
       SELECT * FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::jsonb[])
         WITH ORDINALITY AS g(id, address_key, name, email, phone, email_given, phone_given, fields, place)
     ), fresh AS (
       SELECT given.*, row_number() OVER (ORDER BY place) AS number FROM given
       WHERE (SELECT r.id FROM recipient r WHERE r.campaign_id = $2 AND r.address_key = given.address_key LIMIT 1) IS NULL
     )
     INSERT INTO recipient
       (id, workspace_id, campaign_id, import_id, position, address_key, name, email, phone, email_given, phone_given, fields)
     SELECT id, $1, $2, $11, (SELECT coalesce(max(position), 0) FROM recipient WHERE campaign_id = $2) + number,
            address_key, name, email, phone, email_given, phone_given, fields
     FROM fresh ORDER BY number
     ON CONFLICT (campaign_id, address_key) DO NOTHING
     RETURNING address_key, position`,
    [
      tx.workspaceId,
      campaignId,
      recipients.map(() => newId()),
      recipients.map((r) => r.addressKey),
      recipients.map((r) => r.name),
      recipients.map((r) => r.email),
      recipients.map((r) => r.phone),
      recipients.map((r) => r.emailGiven),
      recipients.map((r) => r.phoneGiven),
      recipients.map((r) => JSON.stringify(r.fields)),
      importId,
    ],
  );
  return new Map(added.map((row) => [row.address_key, row.position]));
}

export interface RecipientFilter {
  first: number;
  order: RecipientOrder;
  /** `activityMicros`: microseconds since 1970, exact and the same whatever the time zone of the session. */
  after?: { activityMicros: string; position: number } | { position: number };
  status?: RecipientStatus;
  search?: string;
}

/** One page in the order asked for, by keyset; one row more than `first` tells whether a page follows. */
export function listRecipients(
  tx: WorkspaceTransaction,
  campaignId: string,
  { first, order, after, status, search }: RecipientFilter,
): Promise<(Recipient & { activityMicros: string })[]> {
  const newestFirst = order === RecipientOrder.NEWEST_ACTIVITY;
  const parameters: unknown[] = [campaignId, first + 1];
  const place = (value: unknown) => `$${parameters.push(value)}`;
  const conditions = ["campaign_id = $1"];
  if (status) conditions.push(`status = ${place(status)}`);
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

const COLUMNS = `
  id, workspace_id AS "workspaceId", campaign_id AS "campaignId", position, name, email, phone,
  email_given AS "emailGiven", phone_given AS "phoneGiven", fields, status, attempts, error_code AS "errorCode", error, due_at AS "dueAt", sent_at AS "sentAt", activity_at AS "activityAt"`;

// A part of the name or the address, whatever the case. It reads the campaign in the list's order until the page
// is full; docs/decisions/0004-search-by-scan.md says why there is no index behind it.
function searchCondition(search: string, place: (value: unknown) => string): string {
  const text = place(search.toLowerCase());
  return `(position(${text} in address_key) > 0 OR position(${text} in lower(name)) > 0)`;
}

import { BYTE_ORDER_MARK, csvLine } from "../platform/csv.ts";
import type { FailureReason } from "../dispatch/failure-reason.ts";
import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { type Recipient, RecipientOrder, type RecipientStatus } from "../recipients/recipient.ts";
import { listRecipients, ownFieldsIn, recipientsOfWorkspace } from "../recipients/recipient.store.ts";
import { campaignsById } from "../campaigns/campaign.store.ts";
import type { Response } from "./response.ts";
import { listResponses, type ResponseFilter, responsesById, visitsById } from "./response.store.ts";

/** What a file is written in: CSV for spreadsheets (UTF-8, guarded against formulas), or one object of JSON a line. */
export enum ExportFormat {
  CSV = "csv",
  JSONL = "jsonl",
}

const ROWS_AT_ONCE = 1_000;
type Value = string | number | boolean | Date | null;
type Row = Record<string, Value>;

export interface RecipientsAsked {
  campaignId: string;
  status?: RecipientStatus;
  /** Only recipients who failed for this reason. */
  reason?: FailureReason;
  /** Only recipients whose name or address contains this. */
  search?: string;
}

/**
 * The recipients of a campaign in the order they were added, a page at a time, each with what they answered. Own fields
 * stand under `fields.NAME`: in CSV each that any of the recipients has is a column.
 */
export async function* recipientsFile(
  database: Database,
  workspaceId: string,
  { campaignId, ...asked }: RecipientsAsked,
  format: ExportFormat,
): AsyncGenerator<string> {
  const read = <T>(work: (tx: WorkspaceTransaction) => Promise<T>) => database.inWorkspace(workspaceId, work);
  const own = format === ExportFormat.CSV ? await read((tx) => ownFieldsIn(tx, campaignId)) : [];
  const write = writer(format, [...RECIPIENT_COLUMNS, ...own.map((name) => `fields.${name}`)]);
  yield write.head;
  let position = 0;
  for (;;) {
    const { shown, more, rows } = await read(async (tx) => {
      const page = await listRecipients(tx, campaignId, {
        ...{ first: ROWS_AT_ONCE, order: RecipientOrder.POSITION, after: { position } },
        ...asked,
      });
      const shown = page.slice(0, ROWS_AT_ONCE);
      const ids = shown.map(({ id }) => id);
      const responses = new Map((await responsesById(tx, ids)).map((response) => [response.id, response]));
      const visits = new Map((await visitsById(tx, ids)).map((visit) => [visit.recipientId, visit]));
      const rows = shown.map((row) => ({
        ...aboutRecipient(row),
        opened_at: visits.get(row.id)?.openedAt ?? null,
        clicked_at: visits.get(row.id)?.clickedAt ?? null,
        ...aboutAnswer(responses.get(row.id)),
        ...Object.fromEntries(Object.entries(row.fields).map(([name, value]) => [`fields.${name}`, value])),
      }));
      return { shown, more: page.length > ROWS_AT_ONCE, rows };
    });
    if (rows.length > 0) yield write.rows(rows);
    if (!more) return;
    position = shown.at(-1)!.position;
  }
}

/** Answers under a filter, newest first, a page at a time, each with who gave it. */
export async function* responsesFile(
  database: Database,
  workspaceId: string,
  filter: ResponseFilter,
  format: ExportFormat,
): AsyncGenerator<string> {
  const write = writer(format, RESPONSE_COLUMNS);
  yield write.head;
  let after: { answeredMicros: string; id: string } | undefined;
  do {
    const { shown, more, rows } = await database.inWorkspace(workspaceId, async (tx) => {
      const page = await listResponses(tx, { ...filter, first: ROWS_AT_ONCE, ...(after && { after }) });
      const shown = page.slice(0, ROWS_AT_ONCE);
      const ids = shown.map(({ id }) => id);
      const recipients = new Map((await recipientsOfWorkspace(tx, ids)).map((row) => [row.id, row]));
      const asked = [...new Set(shown.map(({ campaignId }) => campaignId))];
      const campaigns = new Map((await campaignsById(tx, asked)).map((campaign) => [campaign.id, campaign]));
      const rows = shown.map((response) => ({
        ...{ response_id: response.id, campaign_id: response.campaignId },
        campaign: campaigns.get(response.campaignId)?.name ?? null,
        ...aboutCustomer(recipients.get(response.id)),
        ...aboutAnswer(response),
        ...{ read_at: response.readAt, note: response.note },
      }));
      return { shown, more: page.length > ROWS_AT_ONCE, rows };
    });
    if (rows.length > 0) yield write.rows(rows);
    after = more ? shown.at(-1) : undefined;
  } while (after);
}

const RECIPIENT_COLUMNS = [
  ...(["recipient_id", "name", "email", "phone", "status", "reason", "error_code", "error", "attempts"] as const),
  ...(["sent_at", "opened_at", "clicked_at", "rating", "comment", "answered_at", "response_seconds"] as const),
];
const RESPONSE_COLUMNS = [
  ...(["response_id", "campaign_id", "campaign", "name", "email", "phone"] as const),
  ...(["rating", "comment", "answered_at", "response_seconds", "read_at", "note"] as const),
];

function aboutRecipient(row: Recipient): Row {
  const { id, status, reason, errorCode, error, attemptCount, sentAt } = row;
  return {
    ...{ recipient_id: id, ...aboutCustomer(row), status, reason, error_code: errorCode, error },
    ...{ attempts: attemptCount, sent_at: sentAt },
  };
}

function aboutCustomer(row: Recipient | undefined): Row {
  return { name: row?.name ?? null, email: row?.email ?? null, phone: row?.phone ?? null };
}

function aboutAnswer(response: Response | undefined): Row {
  return {
    ...{ rating: response?.rating ?? null, comment: response?.comment ?? null },
    ...{ answered_at: response?.answeredAt ?? null, response_seconds: response?.responseTimeSeconds ?? null },
  };
}

function writer(format: ExportFormat, columns: readonly string[]): { head: string; rows(rows: Row[]): string } {
  if (format === ExportFormat.JSONL)
    return { head: "", rows: (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join("") };
  const line = (row: Row) => csvLine(columns.map((column) => text(row[column] ?? null)));
  return { head: BYTE_ORDER_MARK + csvLine(columns), rows: (rows) => rows.map(line).join("") };
}

function text(value: Value): string {
  if (value === null) return "";
  return value instanceof Date ? value.toISOString() : String(value);
}

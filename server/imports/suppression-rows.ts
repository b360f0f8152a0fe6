import { normaliseAddress } from "../recipients/address.ts";
import { NOTE_CHARACTERS_MAX } from "../recipients/suppress-addresses.ts";
import type { NewSuppression, SuppressionReason } from "../recipients/suppression.store.ts";
import { storable } from "../platform/text.ts";
import type { Row } from "./rows.ts";

/** Which column of a file of suppressions holds what; null where it has none. */
export interface SuppressionColumns {
  address: number;
  reason: number | null;
  note: number | null;
}

/** What the first column is called where there is a header. */
const NAMES_OF_ADDRESS = /^(address|e-?mail( ?address)?|mail|phone( ?number)?|mobile|recipient)$/i;

const REASONS = new Map<string, SuppressionReason>(
  Object.entries({
    manual: "manual",
    unsubscribed: "unsubscribed",
    unsubscribe: "unsubscribed",
    bounced: "bounced",
    bounce: "bounced",
    complained: "complained",
    complaint: "complained",
    spam: "complained",
    erased: "erased",
  } as const),
);

/** Reads the first row: the columns by its names, or, where it names no address, the first column and no header. */
export function suppressionColumns(first: readonly string[]): { columns: SuppressionColumns; isHeader: boolean } {
  const names = first.map((name) => name.trim().replaceAll("_", " "));
  const address = names.findIndex((name) => NAMES_OF_ADDRESS.test(name));
  if (address < 0) return { columns: { address: 0, reason: null, note: null }, isHeader: false };
  const called = (wanted: string) => {
    const at = names.findIndex((name) => name.toLowerCase() === wanted);
    return at < 0 ? null : at;
  };
  return { columns: { address, reason: called("reason"), note: called("note") }, isHeader: true };
}

/**
 * What a row asks for. A reason that is none of ours counts as said by hand: a word that nobody knows is no cause to
 * write to somebody again.
 */
export function readSuppressionRow(
  { cells, problem }: Row,
  columns: SuppressionColumns,
): NewSuppression | { problem: string; value: string } {
  const cell = (at: number | null) => (at === null ? "" : String(cells[at] ?? "").trim());
  const value = cell(columns.address);
  if (problem) return { problem: problem.words, value };
  if (value === "") return { problem: "There is no address in this row.", value };
  const read = normaliseAddress(value);
  if ("problem" in read) return { problem: `${read.problem}.`, value };
  const note = storable(cell(columns.note)).slice(0, NOTE_CHARACTERS_MAX);
  const reason = REASONS.get(cell(columns.reason).toLowerCase()) ?? "manual";
  return { addressKey: read.key, address: read.address, reason, note: note || null };
}

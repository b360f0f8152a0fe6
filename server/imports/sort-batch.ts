import { setImmediate as othersTurn } from "node:timers/promises";
import { FIELDS_MAX, type NewRecipient } from "../recipients/add-recipients.ts";
import type { SuppressionReason } from "../recipients/suppression.store.ts";
import type { ReadRow } from "./customer.ts";
import type { Tally } from "./import.ts";
import { type Found, found, ImportProblemCode } from "./import-problem.ts";
import type { NewProblem } from "./import-problem.store.ts";
import type { Row } from "./rows.ts";

/** A row that could go in, if nothing in the database is against it. */
export interface Candidate {
  row: Row;
  recipient: NewRecipient;
  hint: Found | null;
}

/** What became of the candidates, as the database said it, by address key. */
export interface Verdicts {
  suppressed: ReadonlyMap<string, SuppressionReason>;
  added: ReadonlySet<string>;
  updated: ReadonlySet<string>;
  /** With what the campaign has of them they would have more own fields than are kept. */
  overfull: ReadonlySet<string>;
  /** The campaign had the address before this import, and keeps what it has. The others that are left are repetitions. */
  inCampaign: ReadonlySet<string>;
}

export interface Sorted {
  candidates: Candidate[];
  /** Rows of this batch whose address an earlier row of it has, with the number of that row. */
  repetitions: (Candidate & { of: number })[];
  invalid: NewProblem[];
}

/** So many rows are read before others have their turn: a few milliseconds. */
const ROWS_AT_ONCE = 250;

/** Parts a batch into the first row of each address, its repetitions, and rows that are not valid. */
export async function sortBatch(rows: readonly Row[], read: (row: Row) => ReadRow): Promise<Sorted> {
  const first = new Map<string, Candidate>();
  const repetitions: Sorted["repetitions"] = [];
  const invalid: NewProblem[] = [];
  for (const [place, row] of rows.entries()) {
    if (place % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) await othersTurn();
    const customer = read(row);
    if ("problem" in customer) {
      invalid.push({ ...customer.problem, row: row.number, rejected: true, cells: row.cells });
      continue;
    }
    const earlier = first.get(customer.recipient.addressKey);
    if (earlier) repetitions.push({ row, ...customer, of: earlier.row.number });
    else first.set(customer.recipient.addressKey, { row, ...customer });
  }
  return { candidates: [...first.values()], repetitions, invalid };
}

/** What became of each row of a batch: the numbers, and a problem for every row about which there is something to say. */
export function judge(
  { candidates, repetitions, invalid }: Sorted,
  { suppressed, added, updated, overfull, inCampaign }: Verdicts,
): { tally: Tally; problems: NewProblem[] } {
  const tally: Tally = {
    ...{ rowsRead: candidates.length + repetitions.length + invalid.length, accepted: 0, updated: 0, duplicates: 0 },
    ...{ invalid: invalid.length, suppressed: 0, warnings: 0, reasons: {} },
  };
  const problems = [...invalid];
  const reject = ({ row, recipient }: Candidate, code: ImportProblemCode, words: string) => {
    const address = recipient.emailGiven ?? recipient.email ?? recipient.phoneGiven ?? recipient.phone;
    problems.push({ ...found(code, words, null, address), row: row.number, rejected: true, cells: row.cells });
  };
  // The same whichever batch a row is in: nobody may write to it, then the campaign has it, then an earlier row has it.
  const leaveOut = (candidate: Candidate, repetition: string) => {
    const { addressKey } = candidate.recipient;
    const reason = suppressed.get(addressKey);
    if (reason) {
      tally.suppressed++;
      const words = `${SUPPRESSED[reason]} An import cannot change that.`;
      if (reason === "erased") problems.push(withoutData(candidate, words));
      else reject(candidate, ImportProblemCode.SUPPRESSED, words);
      return;
    }
    tally.duplicates++;
    if (inCampaign.has(addressKey))
      reject(candidate, ImportProblemCode.DUPLICATE_IN_CAMPAIGN, "The campaign has a recipient with this address.");
    else reject(candidate, ImportProblemCode.DUPLICATE_IN_FILE, repetition);
  };
  for (const candidate of candidates) {
    const { row, recipient, hint } = candidate;
    const isSuppressed = suppressed.has(recipient.addressKey);
    if (!isSuppressed && (added.has(recipient.addressKey) || updated.has(recipient.addressKey))) {
      if (added.has(recipient.addressKey)) tally.accepted++;
      else tally.updated++;
      if (hint) {
        tally.warnings++;
        problems.push({ ...hint, row: row.number, rejected: false, cells: [] });
      }
    } else if (!isSuppressed && overfull.has(recipient.addressKey)) {
      tally.invalid++;
      const words = `With those it has this customer would have more than ${FIELDS_MAX} own fields.`;
      reject(candidate, ImportProblemCode.TOO_LONG, words);
    } else leaveOut(candidate, "An earlier row of the file has this address.");
  }
  for (const repetition of repetitions) leaveOut(repetition, `Row ${repetition.of} has this address already.`);
  for (const { code } of problems) tally.reasons[code] = (tally.reasons[code] ?? 0) + 1;
  return { tally, problems };
}

// Or what was erased would be here again, by the next file.
function withoutData({ row }: Candidate, words: string): NewProblem {
  return { ...found(ImportProblemCode.SUPPRESSED, words, null, null), row: row.number, rejected: true, cells: [] };
}

const SUPPRESSED: Record<SuppressionReason, string> = {
  manual: "Somebody here put this address on the list of those not to be written to.",
  unsubscribed: "This customer unsubscribed.",
  bounced: "Messages to this address came back.",
  complained: "This customer reported a message as unwanted.",
  erased: "This person had their data erased.",
};

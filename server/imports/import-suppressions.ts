import { type Actor, writeDown } from "../accounts/audit.store.ts";
import { AuditAction } from "../accounts/audit-entry.ts";
import type { Database } from "../platform/database.ts";
import { insertSuppressions, type NewSuppression } from "../recipients/suppression.store.ts";
import { EncodingSniffer } from "./encoding.ts";
import { BrokenTableError, guessDelimiter, readRows, type Row } from "./rows.ts";
import { readSuppressionRow, suppressionColumns, type SuppressionColumns } from "./suppression-rows.ts";
import { nextWithin } from "./upload-content.ts";

/** So many of the rows that were refused are named; all of them are counted. */
const INVALID_NAMED_MAX = 100;
/** What is read before the encoding and the delimiter are decided. */
const HEAD_BYTES = 64 * 1024;
const VALUE_CHARACTERS_MAX = 200;

/** What became of a file's rows; a row is one that is not blank and no header. */
export interface SuppressionsTaken {
  added: number;
  /** Suppressed already, or twice in the file. */
  already: number;
  /** The first hundred, by the row that a spreadsheet shows beside them. */
  invalid: { row: number; value: string; reason: string }[];
  invalidTotal: number;
}

export type SuppressionsImported =
  | { kind: "taken"; taken: SuppressionsTaken }
  | { kind: "unreadable"; problem: string; taken: SuppressionsTaken }
  | { kind: "too large" | "stalled"; taken: SuppressionsTaken }
  | { kind: "broken off" };

/**
 * Adds the addresses of a CSV file as it comes in, some thousand rows to a transaction; it lifts nothing and changes
 * nothing that is there, so a file that broke off is simply sent again. What was added before stays, and is told.
 */
export async function importSuppressions(
  database: Database,
  workspaceId: string,
  actor: Actor,
  body: AsyncIterable<Uint8Array>,
  limits: { bytesMax: number; stallMs: number },
): Promise<SuppressionsImported> {
  const taken: SuppressionsTaken = { added: 0, already: 0, invalid: [], invalidTotal: 0 };
  const incoming = new Incoming(body, limits);
  try {
    const head = await incoming.head();
    const sniffer = new EncodingSniffer();
    sniffer.push(head);
    const sniffed = sniffer.end();
    if ("problem" in sniffed) return { kind: "unreadable", problem: sniffed.problem, taken };
    const { encoding } = sniffed;
    const delimiter = guessDelimiter(new TextDecoder(encoding).decode(head));
    let columns: SuppressionColumns | null = null;
    for await (const rows of readRows(incoming.all(), { encoding, delimiter })) {
      if (!columns) {
        const found = suppressionColumns(rows[0]!.cells.map(String));
        columns = found.columns;
        if (found.isHeader) rows.shift();
      }
      const valid = sort(rows, columns, taken);
      await add(valid);
    }
    return { kind: "taken", taken };
  } catch (error) {
    if (error instanceof BrokenTableError) return { kind: "unreadable", problem: error.message, taken };
    if (error instanceof Interrupted) return { kind: error.by, taken };
    throw error;
  }

  async function add(valid: NewSuppression[]): Promise<void> {
    const added = await database.inWorkspace(workspaceId, async (tx) => {
      const { size } = await insertSuppressions(tx, valid, actor.name);
      // Once for a file, with the first of it that changes anything.
      if (size > 0 && taken.added === 0) await writeDown(tx, actor, { action: AuditAction.SUPPRESSIONS_IMPORTED });
      return size;
    });
    taken.added += added;
    taken.already += valid.length - added;
  }
}

function sort(rows: readonly Row[], columns: SuppressionColumns, taken: SuppressionsTaken): NewSuppression[] {
  const valid: NewSuppression[] = [];
  for (const row of rows) {
    const read = readSuppressionRow(row, columns);
    if (!("problem" in read)) {
      valid.push(read);
      continue;
    }
    taken.invalidTotal++;
    const value = read.value.slice(0, VALUE_CHARACTERS_MAX);
    if (taken.invalid.length < INVALID_NAMED_MAX) taken.invalid.push({ row: row.number, value, reason: read.problem });
  }
  return valid;
}

/** Why reading ended before the file did. */
class Interrupted extends Error {
  constructor(readonly by: "too large" | "stalled" | "broken off") {
    super(by);
  }
}

/** A body that is counted and must not stand still, whose beginning can be looked at before it is read. */
class Incoming {
  private readonly pieces: AsyncIterator<Uint8Array>;
  private readonly looked: Uint8Array[] = [];
  private bytes = 0;
  private ended = false;

  constructor(
    body: AsyncIterable<Uint8Array>,
    private readonly limits: { bytesMax: number; stallMs: number },
  ) {
    this.pieces = body[Symbol.asyncIterator]();
  }

  async head(): Promise<Uint8Array> {
    for (let bytes = 0; bytes < HEAD_BYTES;) {
      const piece = await this.next();
      if (!piece) break;
      this.looked.push(piece);
      bytes += piece.length;
    }
    return Buffer.concat(this.looked);
  }

  async *all(): AsyncGenerator<Uint8Array> {
    yield* this.looked;
    for (let piece = await this.next(); piece; piece = await this.next()) yield piece;
  }

  private async next(): Promise<Uint8Array | null> {
    if (this.ended) return null;
    const next = await nextWithin(this.pieces, this.limits.stallMs);
    if (next === "stalled" || next === "broken off") throw new Interrupted(next);
    if (next.done) {
      this.ended = true;
      return null;
    }
    this.bytes += next.value.length;
    if (this.bytes > this.limits.bytesMax) throw new Interrupted("too large");
    return next.value;
  }
}

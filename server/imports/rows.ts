import { setImmediate as othersTurn } from "node:timers/promises";
import { CsvError, type Options, parse, type Parser } from "csv-parse";
import { parse as parseAtOnce } from "csv-parse/sync";
import { unguardFormula } from "../platform/csv.ts";
import type { Encoding } from "./encoding.ts";

/**
 * A file's bytes as rows of cells. The number of a row is the one that a spreadsheet shows beside it: the header is
 * row 1, blank lines are counted and left out. Cells are as they stand in the file: nothing is trimmed, turned into
 * a number or a date, padded or shifted, and a formula is a text (without the apostrophe that exports guard it with).
 */
export interface Row {
  number: number;
  /** Texts; from JSON Lines also numbers and booleans. */
  cells: Cell[];
  /** The row could not be told apart into cells; then `cells` has it as one text. */
  problem?: { words: string };
  /** Names in a line of JSON that no line at the beginning of the file has. */
  unknown?: string[];
  /** Places at which a line of JSON holds a list or an object; the cells there have it as JSON. */
  nested?: number[];
}

export type Cell = string | number | boolean;

export interface TableFormat {
  encoding: Encoding;
  delimiter: Delimiter;
}

export const DELIMITERS = [",", ";", "\t", "|"] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** The longest row, in characters. Also what an unclosed quote may swallow before it is noticed. */
export const ROW_CHARACTERS_MAX = 1_000_000;
/** More columns than a spreadsheet of customers has, and few enough to be mapped. */
export const COLUMNS_MAX = 1_000;

/** Rows are handed on when so many are together, or when they have so many characters: long rows come in smaller batches. */
export const BATCH_ROWS_MAX = 4_000;
export const BATCH_CHARACTERS_MAX = 4_000_000;

/** The file cannot be read on from here: the message says in which row and why. */
export class BrokenTableError extends Error {
  constructor(
    readonly row: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Reads rows, a batch at a time, as fast as they are taken. Throws a BrokenTableError at the first place from
 * which the rest can no longer be told apart: an unclosed quote, a row of over a million characters or over 1,000 columns.
 */
export async function* readRows(bytes: AsyncIterable<Uint8Array>, format: TableFormat): AsyncGenerator<Row[]> {
  const table = new TableReader(format.delimiter);
  // UTF-8 is what the parser works on, and what it makes of broken characters is the same as the decoder's.
  for await (const piece of format.encoding === "utf-8" ? bytes : recoded(bytes, format.encoding)) {
    for (let at = 0; at < piece.length; at += AT_ONCE) {
      await table.write(piece.subarray(at, at + AT_ONCE));
      yield* table.batches.splice(0);
    }
  }
  await table.end();
  yield* table.batches.splice(0);
}

/** So many bytes are parsed before others have their turn: some milliseconds. */
const AT_ONCE = 32 * 1024;

/**
 * The parser with its rows taken from it as they are found: read as a stream it would hand over each of them on its
 * own, which costs more than parsing it.
 */
class TableReader {
  readonly batches: Row[][] = [];
  private rows: Row[] = [];
  private rowsBytes = 0;
  private number = 0;
  private broken: Error | null = null;
  private readonly parser: Parser;
  /** What was written since the row that is being read began, and the bytes of it: from there on, and of that row. */
  private readonly pieces: Uint8Array[] = [];
  private piecesFrom = 0;
  private rowFrom = 0;

  constructor(private readonly delimiter: Delimiter) {
    this.parser = parse(optionsFor(delimiter));
    this.parser.on("data", (cells: string[]) => this.take(cells));
    this.parser.on("error", (error) => (this.broken ??= error));
  }

  async write(piece: Uint8Array): Promise<void> {
    this.pieces.push(piece);
    await new Promise((resolve) => this.parser.write(piece, resolve));
    while (this.pieces.length > 0 && this.piecesFrom + this.pieces[0]!.length <= this.rowFrom)
      this.piecesFrom += this.pieces.shift()!.length;
    await othersTurn();
    this.mustBeWhole();
  }

  async end(): Promise<void> {
    const closed = new Promise((resolve) => this.parser.once("close", resolve));
    this.parser.end();
    await closed;
    this.mustBeWhole();
    if (this.rows.length > 0) this.batches.push(this.rows);
  }

  /** Called while the parser stands at the end of these cells. */
  private take(cells: string[]): void {
    this.number++;
    const rowTo = this.parser.info.bytes;
    if (cells.length > COLUMNS_MAX)
      this.broken ??= new BrokenTableError(this.number, tooWide(`Row ${this.number}`, cells.length));
    else if (!isBlank(cells)) {
      if (cells.some((cell) => mayHaveSwallowed(cell, this.delimiter)) && hasSwallowed(this.raw(rowTo), this.delimiter))
        this.broken ??= new BrokenTableError(
          this.number,
          `Row ${this.number} has a quoted text that does not end where its cell ends: a quote is missing, or one is too many.`,
        );
      this.rows.push({ number: this.number, cells: bare(cells) });
      this.rowsBytes += rowTo - this.rowFrom;
      if (this.rows.length >= BATCH_ROWS_MAX || this.rowsBytes >= BATCH_CHARACTERS_MAX) {
        this.batches.push(this.rows);
        this.rows = [];
        this.rowsBytes = 0;
      }
    }
    this.rowFrom = rowTo;
  }

  private raw(rowTo: number): string {
    const [from, to] = [this.rowFrom - this.piecesFrom, rowTo - this.piecesFrom];
    return Buffer.concat(this.pieces).subarray(from, to).toString();
  }

  private mustBeWhole(): void {
    if (this.broken instanceof CsvError) throw asBroken(this.broken);
    if (this.broken) throw this.broken;
  }
}

// The parser takes a cell whose closing quote stands wrong for plain text, with that quote at its beginning; so does a
// cell begin that really has quotes. Which of both it is, only the file tells.
function mayHaveSwallowed(cell: string, delimiter: Delimiter): boolean {
  return cell.charCodeAt(0) === QUOTE && (cell.includes(delimiter) || cell.includes("\n") || cell.includes("\r"));
}

const QUOTE = 0x22;

/** True where a quoted text in a row, as it stands in the file, has delimiters or line breaks and is not all of its cell. */
function hasSwallowed(row: string, delimiter: Delimiter): boolean {
  for (let at = 0; ;) {
    if (row.charCodeAt(at) === QUOTE) {
      let end = row.indexOf('"', at + 1);
      while (end >= 0 && row.charCodeAt(end + 1) === QUOTE) end = row.indexOf('"', end + 2);
      const isClosed = end >= 0 && [delimiter, "\n", "\r", undefined].includes(row[end + 1]);
      const quoted = row.slice(at + 1, end < 0 ? undefined : end);
      if (!isClosed && [delimiter, "\n", "\r"].some((mark) => quoted.includes(mark))) return true;
      if (end < 0) return false;
      at = end + 1;
    }
    const next = row.indexOf(delimiter, at);
    if (next < 0) return false;
    at = next + 1;
  }
}

function bare(cells: string[]): string[] {
  return cells.some((cell) => cell.startsWith("'")) ? cells.map(unguardFormula) : cells;
}

/**
 * The delimiter by which the beginning of a table falls into rows of the same length, of more than one cell; of two
 * such the one with more cells. A comma when there is no telling.
 */
export function guessDelimiter(head: string): Delimiter {
  const scored = DELIMITERS.map((delimiter) => ({ delimiter, ...regularity(head, delimiter) }));
  const [best] = scored.sort((a, b) => b.regular - a.regular || b.columns - a.columns);
  return best && best.columns > 1 ? best.delimiter : ",";
}

function regularity(head: string, delimiter: Delimiter): { regular: number; columns: number } {
  const rows = headRows(head, delimiter);
  // The head may end in the middle of its last row.
  const lengths = (rows.length > 1 ? rows.slice(0, -1) : rows).map((cells) => cells.length);
  const columns = mostFrequent(lengths);
  if (columns <= 1) return { regular: 0, columns: 1 };
  return { regular: lengths.filter((length) => length === columns).length / lengths.length, columns };
}

/** The rows of a table's beginning, blank ones left out; as many as can be told apart before something is broken. */
export function headRows(head: string, delimiter: Delimiter): string[][] {
  const rows: string[][] = [];
  const onRecord = (record: string[]) => void rows.push(record);
  try {
    parseAtOnce(head, { ...optionsFor(delimiter), on_record: onRecord });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
  }
  return rows.filter((cells) => !isBlank(cells)).map(bare);
}

/** Why a row of so many cells is not read. */
export function tooWide(row: string, columns: number): string {
  return `${row} has ${columns.toLocaleString("en")} columns; at most ${COLUMNS_MAX.toLocaleString("en")} are read.`;
}

function mostFrequent(numbers: number[]): number {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  return [...counts].sort(([a, timesA], [b, timesB]) => timesB - timesA || b - a)[0]?.[0] ?? 0;
}

function optionsFor(delimiter: Delimiter): Options {
  return {
    delimiter,
    bom: true,
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    // A quote inside of an unquoted cell is a character: 5" pipe. What else this lets pass, hasSwallowed finds.
    relax_quotes: true,
    max_record_size: ROW_CHARACTERS_MAX,
  };
}

/** Bytes as text, in pieces; a byte order mark is left out. */
export async function* decoded(bytes: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  for await (const piece of bytes) {
    const text = decoder.decode(piece, { stream: true });
    if (text) yield text;
  }
  const rest = decoder.decode();
  if (rest) yield rest;
}

/** Bytes of any encoding as bytes of UTF-8, which may be cut anywhere; of text a cut could go through a character. */
async function* recoded(bytes: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncGenerator<Uint8Array> {
  for await (const text of decoded(bytes, encoding)) yield Buffer.from(text);
}

function isBlank(cells: string[]): boolean {
  return cells.every((cell) => cell.trim() === "");
}

function asBroken({ code, ["records"]: rowsBefore }: CsvError): BrokenTableError {
  const row = Number(rowsBefore) + 1;
  const words: Record<string, string> = {
    CSV_QUOTE_NOT_CLOSED: `Row ${row} opens a quoted text that is never closed.`,
    CSV_MAX_RECORD_SIZE: `Row ${row} has more than ${ROW_CHARACTERS_MAX.toLocaleString("en")} characters; a quote in it may not be closed.`,
  };
  return new BrokenTableError(row, words[code] ?? `Row ${row} cannot be told apart from the next.`);
}

import { isStorable } from "../platform/text.ts";
import { COLUMN_CHARACTERS_MAX } from "./columns.ts";
import {
  BATCH_CHARACTERS_MAX,
  BATCH_ROWS_MAX,
  BrokenTableError,
  type Cell,
  COLUMNS_MAX,
  decoded,
  type Row,
  ROW_CHARACTERS_MAX,
} from "./rows.ts";
import type { Encoding } from "./encoding.ts";

/**
 * JSON Lines: an object a line, its texts, numbers and booleans under the names of columns. Cells come in the order of
 * `names`; what a line does not have is an empty cell. A line that is no object comes as a row with its problem.
 * Throws a BrokenTableError at a line of over a million characters.
 */
export async function* readJsonLines(
  bytes: AsyncIterable<Uint8Array>,
  { encoding, names }: { encoding: Encoding; names: readonly string[] },
): AsyncGenerator<Row[]> {
  const known = new Map(names.map((name, index) => [name, index]));
  let rows: Row[] = [];
  let characters = 0;
  for await (const { number, text } of linesOf(bytes, encoding)) {
    if (text.trim() === "") continue;
    rows.push(rowOf(number, text, known));
    characters += text.length;
    if (rows.length < BATCH_ROWS_MAX && characters < BATCH_CHARACTERS_MAX) continue;
    yield rows;
    rows = [];
    characters = 0;
  }
  if (rows.length > 0) yield rows;
}

/** The names of the columns in the first lines of a file, in the order in which they appear. */
export function namesIn(head: string): string[] {
  const names = new Set<string>();
  for (const line of head.split(LINE_END)) {
    const object = objectIn(line);
    for (const name of Object.keys(object ?? {}).map(columnName))
      if (names.size < COLUMNS_MAX && isColumnName(name)) names.add(name);
  }
  return [...names];
}

/** As a table's header is read, so that both are shown and found alike. */
function columnName(name: string): string {
  return name.trim();
}

function isColumnName(name: string): boolean {
  return name !== "" && name.length <= COLUMN_CHARACTERS_MAX && isStorable(name);
}

export function looksLikeJsonLines(head: string): boolean {
  const first = head.split(LINE_END).find((line) => line.trim() !== "");
  return first !== undefined && objectIn(first) !== null;
}

function rowOf(number: number, text: string, known: ReadonlyMap<string, number>): Row {
  const object = objectIn(text);
  if (!object) return { number, cells: [text], problem: { words: "The line is no JSON object." } };
  const cells: Cell[] = Array.from({ length: known.size }, () => "");
  const unknown: string[] = [];
  const nested: number[] = [];
  for (const [key, value] of Object.entries(object)) {
    const name = columnName(key);
    const index = known.get(name);
    if (value === null) continue;
    if (index === undefined) unknown.push(name);
    else if (typeof value === "object") {
      nested.push(index);
      cells[index] = JSON.stringify(value);
    } else cells[index] = value as Cell;
  }
  return { number, cells, ...(unknown.length > 0 && { unknown }), ...(nested.length > 0 && { nested }) };
}

function objectIn(line: string): Record<string, unknown> | null {
  if (!line.trimStart().startsWith("{")) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}

// JSON has no line break within a line: in its texts they are escaped.
const LINE_END = /\r\n|\n|\r/;

async function* linesOf(
  bytes: AsyncIterable<Uint8Array>,
  encoding: Encoding,
): AsyncGenerator<{ number: number; text: string }> {
  let rest = "";
  let number = 0;
  for await (const piece of decoded(bytes, encoding)) {
    const text = rest + piece;
    // Whether a carriage return at the end is all of a line break, the next piece tells.
    const isCut = text.endsWith("\r");
    const lines = (isCut ? text.slice(0, -1) : text).split(text.includes("\r") ? LINE_END : "\n");
    rest = (lines.pop() ?? "") + (isCut ? "\r" : "");
    for (const text of lines) yield { number: ++number, text };
    if (rest.length > ROW_CHARACTERS_MAX) throw tooLong(number + 1);
  }
  if (rest.trim() !== "") yield { number: number + 1, text: rest };
}

function tooLong(row: number): BrokenTableError {
  return new BrokenTableError(row, `Row ${row} has more than ${ROW_CHARACTERS_MAX.toLocaleString("en")} characters.`);
}

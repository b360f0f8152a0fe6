import { COLUMNS_MAX, BrokenTableError, type Cell, decoded, type Row, ROW_CHARACTERS_MAX } from "./rows.ts";
import type { Encoding } from "./encoding.ts";

const ROWS_AT_ONCE = 4_000;

/**
 * JSON Lines: an object a line, its texts, numbers and booleans under the names of columns. Cells come in the order of
 * `names`; what a line does not have is an empty cell. A line that is none of this comes as a row with its problem.
 * Throws a BrokenTableError at a line of over a million characters.
 */
export async function* readJsonLines(
  bytes: AsyncIterable<Uint8Array>,
  { encoding, names }: { encoding: Encoding; names: readonly string[] },
): AsyncGenerator<Row[]> {
  const known = new Map(names.map((name, index) => [name, index]));
  let rows: Row[] = [];
  for await (const { number, text } of linesOf(bytes, encoding)) {
    if (text.trim() === "") continue;
    rows.push(rowOf(number, text, known));
    if (rows.length < ROWS_AT_ONCE) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

/** The names of the columns in the first lines of a file, in the order in which they appear. */
export function namesIn(head: string): string[] {
  const names = new Set<string>();
  for (const line of head.split(/\r\n|\n|\r/)) {
    const object = objectIn(line);
    for (const name of Object.keys(object ?? {})) if (names.size < COLUMNS_MAX) names.add(name);
  }
  return [...names];
}

export function looksLikeJsonLines(head: string): boolean {
  const first = head.split(/\r\n|\n|\r/).find((line) => line.trim() !== "");
  return first !== undefined && objectIn(first) !== null;
}

function rowOf(number: number, text: string, known: ReadonlyMap<string, number>): Row {
  const object = objectIn(text);
  if (!object) return { number, cells: [text], problem: { words: "The line is no JSON object." } };
  const cells: Cell[] = Array.from({ length: known.size }, () => "");
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(object)) {
    const index = known.get(name);
    if (value === null) continue;
    if (index === undefined) unknown.push(name);
    else if (typeof value === "object")
      return {
        ...{ number, cells: [text] },
        problem: {
          column: name,
          words: `“${name}” holds a list or an object; a text, a number or a boolean is needed.`,
        },
      };
    else cells[index] = value as Cell;
  }
  return { number, cells, ...(unknown.length > 0 && { unknown }) };
}

function objectIn(line: string): Record<string, unknown> | null {
  if (!line.trimStart().startsWith("{")) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}

async function* linesOf(
  bytes: AsyncIterable<Uint8Array>,
  encoding: Encoding,
): AsyncGenerator<{ number: number; text: string }> {
  let rest = "";
  let number = 0;
  for await (const piece of decoded(bytes, encoding)) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) yield { number: ++number, text };
    if (rest.length > ROW_CHARACTERS_MAX) throw tooLong(number + 1);
  }
  if (rest !== "") yield { number: number + 1, text: rest };
}

function tooLong(row: number): BrokenTableError {
  return new BrokenTableError(row, `Row ${row} has more than ${ROW_CHARACTERS_MAX.toLocaleString("en")} characters.`);
}

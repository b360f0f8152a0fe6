import { Field, Int, ObjectType, registerEnumType } from "type-graphql";
import { type Column, ColumnMeaning, columnsOf, guessHeader } from "./columns.ts";
import type { Encoding } from "./encoding.ts";
import {
  type Chosen,
  DELIMITER_NAMES,
  ENCODING_NAMES,
  FILE_KINDS,
  type FileFormat,
  type FileKind,
} from "./file-format.ts";
import { looksLikeJsonLines, namesIn, readJsonLines } from "./json-lines.ts";
import {
  BrokenTableError,
  type Cell,
  COLUMNS_MAX,
  type Delimiter,
  guessDelimiter,
  headRows,
  readRows,
  tooWide,
} from "./rows.ts";

registerEnumType(ColumnMeaning, {
  name: "ColumnMeaning",
  description: "What a column of a file is to us.",
  valuesConfig: {
    NAME: { description: "The customer's name. Two such columns (first, last) are joined with a blank." },
    EMAIL: { description: "The e-mail address." },
    PHONE: { description: "The phone number." },
    FIELD: { description: "One of your own fields." },
  },
});
@ObjectType("ImportColumn", { description: "A column of an uploaded file." })
class ColumnType implements Column {
  @Field(() => Int, { description: "Its place in the row, from 0." })
  index!: number;

  @Field(() => String, { description: "The header's words; “Column 3” without any, “Note (2)” for the second “Note”." })
  name!: string;

  @Field(() => [String], { description: "The first few different values in it." })
  samples!: string[];

  @Field(() => ColumnMeaning, { description: "What it probably is." })
  guess!: ColumnMeaning;
}

@ObjectType({ description: "What was found in an uploaded file. All of it can be asked for again with other choices." })
export class ImportPreview {
  @Field(() => FILE_KINDS, { description: "What the file is." })
  kind!: FileKind;

  @Field(() => ENCODING_NAMES, { description: "How its bytes were read." })
  encoding!: Encoding;

  @Field(() => DELIMITER_NAMES, { description: "What stands between its cells; of no meaning in JSON Lines." })
  delimiter!: Delimiter;

  @Field(() => Boolean, { description: "Whether the first row names the columns." })
  hasHeader!: boolean;

  @Field(() => [ColumnType], { description: "Its columns, with samples and guesses." })
  columns!: Column[];

  @Field(() => [[String]], { description: "The first rows below the header, at most five." })
  rows!: string[][];

  @Field(() => String, {
    nullable: true,
    description: "Why the file cannot be imported like this, in words for a person; null when nothing is in the way.",
  })
  problem!: string | null;
}

const ROWS_LOOKED_AT = 100;
/** Of a table so much is looked at, since all of it is in one go: some milliseconds. */
const CHARACTERS_LOOKED_AT = 64 * 1024;
const ROWS_SHOWN = 5;

/** Looks at the first bytes of a file. `isWhole`: there are no others. */
export async function previewOf(
  head: Uint8Array,
  isWhole: boolean,
  sniffed: Encoding,
  chosen: Chosen,
): Promise<ImportPreview> {
  const encoding = chosen.encoding ?? sniffed;
  const text = new TextDecoder(encoding).decode(head, { stream: !isWhole });
  const kind = chosen.kind ?? (looksLikeJsonLines(text) ? FILE_KINDS.JSON_LINES : FILE_KINDS.CSV);
  const delimiter = chosen.delimiter ?? guessDelimiter(text.slice(0, CHARACTERS_LOOKED_AT));
  const looked =
    kind === "csv" ? lookAtTable(text, isWhole, delimiter, chosen) : await lookAtLines(head, text, encoding);
  const { hasHeader, columns, rows } = looked;
  return {
    ...{ kind, encoding, delimiter, hasHeader, columns },
    rows: rows.slice(0, ROWS_SHOWN).map((cells) => cells.map(String)),
    problem: await problemOf(looked, isWhole, kind === "csv" ? { head, encoding, delimiter } : null),
  };
}

/** The format that a preview found or was told. */
export function formatOf({ columns, ...preview }: ImportPreview): FileFormat {
  const { kind, encoding, delimiter, hasHeader } = preview;
  return { kind, encoding, delimiter, hasHeader, names: columns.map(({ name }) => name) };
}

interface Looked {
  hasHeader: boolean;
  columns: Column[];
  rows: Cell[][];
  problem: string | null;
}

function lookAtTable(text: string, isWhole: boolean, delimiter: Delimiter, chosen: Chosen): Looked {
  const read = headRows(text.slice(0, CHARACTERS_LOOKED_AT), delimiter);
  const isCut = !isWhole || text.length > CHARACTERS_LOOKED_AT;
  // Then it may end in the middle of its last row.
  const looked = (isCut && read.length > 1 ? read.slice(0, -1) : read).slice(0, ROWS_LOOKED_AT);
  const columnsMost = Math.max(0, ...looked.map(({ length }) => length));
  const rows = looked.map((cells) => cells.slice(0, COLUMNS_MAX));
  const hasHeader = chosen.hasHeader ?? guessHeader(rows);
  return {
    ...{ hasHeader, columns: columnsOf(rows, hasHeader), rows: hasHeader ? rows.slice(1) : rows },
    problem: columnsMost > COLUMNS_MAX ? tooWide("A row of this file", columnsMost) : null,
  };
}

async function lookAtLines(head: Uint8Array, text: string, encoding: Encoding): Promise<Looked> {
  const names = namesIn(text);
  const rows: Cell[][] = [];
  for await (const read of readJsonLines(justOne(head), { encoding, names })) {
    rows.push(...read.filter((row) => !row.problem).map((row) => row.cells));
    if (rows.length >= ROWS_LOOKED_AT) break;
  }
  const table = [names, ...rows.map((cells) => cells.map(String))];
  return { hasHeader: true, columns: columnsOf(table, true), rows, problem: null };
}

async function problemOf(
  { rows, problem }: Looked,
  isWhole: boolean,
  table: { head: Uint8Array; encoding: Encoding; delimiter: Delimiter } | null,
): Promise<string | null> {
  try {
    // All of a small file is looked at here; a large one is when its import begins.
    if (isWhole && table) for await (const read of readRows(justOne(table.head), table)) void read;
  } catch (error) {
    if (error instanceof BrokenTableError) return error.message;
    throw error;
  }
  if (problem !== null) return problem;
  return isWhole && rows.length === 0 ? "There are no rows in this file." : null;
}

async function* justOne(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield bytes;
}

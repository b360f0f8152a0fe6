import type { Found, FoundColumn, Meaning, StartInput } from "./documents.ts";

/** What somebody chose a column to be. */
export interface ColumnChoice {
  meaning: Meaning | "LEAVE_OUT";
  /** Of an own field: the name it is kept under. */
  field: string;
}

/** As the server guesses; a column of a file of rejected rows, uploaded again, is left out. */
export function guessed(columns: readonly FoundColumn[]): ColumnChoice[] {
  const last = columns.length - 1;
  const isRejected = columns[last]?.name === "reason" && columns[last - 1]?.name === "code";
  return columns.map(({ name, guess }, place) => ({
    meaning: isRejected && place >= last - 1 ? "LEAVE_OUT" : guess,
    field: name.slice(0, 80),
  }));
}

export function toColumns(
  columns: readonly FoundColumn[],
  choices: readonly ColumnChoice[],
): NonNullable<StartInput["columns"]> {
  return columns.flatMap(({ index }, place) => {
    const choice = choices[place];
    if (!choice || choice.meaning === "LEAVE_OUT") return [];
    const { meaning, field } = choice;
    return [{ column: index, meaning, ...(meaning === "FIELD" && { field }) }];
  });
}

/** Leaves out every column that is neither a name nor an address. */
export function withoutFields(choices: readonly ColumnChoice[]): ColumnChoice[] {
  return choices.map((choice) => (choice.meaning === "FIELD" ? { ...choice, meaning: "LEAVE_OUT" } : choice));
}

/** The file's page, reading it as the import did. */
export function addressOfFile({ uploadId, kind, encoding, delimiter, hasHeader }: StartInput): string {
  const header = typeof hasHeader === "boolean" ? (hasHeader ? "yes" : "no") : null;
  const chosen = Object.entries({ kind, encoding, delimiter, header }).filter(([, value]) => value);
  return `?${new URLSearchParams([["upload", uploadId], ...(chosen as [string, string][])])}`;
}

/** The place in the table of columns that a refusal is about: the API counts only those that were mapped. */
export function problemsByColumn(
  columns: readonly FoundColumn[],
  choices: readonly ColumnChoice[],
  userErrors: readonly { field: string | null; message: string }[],
): { ofColumn: Map<number, string>; others: string[] } {
  const mapped = columns.map((_column, place) => place).filter((place) => choices[place]?.meaning !== "LEAVE_OUT");
  const ofColumn = new Map<number, string>();
  const others: string[] = [];
  for (const { field, message } of userErrors) {
    const place = mapped[Number(/^columns\[(\d+)\]/.exec(field ?? "")?.[1] ?? NaN)];
    if (place === undefined) others.push(message);
    else ofColumn.set(place, message);
  }
  return { ofColumn, others };
}

/** The choices about the file itself, as they stand in the page's address. */
export function readChosen(params: URLSearchParams): {
  kind: Found["kind"] | null;
  encoding: Found["encoding"] | null;
  delimiter: Found["delimiter"] | null;
  hasHeader: boolean | null;
} {
  const header = params.get("header");
  return {
    kind: oneOf(KINDS, params.get("kind")),
    encoding: oneOf(ENCODINGS, params.get("encoding")),
    delimiter: oneOf(DELIMITERS, params.get("delimiter")),
    hasHeader: header === "yes" ? true : header === "no" ? false : null,
  };
}

export const KINDS: Record<Found["kind"], string> = { CSV: "Table (CSV)", JSON_LINES: "JSON Lines" };
export const ENCODINGS: Record<Found["encoding"], string> = {
  UTF_8: "UTF-8",
  UTF_16LE: "UTF-16 (Excel's “Unicode text”)",
  UTF_16BE: "UTF-16, big-endian",
  WINDOWS_1252: "Windows-1252 (Western European)",
};
export const DELIMITERS: Record<Found["delimiter"], string> = {
  COMMA: "Comma",
  SEMICOLON: "Semicolon",
  TAB: "Tab",
  PIPE: "Pipe |",
};
export const MEANINGS: Record<ColumnChoice["meaning"], string> = {
  NAME: "Name",
  EMAIL: "E-mail address",
  PHONE: "Phone number",
  FIELD: "Own field",
  LEAVE_OUT: "Leave out",
};

function oneOf<Name extends string>(names: Record<Name, string>, text: string | null): Name | null {
  return text !== null && Object.hasOwn(names, text) ? (text as Name) : null;
}

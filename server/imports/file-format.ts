import { registerEnumType } from "type-graphql";
import type { Encoding } from "./encoding.ts";
import type { Delimiter } from "./rows.ts";

/** How the bytes of a file become rows of cells. */
export interface FileFormat {
  kind: FileKind;
  encoding: Encoding;
  delimiter: Delimiter;
  hasHeader: boolean;
  /** Of the columns, in their order: distinct, as people see them. */
  names: string[];
}

/** What the caller chose instead of our guess. */
export interface Chosen {
  kind?: FileKind | undefined;
  encoding?: Encoding | undefined;
  delimiter?: Delimiter | undefined;
  hasHeader?: boolean | undefined;
}

/** The choices of an input, in which null is as good as nothing. */
export function chosenIn({ kind, encoding, delimiter, hasHeader }: Nullable<Chosen>): Chosen {
  return {
    kind: kind ?? undefined,
    encoding: encoding ?? undefined,
    delimiter: delimiter ?? undefined,
    hasHeader: hasHeader ?? undefined,
  };
}

type Nullable<T> = { [K in keyof T]?: T[K] | null };

/** By the names that the API has for them. */
export const FILE_KINDS = { CSV: "csv", JSON_LINES: "json_lines" } as const;
export type FileKind = (typeof FILE_KINDS)[keyof typeof FILE_KINDS];

export const ENCODING_NAMES: Record<string, Encoding> = {
  UTF_8: "utf-8",
  UTF_16LE: "utf-16le",
  UTF_16BE: "utf-16be",
  WINDOWS_1252: "windows-1252",
};
export const DELIMITER_NAMES: Record<string, Delimiter> = { COMMA: ",", SEMICOLON: ";", TAB: "\t", PIPE: "|" };

registerEnumType(FILE_KINDS, {
  name: "FileKind",
  description: "What a file of customers is.",
  valuesConfig: {
    CSV: { description: "A table as text, one row a line: CSV, or the same with semicolons, tabs or pipes." },
    JSON_LINES: { description: "One JSON object a line." },
  },
});
registerEnumType(ENCODING_NAMES, {
  name: "FileEncoding",
  description: "How a file's bytes become text.",
  valuesConfig: {
    UTF_8: { description: "UTF-8, with or without a byte order mark." },
    UTF_16LE: { description: "UTF-16, little-endian: Excel's “Unicode text”." },
    UTF_16BE: { description: "UTF-16, big-endian." },
    WINDOWS_1252: { description: "Windows-1252: Western European, of older programs." },
  },
});
registerEnumType(DELIMITER_NAMES, {
  name: "FileDelimiter",
  description: "What stands between two cells of a row.",
  valuesConfig: {
    COMMA: { description: "A comma." },
    SEMICOLON: { description: "A semicolon, as Excel writes where the comma is in numbers." },
    TAB: { description: "A tab." },
    PIPE: { description: "A vertical bar." },
  },
});

import type { CountryCode } from "libphonenumber-js/min";
import { registerEnumType } from "type-graphql";
import type { ColumnMeaning } from "./columns.ts";
import type { FileFormat } from "./preview.ts";

/** What to do with a row whose address the campaign has already. */
export enum OnDuplicate {
  SKIP = "skip",
  UPDATE = "update",
}

registerEnumType(OnDuplicate, {
  name: "OnDuplicate",
  description: "What to do with a row whose address the campaign has already.",
  valuesConfig: {
    SKIP: { description: "Leave the recipient as it is." },
    UPDATE: { description: "Take over what the row says; what it leaves blank stays." },
  },
});

/** What a column becomes. Columns that are not listed are left out. */
export interface MappedColumn {
  index: number;
  meaning: ColumnMeaning;
  /** Of a FIELD: the name it is kept under. */
  field?: string;
}

/** All that an import was told: how to read the file, what its columns mean, what to do with duplicates. */
export interface ImportPlan {
  format: FileFormat;
  columns: MappedColumn[];
  onDuplicate: OnDuplicate;
  /** Of phone numbers that do not begin with a plus. */
  country: CountryCode | null;
}

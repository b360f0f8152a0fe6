import { Field, ID, Int, ObjectType, registerEnumType } from "type-graphql";
import { storable } from "../platform/text.ts";

/** What can be wrong with a row, in a closed set of words. */
export enum ImportProblemCode {
  ROW_UNREADABLE = "ROW_UNREADABLE",
  COLUMN_COUNT = "COLUMN_COUNT",
  BROKEN_CHARACTERS = "BROKEN_CHARACTERS",
  EMAIL_MISSING = "EMAIL_MISSING",
  EMAIL_INVALID = "EMAIL_INVALID",
  PHONE_MISSING = "PHONE_MISSING",
  PHONE_INVALID = "PHONE_INVALID",
  TOO_LONG = "TOO_LONG",
  DUPLICATE_IN_FILE = "DUPLICATE_IN_FILE",
  DUPLICATE_IN_CAMPAIGN = "DUPLICATE_IN_CAMPAIGN",
  SUPPRESSED = "SUPPRESSED",
  EMAIL_PROBABLY_MISTYPED = "EMAIL_PROBABLY_MISTYPED",
  COLUMN_UNKNOWN = "COLUMN_UNKNOWN",
}

registerEnumType(ImportProblemCode, {
  name: "ImportProblemCode",
  description: "What is wrong with a row. Stable: decide on it, show the message.",
  valuesConfig: {
    ROW_UNREADABLE: { description: "The row is not what the file is made of, such as a line that is no JSON object." },
    COLUMN_COUNT: { description: "The row has fewer or more cells than the file has columns." },
    BROKEN_CHARACTERS: { description: "A cell has bytes that are no characters in the file's encoding, or NUL." },
    EMAIL_MISSING: { description: "There is no e-mail address, and the campaign needs one." },
    EMAIL_INVALID: { description: "The e-mail address is none." },
    PHONE_MISSING: { description: "There is no phone number, and the campaign needs one." },
    PHONE_INVALID: { description: "The phone number is none, or lacks its country." },
    TOO_LONG: { description: "There is more than we keep: 200 characters of a name, 2000 of a field, 200 fields." },
    DUPLICATE_IN_FILE: { description: "An earlier row of the file has the same address." },
    DUPLICATE_IN_CAMPAIGN: { description: "The campaign has a recipient with this address already." },
    SUPPRESSED: { description: "The address must not be written to again." },
    EMAIL_PROBABLY_MISTYPED: {
      description: "The domain is one letter from a well-known one. A hint: the row went in.",
    },
    COLUMN_UNKNOWN: {
      description: "The line has a name that the first lines lack. A hint: the row went in without it.",
    },
  },
});

/** A problem as it is found: the row is known to whoever asks. */
export interface Found {
  code: ImportProblemCode;
  column: string | null;
  value: string | null;
  message: string;
}

const VALUE_CHARACTERS_MAX = 200;

/** What Postgres would not keep is shown as what cannot be read. */
export function found(
  code: ImportProblemCode,
  message: string,
  column: string | null,
  value: string | number | boolean | null | undefined,
): Found {
  const shown = value === null || value === undefined ? null : shown200(String(value));
  return { code, column: column && shown200(column), value: shown, message: storable(message) };
}

function shown200(text: string): string {
  return storable(text.length > VALUE_CHARACTERS_MAX ? `${text.slice(0, VALUE_CHARACTERS_MAX - 1)}…` : text);
}

@ObjectType({ description: "What was wrong with one row of an import." })
export class ImportProblem {
  @Field(() => ID, { description: "Stable id: the row's number in this import." })
  id!: string;

  @Field(() => Int, { description: "The row, as a spreadsheet numbers it: the header is row 1." })
  row!: number;

  @Field(() => ImportProblemCode, { description: "What is wrong." })
  code!: ImportProblemCode;

  @Field(() => Boolean, { description: "True when the row did not go in; false for a hint about one that did." })
  rejected!: boolean;

  @Field(() => String, { nullable: true, description: "The column it is in; null when it is the row as a whole." })
  column!: string | null;

  @Field(() => String, { nullable: true, description: "What stands there, at most 200 characters." })
  value!: string | null;

  @Field(() => String, { description: "What is wrong and what to do, in words for a person." })
  message!: string;
}

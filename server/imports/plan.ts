import type { CountryCode } from "libphonenumber-js/min";
import { Field, InputType, Int, registerEnumType } from "type-graphql";
import { Channel } from "../campaigns/campaign.ts";
import { isStorable } from "../platform/text.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import { FIELD_NAME_CHARACTERS_MAX, FIELDS_MAX } from "../recipients/add-recipients.ts";
import { isCountry } from "../recipients/address.ts";
import { type Column, ColumnMeaning } from "./columns.ts";
import type { FileFormat } from "./file-format.ts";

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

@InputType({ description: "What a column of the file becomes. Columns that are not listed are left out." })
export class ColumnMappingInput {
  @Field(() => Int, { description: "The column's place in the row, from 0, as `importPreview` gives it." })
  column!: number;

  @Field(() => ColumnMeaning, { description: "What it is." })
  meaning!: ColumnMeaning;

  @Field(() => String, {
    nullable: true,
    description: "Of a FIELD: the name it is kept under, 1 to 80 characters. Default: the column's name.",
  })
  field?: string | null;
}

/** What the caller of an import may say about its plan. */
interface AskedPlan {
  columns?: ColumnMappingInput[] | null;
  onDuplicate: OnDuplicate;
  defaultCountry?: string | null;
}

/** The parts of the plan that the caller decides, checked against the columns that are there. */
export function planOf(
  { columns: asked, onDuplicate, defaultCountry }: AskedPlan,
  columns: readonly Column[],
  channel: Channel,
): { plan: Omit<ImportPlan, "format"> } | { userErrors: UserError[] } {
  const userErrors: UserError[] = [];
  const invalid = (field: string, words: string) => userErrors.push(userError(UserErrorCode.INVALID, field, words));
  const mapped: MappedColumn[] = [];
  const taken = new Set<string>();
  const wanted = asked ?? columns.map(({ index, guess }): ColumnMappingInput => ({ column: index, meaning: guess }));
  for (const [place, { column: index, meaning, field }] of wanted.entries()) {
    const at = `columns[${place}]`;
    const column = columns[index];
    if (!column) invalid(`${at}.column`, `The file has no column ${index}; it has ${columns.length}, from 0.`);
    else if (taken.has(`column ${index}`)) invalid(`${at}.column`, `“${column.name}” is mapped twice.`);
    else if (meaning === ColumnMeaning.FIELD) {
      const name = field?.trim() || beginningOf(column.name);
      if (name.length > FIELD_NAME_CHARACTERS_MAX)
        invalid(`${at}.field`, `A field's name has at most ${FIELD_NAME_CHARACTERS_MAX} characters.`);
      else if (!isStorable(name))
        invalid(`${at}.field`, "A field's name contains a character that is none (NUL, or half of one).");
      else if (taken.has(`field ${name}`)) invalid(`${at}.field`, `Two columns would be kept as “${name}”.`);
      taken.add(`field ${name}`);
      mapped.push({ index, meaning, field: name });
    } else {
      if (meaning !== ColumnMeaning.NAME && taken.has(meaning))
        invalid(`${at}.meaning`, `Two columns are mapped as ${meaning}; a customer has one.`);
      taken.add(meaning);
      mapped.push({ index, meaning });
    }
    taken.add(`column ${index}`);
  }
  const has = (meaning: ColumnMeaning) => taken.has(meaning);
  if (channel === Channel.SMS && !has(ColumnMeaning.PHONE))
    userErrors.push(userError(UserErrorCode.REQUIRED, "columns", "Say which column has the phone numbers."));
  if (channel === Channel.EMAIL && !has(ColumnMeaning.EMAIL))
    userErrors.push(userError(UserErrorCode.REQUIRED, "columns", "Say which column has the e-mail addresses."));
  if (channel === Channel.WEBHOOK && !has(ColumnMeaning.EMAIL) && !has(ColumnMeaning.PHONE))
    userErrors.push(
      userError(UserErrorCode.REQUIRED, "columns", "Say which column has the e-mail addresses or the phone numbers."),
    );
  const fields = mapped.filter(({ meaning }) => meaning === ColumnMeaning.FIELD).length;
  if (fields > FIELDS_MAX)
    userErrors.push(
      userError(
        UserErrorCode.TOO_MANY,
        "columns",
        `${fields} columns would be own fields; at most ${FIELDS_MAX} are kept. Leave some out.`,
      ),
    );
  const country = defaultCountry?.trim().toUpperCase() || null;
  if (country !== null && !isCountry(country)) {
    invalid("defaultCountry", `“${country.slice(0, 20)}” is no country of ISO 3166, such as DE or US.`);
    return { userErrors };
  }
  return userErrors.length > 0 ? { userErrors } : { plan: { columns: mapped, onDuplicate, country } };
}

// Not through a character of two halves.
function beginningOf(name: string): string {
  const cut = name.slice(0, FIELD_NAME_CHARACTERS_MAX);
  return isStorable(cut) ? cut : cut.slice(0, -1);
}

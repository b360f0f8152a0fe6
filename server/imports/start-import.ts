import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import type { Actor } from "../accounts/audit.store.ts";
import { writeDown } from "../accounts/audit.store.ts";
import { AuditAction } from "../accounts/audit-entry.ts";
import { Channel } from "../campaigns/campaign.ts";
import { lockCampaign } from "../campaigns/campaign.store.ts";
import { checkKey, keyReused } from "../campaigns/idempotency.ts";
import { isAllowed, refusal } from "../campaigns/lifecycle.ts";
import { type Database, isUuid } from "../platform/database.ts";
import { notFound } from "../platform/errors.ts";
import { newId } from "../platform/id.ts";
import { forgetKey, useKey } from "../platform/idempotency.store.ts";
import { isStorable } from "../platform/text.ts";
import { userError, UserError, UserErrorCode } from "../platform/user-error.ts";
import { FIELD_NAME_CHARACTERS_MAX, FIELDS_MAX } from "../recipients/add-recipients.ts";
import { isCountry } from "../recipients/address.ts";
import { type Column, ColumnMeaning } from "./columns.ts";
import type { Encoding } from "./encoding.ts";
import { Import } from "./import.ts";
import { importIn, insertImport, isImportAtWork } from "./import.store.ts";
import { type ImportPlan, type MappedColumn, OnDuplicate } from "./plan.ts";
import { type Chosen, DELIMITER_NAMES, ENCODING_NAMES, FILE_KINDS, type FileKind, formatOf } from "./preview.ts";
import { previewUpload } from "./preview-upload.ts";
import type { Delimiter } from "./rows.ts";
import { UploadStatus } from "./upload.ts";
import { holdUpload } from "./upload.store.ts";

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

@InputType({
  description: "An import of one upload into one campaign. What is left out is as `importPreview` guesses it.",
})
export class StartImportInput {
  @Field(() => ID, { description: "The upload whose bytes are here." })
  uploadId!: string;

  @Field(() => ID, { description: "The campaign. It may be sending already: who is imported joins the run." })
  campaignId!: string;

  @Field(() => FILE_KINDS, { nullable: true, description: "What the file is." })
  kind?: FileKind | null;

  @Field(() => ENCODING_NAMES, { nullable: true, description: "How its bytes become text." })
  encoding?: Encoding | null;

  @Field(() => DELIMITER_NAMES, { nullable: true, description: "What stands between its cells." })
  delimiter?: Delimiter | null;

  @Field(() => Boolean, { nullable: true, description: "Whether the first row names the columns." })
  hasHeader?: boolean | null;

  @Field(() => [ColumnMappingInput], { nullable: true, description: "What its columns become." })
  columns?: ColumnMappingInput[] | null;

  @Field(() => OnDuplicate, {
    defaultValue: OnDuplicate.SKIP,
    description: "What to do with a row whose address the campaign has already.",
  })
  onDuplicate!: OnDuplicate;

  @Field(() => String, {
    nullable: true,
    description:
      "The country of phone numbers that do not begin with a plus, by ISO 3166 (`DE`). Without it they are refused.",
  })
  defaultCountry?: string | null;

  @Field(() => Boolean, {
    defaultValue: false,
    description: "True: the same numbers and problems, and nobody is added or changed.",
  })
  dryRun!: boolean;

  @Field(() => String, {
    nullable: true,
    description:
      "Makes a repeated call harmless for 24 hours: the same key with the same input answers with the same import.",
  })
  idempotencyKey?: string | null;
}

@ObjectType({ description: "What became of the import, or why the input was refused." })
export class ImportPayload {
  @Field(() => Import, { nullable: true, description: "The import as it stands now; null when none was made." })
  import!: Import | null;

  @Field(() => [UserError], { description: "What the caller can mend. Empty means: done." })
  userErrors!: UserError[];
}

interface Doors {
  database: Database;
  workspaceId: string;
  actor: Actor;
}

/** Makes an import that waits for a worker, or says everything that is in its way. Throws NOT_FOUND. */
export async function startImport(
  { database, workspaceId, actor }: Doors,
  input: StartImportInput,
): Promise<ImportPayload> {
  const { idempotencyKey: key, ...asked } = input;
  const { uploadId, campaignId, dryRun } = input;
  if (!isUuid(campaignId)) throw notFound("campaign", campaignId);
  const found = await previewUpload(database, workspaceId, uploadId, chosenIn(input));
  return database.inWorkspace(workspaceId, async (tx) => {
    const campaign = await lockCampaign(tx, campaignId);
    if (!campaign) throw notFound("campaign", campaignId);
    const wrongKey = checkKey(key);
    if (wrongKey.length > 0) return { import: null, userErrors: wrongKey };
    const id = newId();
    const use = key ? await useKey(tx, { key, operation: "startImport", input: asked, subjectId: id }) : null;
    if (use?.kind === "reused") return { import: null, userErrors: [keyReused()] };
    if (use?.kind === "repeated") return { import: await importIn(tx, use.subjectId ?? id), userErrors: [] };
    if (!found) throw notFound("upload", uploadId);
    const refuse = async (...userErrors: UserError[]) => {
      if (key) await forgetKey(tx, key);
      return { import: null, userErrors };
    };
    if (!isAllowed("addRecipients", campaign.status))
      return refuse(userError(UserErrorCode.NOT_ALLOWED, "campaignId", refusal("addRecipients", campaign.status)));
    if ("problem" in found) return refuse(userError(UserErrorCode.NOT_ALLOWED, "uploadId", found.problem));
    const read = planOf(input, found.preview.columns, campaign.channel);
    if ("userErrors" in read) return refuse(...read.userErrors);
    const plan: ImportPlan = { format: formatOf(found.preview), ...read.plan };
    // From here on nobody replaces or removes what was looked at above.
    const upload = await holdUpload(tx, uploadId);
    if (!upload) throw notFound("upload", uploadId);
    const { fileName, contentId } = upload;
    if (contentId !== found.upload.contentId || upload.status !== UploadStatus.RECEIVED) {
      const words = "The file was sent again meanwhile. Look at it once more, then import it.";
      return refuse(userError(UserErrorCode.NOT_ALLOWED, "uploadId", words));
    }
    const made = { id, campaignId, uploadId, contentId, fileName, plan, dryRun, startedBy: actor.name };
    // Looked at before it is tried: the attempt would wait for a batch, which waits for the campaign that is locked here.
    if ((await isImportAtWork(tx, campaignId)) || !(await insertImport(tx, made))) {
      const words = "An import into this campaign is under way. Wait for its end, or cancel it.";
      return refuse(userError(UserErrorCode.NOT_ALLOWED, "campaignId", words));
    }
    if (!dryRun)
      await writeDown(tx, actor, { action: AuditAction.IMPORT_STARTED, subjectId: campaignId, subjectName: fileName });
    return { import: await importIn(tx, id), userErrors: [] };
  });
}

function chosenIn({ kind, encoding, delimiter, hasHeader }: StartImportInput): Chosen {
  return {
    kind: kind ?? undefined,
    encoding: encoding ?? undefined,
    delimiter: delimiter ?? undefined,
    hasHeader: hasHeader ?? undefined,
  };
}

// Not through a character of two halves.
function beginningOf(name: string): string {
  const cut = name.slice(0, FIELD_NAME_CHARACTERS_MAX);
  return isStorable(cut) ? cut : cut.slice(0, -1);
}

/** The parts of the plan that the caller decides, checked against the columns that are there. */
export function planOf(
  { columns: asked, onDuplicate, defaultCountry }: Pick<StartImportInput, "columns" | "onDuplicate" | "defaultCountry">,
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

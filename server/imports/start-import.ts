import { Field, ID, InputType } from "type-graphql";
import type { Actor } from "../accounts/audit.store.ts";
import { writeDown } from "../accounts/audit.store.ts";
import { AuditAction } from "../accounts/audit-entry.ts";
import { lockCampaign } from "../campaigns/campaign.store.ts";
import { checkKey, keyReused } from "../campaigns/idempotency.ts";
import { whyNobodyIsAdded } from "../campaigns/lifecycle.ts";
import { type Database, isUuid } from "../platform/database.ts";
import { notFound } from "../platform/errors.ts";
import { newId } from "../platform/id.ts";
import { forgetKey, useKey } from "../platform/idempotency.store.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import type { Encoding } from "./encoding.ts";
import { chosenIn, DELIMITER_NAMES, ENCODING_NAMES, FILE_KINDS, type FileKind } from "./file-format.ts";
import type { ImportPayload } from "./import-payload.ts";
import { importIn, insertImport, isImportAtWork } from "./import.store.ts";
import { ColumnMappingInput, type ImportPlan, OnDuplicate, planOf } from "./plan.ts";
import { formatOf } from "./preview.ts";
import { previewUpload } from "./preview-upload.ts";
import type { Delimiter } from "./rows.ts";
import { UploadStatus } from "./upload.ts";
import { holdUpload } from "./upload.store.ts";

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
    const closed = whyNobodyIsAdded(campaign);
    if (closed !== null) return refuse(userError(UserErrorCode.NOT_ALLOWED, "campaignId", closed));
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

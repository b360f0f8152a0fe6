import { Arg, Authorized, Ctx, Field, Float, ID, InputType, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import { Scope } from "../accounts/access.ts";
import { isUuid } from "../platform/database.ts";
import { badInput, notFound } from "../platform/errors.ts";
import { isStorable } from "../platform/text.ts";
import { userError, UserError, UserErrorCode } from "../platform/user-error.ts";
import type { Encoding } from "./encoding.ts";
import { chosenIn, DELIMITER_NAMES, ENCODING_NAMES, FILE_KINDS, type FileKind } from "./file-format.ts";
import type { ImportsContext } from "./imports-context.ts";
import { previewUpload } from "./preview-upload.ts";
import { ImportPreview } from "./preview.ts";
import type { Delimiter } from "./rows.ts";
import { tooLarge } from "./upload-content.ts";
import { Upload } from "./upload.ts";
import { insertUpload, uploadIn } from "./upload.store.ts";

const FILE_NAME_CHARACTERS_MAX = 255;

@InputType({ description: "A file that is about to be sent." })
class CreateUploadInput {
  @Field(() => String, {
    description: "What it is called, 1 to 255 characters; `.jsonl` and `.ndjson` are JSON Lines.",
  })
  fileName!: string;

  @Field(() => Float, {
    nullable: true,
    description: "How many bytes it has, if that is known: one that is too large is refused before it is sent.",
  })
  bytes?: number | null;
}

@ObjectType({ description: "The upload, or why the input was refused." })
class UploadPayload {
  @Field(() => Upload, { nullable: true, description: "Where to send the file; null when it was refused." })
  upload!: Upload | null;

  @Field(() => [UserError], { description: "What the caller can mend. Empty means: done." })
  userErrors!: UserError[];
}

@Resolver()
export class UploadResolver {
  @Authorized(Scope.EDIT_CAMPAIGNS)
  @Mutation(() => UploadPayload, {
    description:
      "Announces a file. Its bytes then go to `url` by a plain HTTP PUT; one that broke off is sent again from the beginning.",
  })
  async createUpload(
    @Arg("input", () => CreateUploadInput, { description: "The file." }) { fileName, bytes }: CreateUploadInput,
    @Ctx() { database, workspaceId, uploadBytesMax }: ImportsContext,
  ): Promise<UploadPayload> {
    const name = fileName.trim();
    const userErrors = [
      name === "" && userError(UserErrorCode.REQUIRED, "fileName", "Say what the file is called."),
      name.length > FILE_NAME_CHARACTERS_MAX &&
        userError(UserErrorCode.TOO_LONG, "fileName", "The file's name has at most 255 characters."),
      !isStorable(name) && userError(UserErrorCode.INVALID, "fileName", "The name contains a character that is none."),
      (bytes ?? 0) > uploadBytesMax && userError(UserErrorCode.TOO_LARGE, "bytes", tooLarge(uploadBytesMax)),
    ].filter((error): error is UserError => Boolean(error));
    if (userErrors.length > 0) return { upload: null, userErrors };
    const upload = await database.inWorkspace(workspaceId, (tx) => insertUpload(tx, name));
    return { upload, userErrors: [] };
  }

  @Authorized(Scope.EDIT_CAMPAIGNS)
  @Query(() => Upload, { nullable: true, description: "One upload; null when this workspace has none with that id." })
  async upload(
    @Arg("id", () => ID, { description: "The upload's id." }) id: string,
    @Ctx() { database, workspaceId }: ImportsContext,
  ): Promise<Upload | null> {
    return isUuid(id) ? database.inWorkspace(workspaceId, (tx) => uploadIn(tx, id)) : null;
  }

  @Authorized(Scope.EDIT_CAMPAIGNS)
  @Query(() => ImportPreview, {
    description:
      "What is in an uploaded file: how it is read, its columns with samples and guesses, its first rows. Ask again with other choices.",
  })
  async importPreview(
    @Arg("uploadId", () => ID, { description: "The upload, its bytes received." }) uploadId: string,
    @Ctx() { database, workspaceId }: ImportsContext,
    @Arg("kind", () => FILE_KINDS, { nullable: true, description: "Read it as this." }) kind?: FileKind,
    @Arg("encoding", () => ENCODING_NAMES, { nullable: true, description: "Read its bytes like this." })
    encoding?: Encoding,
    @Arg("delimiter", () => DELIMITER_NAMES, { nullable: true, description: "Take this for what parts its cells." })
    delimiter?: Delimiter,
    @Arg("hasHeader", () => Boolean, {
      nullable: true,
      description: "Take the first row for names of columns, or not.",
    })
    hasHeader?: boolean,
  ): Promise<ImportPreview> {
    const chosen = chosenIn({ kind, encoding, delimiter, hasHeader });
    const found = await previewUpload(database, workspaceId, uploadId, chosen);
    if (!found) throw notFound("upload", uploadId);
    if ("preview" in found) return found.preview;
    throw badInput("uploadId", found.problem);
  }
}

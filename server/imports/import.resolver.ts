import {
  Arg,
  Args,
  ArgsType,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
  Subscription,
} from "type-graphql";
import { Scope } from "../accounts/access.ts";
import type { Context } from "../accounts/context.ts";
import { Campaign } from "../campaigns/campaign.ts";
import {
  connectionOf,
  decodeCursor,
  encodeCursor,
  PageArgs,
  pageById,
  type Page,
  PageOnly,
  pageSize,
  toPage,
  toPageById,
} from "../platform/connection.ts";
import { isUuid } from "../platform/database.ts";
import { cancelImport, undoImport } from "./end-import.ts";
import { Import } from "./import.ts";
import { ImportPayload } from "./import-payload.ts";
import { ImportProblem, ImportProblemCode } from "./import-problem.ts";
import { listProblems } from "./import-problem.store.ts";
import { importIn, listImports } from "./import.store.ts";
import type { ImportsContext } from "./imports-context.ts";
import { startImport, StartImportInput } from "./start-import.ts";
import { watchImport } from "./watch-import.ts";

const ImportConnection = connectionOf("Import", Import);
const ImportProblemConnection = connectionOf("ImportProblem", ImportProblem);

@ArgsType()
class ImportProblemsArgs extends PageArgs {
  @Field(() => ImportProblemCode, { nullable: true, description: "Only problems of this kind." })
  code?: ImportProblemCode;

  @Field(() => Boolean, {
    nullable: true,
    description: "True: only rows that did not go in; false: only hints about rows that did.",
  })
  rejected?: boolean;
}

@ObjectType({ description: "How many rows of an import have a problem of one kind." })
class ImportReason {
  @Field(() => ImportProblemCode, { description: "The kind." })
  code!: ImportProblemCode;

  @Field(() => Int, { description: "How many rows have it." })
  rows!: number;
}

@InputType()
abstract class OneImport {
  @Field(() => ID, { description: "The import." })
  importId!: string;
}

@InputType({ description: "Which import to stop." })
class CancelImportInput extends OneImport {}

@InputType({ description: "Which import to take back." })
class UndoImportInput extends OneImport {}

@Resolver(() => Import)
export class ImportResolver {
  @Authorized(Scope.READ_CAMPAIGNS)
  @Query(() => Import, { nullable: true, description: "One import; null when this workspace has none with that id." })
  async import(
    @Arg("id", () => ID, { description: "The import's id." }) id: string,
    @Ctx() { database, workspaceId }: Context,
  ): Promise<Import | null> {
    return isUuid(id) ? database.inWorkspace(workspaceId, (tx) => importIn(tx, id)) : null;
  }

  @FieldResolver(() => [ImportReason], { description: "What was wrong, and how often: the most frequent first." })
  reasons(@Root() { reasons }: Import): ImportReason[] {
    return Object.entries(reasons)
      .map(([code, rows]) => ({ code: code as ImportProblemCode, rows }))
      .sort((a, b) => b.rows - a.rows || a.code.localeCompare(b.code));
  }

  @FieldResolver(() => ImportProblemConnection, {
    description: "The rows that did not go in, and hints about some that did, in the order of the file.",
  })
  async problems(
    @Root() { id }: Import,
    @Args(() => ImportProblemsArgs) { first, after, code, rejected }: ImportProblemsArgs,
    @Ctx() { database, workspaceId }: Context,
  ): Promise<Page<ImportProblem>> {
    const [afterRow] = after ? decodeCursor("problems", after, [/^\d{1,9}$/]) : [];
    const rows = await database.inWorkspace(workspaceId, (tx) =>
      listProblems(tx, id, {
        first: pageSize(first),
        ...(afterRow !== undefined && { afterRow: Number(afterRow) }),
        ...(code && { code }),
        ...(typeof rejected === "boolean" && { rejected }),
      }),
    );
    return toPage(rows, first, after, ({ row }) => encodeCursor("problems", [row]));
  }

  @Authorized(Scope.EDIT_CAMPAIGNS)
  @Mutation(() => ImportPayload, {
    description:
      "Begins to import an uploaded file into a campaign; watch it by `importProgress`. A killed server goes on where it was: no row goes in twice.",
  })
  async startImport(
    @Arg("input", () => StartImportInput, {
      description: "The file, the campaign, and how to read the one into the other.",
    })
    input: StartImportInput,
    @Ctx() context: ImportsContext,
  ): Promise<ImportPayload> {
    const payload = await startImport(context, input);
    context.importBell.ring();
    return payload;
  }

  @Authorized(Scope.EDIT_CAMPAIGNS)
  @Mutation(() => ImportPayload, { description: "Stops an import. What went in stays; `undoImport` takes it back." })
  cancelImport(
    @Arg("input", () => CancelImportInput, { description: "The import." }) { importId }: CancelImportInput,
    @Ctx() context: ImportsContext,
  ): Promise<ImportPayload> {
    return cancelImport(context, importId);
  }

  @Authorized(Scope.EDIT_CAMPAIGNS)
  @Mutation(() => ImportPayload, {
    description:
      "Takes an import back, while nothing of the campaign was sent: whom it added is gone, whom it updated is as before.",
  })
  undoImport(
    @Arg("input", () => UndoImportInput, { description: "The import." }) { importId }: UndoImportInput,
    @Ctx() context: ImportsContext,
  ): Promise<ImportPayload> {
    return undoImport(context, importId);
  }

  @Authorized(Scope.READ_CAMPAIGNS)
  @Subscription(() => Import, {
    subscribe: ({ args, context }: { args: Record<string, unknown>; context: Context }) =>
      watchImport(context, { workspaceId: context.workspaceId, importId: String(args["importId"]) }),
    description: "An import, live. The first event is how it stands; then at most four events a second.",
  })
  importProgress(
    @Root() work: Import,
    @Arg("importId", () => ID, { description: "The import." }) _importId: string,
  ): Import {
    return work;
  }
}

@Resolver(() => Campaign)
export class CampaignImportsResolver {
  @FieldResolver(() => ImportConnection, { description: "The imports into the campaign, newest first." })
  async imports(
    @Root() campaign: Campaign,
    @Args(() => PageOnly) page: PageOnly,
    @Ctx() { database, workspaceId }: Context,
  ): Promise<Page<Import>> {
    const rows = await database.inWorkspace(workspaceId, (tx) =>
      listImports(tx, campaign.id, pageById(page, "imports")),
    );
    return toPageById(rows, page, "imports");
  }
}

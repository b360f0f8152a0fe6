import {
  Arg,
  Authorized,
  Ctx,
  Field,
  ID,
  InputType,
  Mutation,
  ObjectType,
  registerEnumType,
  Resolver,
} from "type-graphql";
import { Scope } from "../accounts/access.ts";
import type { Context } from "../accounts/context.ts";
import { FailureReason } from "../dispatch/failure-reason.ts";
import { campaignIn } from "../campaigns/campaign.store.ts";
import { isUuid } from "../platform/database.ts";
import { notFound } from "../platform/errors.ts";
import { searchText } from "../platform/connection.ts";
import { RecipientStatus } from "../recipients/recipient.ts";
import { ExportFormat } from "./exported.ts";
import { recipientsPath, responsesPath, toAsked } from "./export.ts";
import { mustKnow, refuseOddFilter } from "./response-filter.ts";
import { ResponsesFilterInput } from "./response.resolver.ts";

registerEnumType(ExportFormat, {
  name: "ExportFormat",
  description: "What a file is written in.",
  valuesConfig: {
    CSV: {
      description:
        "For spreadsheets: UTF-8 with a byte order mark, commas, and an apostrophe before what a spreadsheet would run as a formula.",
    },
    JSONL: { description: "JSON Lines: one object a line." },
  },
});

const FORMAT = { defaultValue: ExportFormat.CSV, description: "What the file is written in." };

@InputType({ description: "Which recipients." })
class ExportRecipientsInput {
  @Field(() => ID, { description: "The campaign." })
  campaignId!: string;

  @Field(() => RecipientStatus, { nullable: true, description: "Only recipients in this state." })
  status?: RecipientStatus | null;

  @Field(() => FailureReason, {
    nullable: true,
    description: "Only recipients who failed for this reason. Another `status` than FAILED beside it is refused.",
  })
  reason?: FailureReason | null;

  @Field(() => String, {
    nullable: true,
    description: "Only recipients whose name or address contains this, whatever the case.",
  })
  search?: string | null;

  @Field(() => ExportFormat, FORMAT)
  format!: ExportFormat;
}

@InputType({ description: "Which answers." })
class ExportResponsesInput {
  @Field(() => ResponsesFilterInput, { nullable: true, description: "Which answers; without it, all." })
  filter?: ResponsesFilterInput | null;

  @Field(() => ExportFormat, FORMAT)
  format!: ExportFormat;
}

@ObjectType({ description: "A file that is ready to be fetched." })
class ExportPayload {
  @Field(() => String, {
    description:
      "Where it is: a path of this server. GET it with the same session or token; it is written as it is read, so it has what is there then.",
  })
  url!: string;
}

@Resolver()
export class ExportResolver {
  @Authorized(Scope.EXPORT_DATA)
  @Mutation(() => ExportPayload, {
    description:
      "Recipients of a campaign as a file, in the order they were added, each with their own fields and what they answered.",
  })
  async exportRecipients(
    @Arg("input", () => ExportRecipientsInput, { description: "Which recipients." })
    { campaignId, status, reason, search, format }: ExportRecipientsInput,
    @Ctx() { database, workspaceId }: Context,
  ): Promise<ExportPayload> {
    const text = searchText(search ?? undefined);
    const known = isUuid(campaignId) && (await database.inWorkspace(workspaceId, (tx) => campaignIn(tx, campaignId)));
    if (!known) throw notFound("campaign", campaignId);
    return { url: recipientsPath(toAsked({ campaignId, status, reason, search: text }), format) };
  }

  @Authorized(Scope.EXPORT_DATA)
  @Mutation(() => ExportPayload, { description: "What customers answered as a file, newest first." })
  async exportResponses(
    @Arg("input", () => ExportResponsesInput, { description: "Which answers." })
    { filter, format }: ExportResponsesInput,
    @Ctx() { database, workspaceId }: Context,
  ): Promise<ExportPayload> {
    refuseOddFilter(filter ?? {});
    await database.inWorkspace(workspaceId, (tx) => mustKnow(tx, filter ?? {}));
    return { url: responsesPath(filter ?? {}, format) };
  }
}

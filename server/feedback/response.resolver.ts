import {
  Arg,
  Args,
  ArgsType,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
  GraphQLISODateTime,
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
import { Member } from "../accounts/member.ts";
import { Campaign } from "../campaigns/campaign.ts";
import {
  connectionOf,
  decodeCursor,
  encodeCursor,
  PageArgs,
  type Page,
  pageSize,
  toPage,
} from "../platform/connection.ts";
import { isUuid } from "../platform/database.ts";
import { notFound } from "../platform/errors.ts";
import { UserError } from "../platform/user-error.ts";
import { Recipient } from "../recipients/recipient.ts";
import type { FeedbackContext } from "./feedback-context.ts";
import { assignResponse, markResponsesRead, setResponseNote } from "./handle-responses.ts";
import { CampaignRatings, ratingsOf, Response } from "./response.ts";
import type { ReceivedResponse } from "./response-feed.ts";
import { loadersOf } from "./response-loaders.ts";
import { mustKnow, refuseOddFilter } from "./response-filter.ts";
import { listResponses, type ResponseFilter } from "./response.store.ts";

const ResponseConnection = connectionOf("Response", Response);

@InputType("ResponsesFilter", { description: "Which answers are listed; what is left out does not matter." })
export class ResponsesFilterInput implements ResponseFilter {
  @Field(() => [ID], { nullable: true, description: "Only answers in one of these campaigns, at most 100." })
  campaignIds?: string[] | null;

  @Field(() => [Int], {
    nullable: true,
    description: "Only answers with one of these ratings, each from 1 to 5 stars.",
  })
  ratings?: number[] | null;

  @Field(() => Boolean, { nullable: true, description: "True: only answers with words; false: only those without." })
  hasComment?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: "True: only unread answers; false: only those that were read." })
  unread?: boolean | null;

  @Field(() => ID, { nullable: true, description: "Only answers that are this member's to look after." })
  assigneeId?: string | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: "Only answers whose customer first answered at this moment or later.",
  })
  answeredFrom?: Date | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: "Only answers whose customer first answered before this moment.",
  })
  answeredBefore?: Date | null;
}

@ArgsType()
class ResponsesArgs extends PageArgs {
  @Field(() => ResponsesFilterInput, { nullable: true, description: "Which answers; without it, all." })
  filter?: ResponsesFilterInput | null;
}

@InputType({ description: "Which answers to mark." })
class MarkResponsesReadInput {
  @Field(() => [ID], { description: "The answers, at most 100. Where one is unknown, none is marked." })
  ids!: string[];

  @Field(() => Boolean, { description: "True marks them as read, false as unread." })
  read!: boolean;
}

@InputType({ description: "Whose an answer is to look after." })
class AssignResponseInput {
  @Field(() => ID, { description: "The answer." })
  id!: string;

  @Field(() => ID, { nullable: true, description: "The member who looks after it; null: nobody." })
  assigneeId?: string | null;
}

@InputType({ description: "A note of the workspace on an answer." })
class SetResponseNoteInput {
  @Field(() => ID, { description: "The answer." })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description: "The note, at most 2,000 characters; null or blank takes it away.",
  })
  note?: string | null;
}

@ObjectType({ description: "Answers as they are now, or why the input was refused." })
class ResponsesPayload {
  @Field(() => [Response], { description: "The answers, in the order of the input." })
  responses!: Response[];

  @Field(() => [UserError], { description: "What the caller can mend. Empty means: done." })
  userErrors!: UserError[];
}

@ObjectType({ description: "The answer as it is now, or why the input was refused." })
class ResponsePayload {
  @Field(() => Response, { nullable: true, description: "The answer as it is now." })
  response!: Response | null;

  @Field(() => [UserError], { description: "What the caller can mend. Empty means: done." })
  userErrors!: UserError[];
}

@ObjectType("ReceivedResponse", { description: "An answer that was given or changed just now." })
class ReceivedResponseType implements ReceivedResponse {
  @Field(() => Response, { description: "The answer as it is now." })
  response!: Response;

  @Field(() => Boolean, { description: "True for a first answer, false for a changed one." })
  isNew!: boolean;
}

/** What TypeGraphQL hands to a subscription's `subscribe`. */
interface Subscribed {
  args: Record<string, unknown>;
  context: FeedbackContext;
}

@Resolver(() => Response)
export class ResponseResolver {
  @Authorized(Scope.READ_CAMPAIGNS)
  @Query(() => ResponseConnection, {
    description: "What the workspace's customers answered, newest first by the time of their first answer.",
  })
  async responses(
    @Args(() => ResponsesArgs) { first, after, filter }: ResponsesArgs,
    @Ctx() { database, workspaceId }: Context,
  ): Promise<Page<Response>> {
    const [answeredMicros, id] = after ? decodeCursor("responses", after, [/^\d{1,16}$/, { test: isUuid }]) : [];
    refuseOddFilter(filter ?? {});
    const rows = await database.inWorkspace(workspaceId, async (tx) => {
      await mustKnow(tx, filter ?? {});
      const place = answeredMicros !== undefined && id !== undefined && { after: { answeredMicros, id } };
      return listResponses(tx, { ...filter, first: pageSize(first), ...place });
    });
    return toPage(rows, first, after, (row) => encodeCursor("responses", [row.answeredMicros, row.id]));
  }

  @FieldResolver(() => Recipient, { description: "The customer who answered." })
  async recipient(@Root() { id }: Response, @Ctx() context: Context): Promise<Recipient> {
    const recipient = await loadersOf(context).recipient.load(id);
    if (!recipient) throw notFound("recipient", id);
    return recipient;
  }

  @FieldResolver(() => Campaign, { description: "The campaign that asked." })
  async campaign(@Root() { campaignId }: Response, @Ctx() context: Context): Promise<Campaign> {
    const campaign = await loadersOf(context).campaign.load(campaignId);
    if (!campaign) throw notFound("campaign", campaignId);
    return campaign;
  }

  @Authorized(Scope.READ_MEMBERS)
  @FieldResolver(() => Member, { nullable: true, description: "Who looks after it; null: nobody." })
  assignee(@Root() { assigneeId }: Response, @Ctx() context: Context): Promise<Member | null> {
    return assigneeId === null ? Promise.resolve(null) : loadersOf(context).member.load(assigneeId);
  }

  @Authorized(Scope.HANDLE_RESPONSES)
  @Mutation(() => ResponsesPayload, {
    description: "Marks answers as read or as unread. Repeating it changes nothing.",
  })
  markResponsesRead(
    @Arg("input", () => MarkResponsesReadInput, { description: "Which answers." }) input: MarkResponsesReadInput,
    @Ctx() context: Context,
  ): Promise<ResponsesPayload> {
    return markResponsesRead(context, input);
  }

  @Authorized(Scope.HANDLE_RESPONSES)
  @Mutation(() => ResponsePayload, { description: "Gives an answer to a member to look after, or takes it from them." })
  assignResponse(
    @Arg("input", () => AssignResponseInput, { description: "The answer and the member." }) input: AssignResponseInput,
    @Ctx() context: Context,
  ): Promise<ResponsePayload> {
    return assignResponse(context, input);
  }

  @Authorized(Scope.HANDLE_RESPONSES)
  @Mutation(() => ResponsePayload, {
    description:
      "Writes a note on an answer, in the place of the one before. Refused (NOT_ALLOWED) where the customer's data was erased.",
  })
  setResponseNote(
    @Arg("input", () => SetResponseNoteInput, { description: "The answer and the note." }) input: SetResponseNoteInput,
    @Ctx() context: Context,
  ): Promise<ResponsePayload> {
    return setResponseNote(context, input);
  }

  @Authorized(Scope.READ_CAMPAIGNS)
  @Subscription(() => ReceivedResponseType, {
    subscribe: ({ args, context }: Subscribed) => watchResponses(context, args["campaignId"]),
    description:
      "Each answer as it is committed, new or changed, within about a second even if news between processes was lost. It tells nothing of the past: subscribe, then ask for `responses`. A client that reads too slowly misses all but the newest 1,000.",
  })
  responseReceived(
    @Root() received: ReceivedResponse,
    @Arg("campaignId", () => ID, {
      nullable: true,
      description: "Only answers in this campaign; null: in all of them.",
    })
    _campaignId?: string | null,
  ): ReceivedResponse {
    return received;
  }
}

/** What customers' answers add to a recipient. */
@Resolver(() => Recipient)
export class RecipientResponseResolver {
  @FieldResolver(() => Response, { nullable: true, description: "What the customer answered; null: nothing yet." })
  response(@Root() { id }: Recipient, @Ctx() context: Context): Promise<Response | null> {
    return loadersOf(context).response.load(id);
  }

  @FieldResolver(() => GraphQLISODateTime, {
    nullable: true,
    description:
      "When a person first saw the answering page, as far as can be told (see `CampaignRatings.opened`); null: nobody did yet.",
  })
  async openedAt(@Root() { id }: Recipient, @Ctx() context: Context): Promise<Date | null> {
    return (await loadersOf(context).visit.load(id))?.openedAt ?? null;
  }

  @FieldResolver(() => GraphQLISODateTime, {
    nullable: true,
    description: "When the customer first followed a public review link; null: not yet.",
  })
  async clickedAt(@Root() { id }: Recipient, @Ctx() context: Context): Promise<Date | null> {
    return (await loadersOf(context).visit.load(id))?.clickedAt ?? null;
  }
}

/** What customers' answers add to a campaign. */
@Resolver(() => Campaign)
export class CampaignRatingsResolver {
  @FieldResolver(() => CampaignRatings, { description: "What its customers did with it, as of when it was read." })
  ratings(@Root() campaign: Campaign): CampaignRatings {
    return ratingsOf(campaign);
  }
}

async function watchResponses({ database, workspaceId, responseFeeds }: FeedbackContext, campaignId: unknown) {
  const only = typeof campaignId === "string" ? campaignId : null;
  if (only !== null) await database.inWorkspace(workspaceId, (tx) => mustKnow(tx, { campaignIds: [only] }));
  return responseFeeds.watch(workspaceId, only?.toLowerCase() ?? null);
}

import {
  Arg,
  Args,
  ArgsType,
  Authorized,
  Ctx,
  Field,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
} from "type-graphql";
import { Scope } from "../accounts/access.ts";
import type { Context } from "../accounts/context.ts";
import {
  connectionOf,
  decodeCursor,
  encodeCursor,
  PageArgs,
  type Page,
  pageSize,
  searchText,
  toPage,
} from "../platform/connection.ts";
import { UserError } from "../platform/user-error.ts";
import { isStorable } from "../platform/text.ts";
import { normaliseAddress, partOfKey } from "./address.ts";
import {
  suppressAddress,
  suppressAddresses,
  type SuppressedAddresses,
  unsuppressAddress,
} from "./suppress-addresses.ts";
import { listSuppressions, suppressionIn } from "./suppression.store.ts";
import { Suppression, SuppressionReason } from "./suppression.ts";

const SuppressionConnection = connectionOf("Suppression", Suppression);

@ArgsType()
class SuppressionsArgs extends PageArgs {
  @Field(() => String, { nullable: true, description: "Only addresses that contain this, whatever the case." })
  search?: string;

  @Field(() => SuppressionReason, { nullable: true, description: "Only those with this reason." })
  reason?: SuppressionReason;
}

@InputType({ description: "An address that must not be written to again." })
class SuppressAddressInput {
  @Field(() => String, { description: "E-mail address or phone number." })
  address!: string;

  @Field(() => String, { nullable: true, description: "What to note beside it, at most 500 characters." })
  note?: string | null;
}

@InputType({ description: "Addresses that must not be written to again." })
class SuppressAddressesInput {
  @Field(() => [String], { description: "E-mail addresses and phone numbers, at most 1000 a call." })
  addresses!: string[];

  @Field(() => String, { nullable: true, description: "What to note beside each, at most 500 characters." })
  note?: string | null;
}

@InputType({ description: "An address that may be written to again." })
class UnsuppressAddressInput {
  @Field(() => String, { description: "E-mail address or phone number." })
  address!: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description: "Needed where the customer unsubscribed, complained or was erased: they have asked for it since.",
  })
  confirm!: boolean;

  @Field(() => String, {
    nullable: true,
    description: "Why, at most 500 characters; kept in the audit log. Needed where `confirm` is.",
  })
  because?: string | null;
}

@ObjectType({ description: "The suppression, or why the input was refused." })
export class SuppressionPayload {
  @Field(() => Suppression, {
    nullable: true,
    description: "The suppression, or the one that was lifted; null when nothing was done, or had to be.",
  })
  suppression!: Suppression | null;

  @Field(() => [UserError], { description: "What the caller can mend. Empty means: done." })
  userErrors!: UserError[];
}

@ObjectType({ description: "What became of the addresses: `added + already + invalid` is the number given." })
class SuppressAddressesPayload implements SuppressedAddresses {
  @Field(() => Int, { description: "How many were not suppressed before." })
  added!: number;

  @Field(() => Int, { description: "How many were suppressed already, or stood in the list twice." })
  already!: number;

  @Field(() => Int, { description: "How many are no address; `userErrors` says which." })
  invalid!: number;

  @Field(() => [UserError], { description: "One for each value that was refused, with its place: `addresses[3]`." })
  userErrors!: UserError[];
}

@Resolver()
export class SuppressionResolver {
  @Authorized(Scope.READ_CAMPAIGNS)
  @Query(() => SuppressionConnection, {
    description: "The addresses that must not be written to again, the newest first.",
  })
  async suppressions(
    @Args(() => SuppressionsArgs) { first, after, search, reason }: SuppressionsArgs,
    @Ctx() { database, workspaceId }: Context,
  ): Promise<Page<Suppression>> {
    const text = searchText(search);
    const [createdMicros = "", id = ""] = after ? decodeCursor(ORDER, after, CURSOR_PATTERN) : [];
    const rows = await database.inWorkspace(workspaceId, (tx) =>
      listSuppressions(tx, {
        first: pageSize(first),
        ...(after && { after: { createdMicros, id } }),
        ...(reason && { reason }),
        ...(text && { search: partOfKey(text) }),
      }),
    );
    return toPage(rows, first, after, (row) => encodeCursor(ORDER, [row.createdMicros, row.id]));
  }

  @Authorized(Scope.READ_CAMPAIGNS)
  @Query(() => Suppression, {
    nullable: true,
    description: "Whether and why an address must not be written to; null when it may be.",
  })
  async suppression(
    @Arg("address", () => String, { description: "E-mail address or phone number." }) address: string,
    @Ctx() { database, workspaceId }: Context,
  ): Promise<Suppression | null> {
    const read = normaliseAddress(address);
    if ("problem" in read) return null;
    return database.inWorkspace(workspaceId, (tx) => suppressionIn(tx, read.key));
  }

  @Authorized(Scope.MANAGE_SUPPRESSIONS)
  @Mutation(() => SuppressionPayload, {
    description:
      "Nobody writes to this address again, in no campaign; what is in flight may still arrive. Repeated, the first reason and note stay.",
  })
  suppressAddress(
    @Arg("input", () => SuppressAddressInput, { description: "The address." }) input: SuppressAddressInput,
    @Ctx() context: Context,
  ): Promise<SuppressionPayload> {
    return suppressAddress(context, input);
  }

  @Authorized(Scope.MANAGE_SUPPRESSIONS)
  @Mutation(() => SuppressAddressesPayload, {
    description: "The same for many. Valid ones are suppressed even if others are refused.",
  })
  suppressAddresses(
    @Arg("input", () => SuppressAddressesInput, { description: "The addresses." }) input: SuppressAddressesInput,
    @Ctx() context: Context,
  ): Promise<SuppressAddressesPayload> {
    return suppressAddresses(context, input);
  }

  @Authorized(Scope.LIFT_SUPPRESSIONS)
  @Mutation(() => SuppressionPayload, {
    description:
      "Lets an address be written to again. Where the customer unsubscribed, complained or was erased it has to be confirmed, with words why.",
  })
  unsuppressAddress(
    @Arg("input", () => UnsuppressAddressInput, { description: "The address." }) input: UnsuppressAddressInput,
    @Ctx() context: Context,
  ): Promise<SuppressionPayload> {
    return unsuppressAddress(context, input);
  }
}

const ORDER = "suppressions";
const CURSOR_PATTERN = [/^\d{1,17}$/, { test: isStorable }];

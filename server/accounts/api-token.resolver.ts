import {
  Arg,
  Args,
  Authorized,
  Ctx,
  Field,
  GraphQLISODateTime,
  ID,
  InputType,
  Mutation,
  ObjectType,
  Query,
  Resolver,
} from "type-graphql";
import { connectionOf, type Page, pageById, PageOnly, toPageById } from "../platform/connection.ts";
import { UserError } from "../platform/user-error.ts";
import { Scope } from "./access.ts";
import { ApiToken } from "./api-token.ts";
import { listApiTokens } from "./api-token.store.ts";
import { createApiToken, type CreatedApiToken, revokeApiToken } from "./api-tokens.ts";
import type { Context } from "./context.ts";
import { DonePayload } from "./me.ts";

const ApiTokenConnection = connectionOf("ApiToken", ApiToken);

@InputType({ description: "A new API token." })
class CreateApiTokenInput {
  @Field(() => String, { description: "What it is for, 1 to 200 characters." })
  name!: string;

  @Field(() => [Scope], { description: "What it may do; at most what its maker may." })
  scopes!: Scope[];

  @Field(() => GraphQLISODateTime, { nullable: true, description: "When it stops working; never, if left out." })
  expiresAt?: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Makes a repeated call harmless for 24 hours, at most 200 characters. The secret is shown the first time.",
  })
  idempotencyKey?: string | null;
}

@InputType({ description: "An API token to revoke." })
class RevokeApiTokenInput {
  @Field(() => ID, { description: "The token's id." })
  tokenId!: string;
}

@ObjectType({ description: "The token and its secret, or why the input was refused." })
class CreateApiTokenPayload implements CreatedApiToken {
  @Field(() => ApiToken, { nullable: true, description: "The token; null when none was made." })
  apiToken!: ApiToken | null;

  @Field(() => String, {
    nullable: true,
    description: "What to send as `Authorization: Bearer …`. Shown this once and kept nowhere.",
  })
  secret!: string | null;

  @Field(() => [UserError], { description: "What the caller can mend. Empty means: done." })
  userErrors!: UserError[];
}

@Resolver()
export class ApiTokenResolver {
  @Authorized(Scope.MANAGE_TOKENS)
  @Query(() => ApiTokenConnection, { description: "The workspace's API tokens, the newest first." })
  async apiTokens(
    @Args(() => PageOnly) page: PageOnly,
    @Ctx() { database, workspaceId }: Context,
  ): Promise<Page<ApiToken>> {
    const rows = await database.inWorkspace(workspaceId, (tx) => listApiTokens(tx, pageById(page, "apiTokens")));
    return toPageById(rows, page, "apiTokens");
  }

  @Authorized(Scope.MANAGE_TOKENS)
  @Mutation(() => CreateApiTokenPayload, {
    description: "Makes an API token for another service. It may do at most what its maker may.",
  })
  createApiToken(
    @Arg("input", () => CreateApiTokenInput, { description: "The new token." }) input: CreateApiTokenInput,
    @Ctx() context: Context,
  ): Promise<CreatedApiToken> {
    return createApiToken(context, input);
  }

  @Authorized(Scope.MANAGE_TOKENS)
  @Mutation(() => DonePayload, { description: "Ends a token at once: its requests are refused, its sockets closed." })
  async revokeApiToken(
    @Arg("input", () => RevokeApiTokenInput, { description: "The token." }) { tokenId }: RevokeApiTokenInput,
    @Ctx() context: Context,
  ): Promise<DonePayload> {
    await revokeApiToken(context, tokenId);
    return { userErrors: [] };
  }
}

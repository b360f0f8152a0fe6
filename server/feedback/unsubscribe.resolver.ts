import { Arg, Authorized, Ctx, Field, InputType, Mutation, Resolver } from "type-graphql";
import { Scope } from "../accounts/access.ts";
import type { Context } from "../accounts/context.ts";
import { SuppressionPayload } from "../recipients/suppression.resolver.ts";
import { unsubscribeAddress } from "./unsubscribe.ts";

@InputType({ description: "A customer who wants no more messages." })
class UnsubscribeInput {
  @Field(() => String, { description: "Their e-mail address or phone number." })
  address!: string;

  @Field(() => String, {
    nullable: true,
    description: "How they said so, at most 500 characters: `by phone`, `in the shop's settings`.",
  })
  note?: string | null;
}

@Resolver()
export class UnsubscribeResolver {
  @Authorized(Scope.MANAGE_SUPPRESSIONS)
  @Mutation(() => SuppressionPayload, {
    description:
      "Takes a customer off the list who said so elsewhere, as the link in each message does: with the reason UNSUBSCRIBED, which holds until they ask for messages again. In the place of a suppression that was only noted by others. Repeated, it changes nothing.",
  })
  unsubscribe(
    @Arg("input", () => UnsubscribeInput, { description: "The customer." }) input: UnsubscribeInput,
    @Ctx() context: Context,
  ): Promise<SuppressionPayload> {
    return unsubscribeAddress(context, input);
  }
}

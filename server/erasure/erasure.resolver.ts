import { Arg, Authorized, Ctx, Field, InputType, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import { Scope } from "../accounts/access.ts";
import type { Context } from "../accounts/context.ts";
import { UserError } from "../platform/user-error.ts";
import { erasePerson } from "./erase-person.ts";
import { findPerson } from "./find-person.ts";
import { PersonalData, PersonalDataAmounts } from "./personal-data.ts";

@InputType({ description: "A person whose data is to be erased." })
class ErasePersonInput {
  @Field(() => String, { description: "Their e-mail address or phone number, in any way of writing." })
  address!: string;

  @Field(() => String, {
    nullable: true,
    description: "For 24 hours the same key with another address is refused. A repetition is harmless anyway.",
  })
  idempotencyKey?: string | null;
}

@ObjectType({ description: "How much was erased, or why the input was refused." })
class ErasePersonPayload {
  @Field(() => PersonalDataAmounts, {
    nullable: true,
    description: "How much was erased; nothing but zeros when it was erased before. Null when it was refused.",
  })
  erased!: PersonalDataAmounts | null;

  @Field(() => [UserError], { description: "What the caller can mend. Empty means: done." })
  userErrors!: UserError[];
}

@Resolver()
export class ErasureResolver {
  @Authorized(Scope.ERASE_PEOPLE)
  @Query(() => PersonalData, {
    nullable: true,
    description:
      "What the workspace holds about whoever has this address, in all campaigns; null for what is no address.",
  })
  personData(
    @Arg("address", () => String, { description: "E-mail address or phone number, in any way of writing." })
    address: string,
    @Ctx() context: Context,
  ): Promise<PersonalData | null> {
    return findPerson(context, address);
  }

  @Authorized(Scope.ERASE_PEOPLE)
  @Mutation(() => ErasePersonPayload, {
    description:
      "Erases what the workspace holds about whoever has this address, for good. Rows, statuses, counts and ratings stay and name nobody; links in messages stop working, uploaded files go; the address alone stays on the list of suppressions, so that no later file brings them back. Refused while they are being sent to, and while an import is under way.",
  })
  erasePerson(
    @Arg("input", () => ErasePersonInput, { description: "The person." }) input: ErasePersonInput,
    @Ctx() context: Context,
  ): Promise<ErasePersonPayload> {
    return erasePerson(context, input);
  }
}

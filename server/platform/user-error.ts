import { Field, Int, ObjectType, registerEnumType } from "type-graphql";

/** Why an input was refused, in a closed set of words. */
export enum UserErrorCode {
  REQUIRED = "REQUIRED",
  INVALID = "INVALID",
  TOO_LONG = "TOO_LONG",
  TOO_MANY = "TOO_MANY",
  TOO_LARGE = "TOO_LARGE",
  NOT_ALLOWED = "NOT_ALLOWED",
  NO_RECIPIENTS = "NO_RECIPIENTS",
  IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED",
  WRONG_CREDENTIALS = "WRONG_CREDENTIALS",
  TOO_MANY_TRIES = "TOO_MANY_TRIES",
  TAKEN = "TAKEN",
  EXPIRED = "EXPIRED",
  LAST_OWNER = "LAST_OWNER",
}

registerEnumType(UserErrorCode, {
  name: "UserErrorCode",
  description: "Why an input was refused. Stable: decide on it, show the message.",
  valuesConfig: {
    REQUIRED: { description: "A value is missing or blank." },
    INVALID: { description: "A value is not of the form that the field asks for." },
    TOO_LONG: { description: "A text is longer than the field takes." },
    TOO_LARGE: { description: "A file is larger than is taken." },
    TOO_MANY: { description: "A list is longer than one call takes." },
    NOT_ALLOWED: { description: "The state of things does not allow this; the message says what would." },
    NO_RECIPIENTS: { description: "There is nobody to send to." },
    IDEMPOTENCY_KEY_REUSED: { description: "The key was used in the last 24 hours with another input." },
    WRONG_CREDENTIALS: { description: "Address and password do not fit together." },
    TOO_MANY_TRIES: { description: "Too many tries in a short time; the message says when to try again." },
    TAKEN: { description: "Somebody has it already." },
    EXPIRED: { description: "The link was used, was taken back, or is too old." },
    LAST_OWNER: { description: "The workspace would be left without an owner." },
  },
});

@ObjectType({ description: "Something in the input that the caller can mend. Nothing was changed by that part of it." })
export class UserError {
  @Field(() => UserErrorCode, { description: "Why it was refused." })
  code!: UserErrorCode;

  @Field(() => String, {
    nullable: true,
    description: "Where in the input, as a path: `name`, `recipients[3].email`. Null when it is the call as a whole.",
  })
  field!: string | null;

  @Field(() => Int, { nullable: true, description: "The line in that field's text, from 1, where one can be named." })
  line?: number;

  @Field(() => Int, { nullable: true, description: "The character in that line, from 1." })
  column?: number;

  @Field(() => String, { description: "What is wrong and what to do, in words for a person." })
  message!: string;
}

/** A refusal as a value: resolvers return it, nothing throws it. */
export function userError(
  code: UserErrorCode,
  field: string | null,
  message: string,
  place: { line: number; column: number } | null = null,
): UserError {
  return Object.assign(new UserError(), { code, field, message, ...place });
}

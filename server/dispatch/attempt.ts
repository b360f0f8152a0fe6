import { Field, GraphQLISODateTime, Int, ObjectType, registerEnumType } from "type-graphql";
import { FailureReason, MEANINGS } from "./failure-reason.ts";

export enum AttemptOutcome {
  SENT = "sent",
  RETRY = "retry",
  FAILED = "failed",
  UNCONFIRMED = "unconfirmed",
}

registerEnumType(AttemptOutcome, {
  name: "AttemptOutcome",
  description: "What came of one try.",
  valuesConfig: {
    SENT: { description: "The provider accepted the message." },
    RETRY: { description: "Not now: it was to be tried again." },
    FAILED: { description: "Refused for good, or given up." },
    UNCONFIRMED: { description: "The answer got lost: the message may have left." },
  },
});

@ObjectType({ description: "One try to reach a recipient, with the provider's words as they came." })
export class Attempt {
  @Field(() => Int, { description: "Its number among the recipient's tries, from 1, in all runs together." })
  number!: number;

  @Field(() => GraphQLISODateTime, { description: "When its outcome was written down." })
  at!: Date;

  @Field(() => AttemptOutcome, { description: "What came of it." })
  outcome!: AttemptOutcome;

  @Field(() => FailureReason, {
    nullable: true,
    description: "Why it did not arrive, in one of a closed set of words.",
  })
  reason!: FailureReason | null;

  @Field(() => String, { nullable: true, description: "The provider's code, such as `450 4.2.1`." })
  code!: string | null;

  @Field(() => String, { nullable: true, description: "The provider's words, as they came." })
  message!: string | null;
}

@ObjectType({ description: "Those of a campaign who failed for the same reason." })
export class FailureGroup {
  @Field(() => FailureReason, { description: "The reason." })
  reason!: FailureReason;

  @Field(() => Int, { description: "How many recipients stand at failed for it now." })
  count!: number;

  @Field(() => String, { description: "What it means, for a person." })
  words!: string;

  @Field(() => String, { description: "What to do about it." })
  remedy!: string;

  @Field(() => Boolean, { description: "True where trying again later may well succeed." })
  isTransient!: boolean;

  @Field(() => Boolean, { description: "True where the address will never work and is best suppressed." })
  isDeadAddress!: boolean;
}

/** So many who failed for a reason, with what it means. */
export function failureGroup({ reason: word, count }: { reason: string; count: number }): FailureGroup {
  const reason = word as FailureReason;
  const { words, remedy, transient, deadAddress = false } = MEANINGS[reason];
  return { reason, count, words, remedy, isTransient: transient, isDeadAddress: deadAddress };
}

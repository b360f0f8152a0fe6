import { Field, Float, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import { checkQuietHours, type QuietHours } from "./quiet-hours.ts";
import type { Throttle } from "./throttle.ts";
import { ThrottleUnit } from "./throttle-unit.ts";

export enum QuietZone {
  RECIPIENT = "recipient",
  WORKSPACE = "workspace",
}

registerEnumType(QuietZone, {
  name: "QuietZone",
  description: "Whose clock quiet hours go by.",
  valuesConfig: {
    RECIPIENT: {
      description: "The recipient's own, by the field `time_zone` (IANA, Europe/Berlin); the workspace's without one.",
    },
    WORKSPACE: { description: "That of the workspace (`workspace.timeZone`)." },
  },
});

@InputType("ThrottleInput", { description: "How fast messages may leave." })
@ObjectType("Throttle", { description: "How fast messages may leave." })
export class ThrottleType implements Throttle {
  @Field(() => Int, { description: "So many messages, 1 to 1000000." })
  messages!: number;

  @Field(() => ThrottleUnit, {
    description: "… in this time. Spread evenly; over any time at most a second's worth more (at least one message).",
  })
  per!: ThrottleUnit;
}

@InputType("QuietHoursInput", { description: "When nobody is written to." })
@ObjectType("QuietHours", { description: "When nobody is written to." })
export class QuietHoursType implements QuietHours {
  @Field(() => String, { description: "When it gets quiet, `21:00`, by a clock on the wall there." })
  from!: string;

  @Field(() => String, { description: "When messages go out again, `09:00`; earlier than `from`: on the next day." })
  to!: string;

  @Field(() => [Int], {
    defaultValue: [1, 2, 3, 4, 5, 6, 7],
    description: "The days on which messages go out at all: 1 for Monday to 7 for Sunday.",
  })
  days!: number[];

  @Field(() => QuietZone, { defaultValue: QuietZone.WORKSPACE, description: "Whose clock it goes by." })
  zone!: QuietZone;
}

const MESSAGES_MAX = 1_000_000;

export function checkThrottle(throttle: Throttle | null | undefined): UserError[] {
  if (!throttle || (throttle.messages >= 1 && throttle.messages <= MESSAGES_MAX)) return [];
  const words = `A throttle is a whole number of messages, from 1 to ${MESSAGES_MAX.toLocaleString("en")}.`;
  return [userError(UserErrorCode.INVALID, "throttle.messages", words)];
}

export function checkQuiet(quietHours: QuietHours | null | undefined): UserError[] {
  if (!quietHours) return [];
  return checkQuietHours(quietHours).map(({ field, message }) =>
    userError(UserErrorCode.INVALID, `quietHours.${field}`, message),
  );
}

export function checkFailureShare(field: string, share: number | null | undefined): UserError[] {
  if (share === null || share === undefined || (share > 0 && share <= 1)) return [];
  return [userError(UserErrorCode.INVALID, field, "A share of failures is more than 0 and at most 1 (0.2 for 20 %).")];
}

/** What may be set when a campaign is made, and changed while it sends. */
@InputType()
export abstract class LimitsInput {
  @Field(() => ThrottleType, { nullable: true, description: "How fast it sends; without one as fast as it can." })
  throttle?: ThrottleType | null;

  @Field(() => QuietHoursType, { nullable: true, description: "When it writes to nobody." })
  quietHours?: QuietHoursType | null;

  @Field(() => Float, {
    nullable: true,
    description: "The share of failures, more than 0 to 1, at which it pauses by itself (from 20 messages on).",
  })
  pauseAtFailureShare?: number | null;
}

export function checkLimits({ throttle, quietHours, pauseAtFailureShare }: LimitsInput): UserError[] {
  return [
    ...checkThrottle(throttle),
    ...checkQuiet(quietHours),
    ...checkFailureShare("pauseAtFailureShare", pauseAtFailureShare),
  ];
}

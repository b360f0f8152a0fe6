import { Field, Float, ID, InputType, Int } from "type-graphql";
import { isStorable } from "../platform/text.ts";
import { userError, UserError, UserErrorCode } from "../platform/user-error.ts";
import { Channel, type Simulation, USUAL_SIMULATION } from "./campaign.ts";
import { checkLimits, LimitsInput } from "./limits.ts";
import type { QuietHours } from "./quiet-hours.ts";
import type { Throttle } from "./throttle.ts";

/** Transports that are there without being configured. */
export const BUILT_IN = { SIMULATED: "simulated", CAUGHT: "caught" } as const;

/** Which channel each kind of configured transport serves. */
export const CHANNEL_OF: Readonly<Record<string, Channel>> = {
  smtp: Channel.EMAIL,
  sms: Channel.SMS,
  webhook: Channel.WEBHOOK,
};
import { checkMessage, type MessageTemplate } from "./template.ts";

export const NAME_CHARACTERS_MAX = 200;
export const SUBJECT_CHARACTERS_MAX = 500;
export const BODY_CHARACTERS_MAX = 100_000;
/** Ten minutes: the longest a mail server may take over its last reply (RFC 5321, 4.5.3.2.6). */
export const SIMULATED_DELAY_MS_MAX = 600_000;

@InputType({ description: "Settings of the simulator; what is left out is a usual mail server." })
export class SimulationInput {
  @Field(() => Int, { nullable: true, description: "Seed of every random choice, 0 or more. Default 1." })
  seed?: number;

  @Field(() => Int, {
    nullable: true,
    description: "Median time of one send in milliseconds, 0 to 600000. Default 25.",
  })
  delayMs?: number;

  @Field(() => Float, { nullable: true, description: "Sigma of the log-normal send time, 0 to 3. Default 0.5." })
  delaySpread?: number;

  @Field(() => Float, { nullable: true, description: "Share of tries that fail for now, 0 to 1. Default 0.04." })
  transientFailureShare?: number;

  @Field(() => Float, { nullable: true, description: "Share of recipients that fail for good, 0 to 1. Default 0.01." })
  permanentFailureShare?: number;

  @Field(() => Float, {
    nullable: true,
    description: "Share of the customers who got the message and answer it, 0 to 1. Default 0: nobody.",
  })
  answerShare?: number;

  @Field(() => Int, {
    nullable: true,
    description: "Median time from getting the message to the answer in milliseconds, 0 to 600000. Default 20000.",
  })
  answerDelayMs?: number;
}

@InputType({ description: "A new campaign." })
export class CreateCampaignInput extends LimitsInput {
  @Field(() => String, { description: "What its people call it, 1 to 200 characters." })
  name!: string;

  @Field(() => Channel, { defaultValue: Channel.EMAIL, description: "How customers are written to." })
  channel!: Channel;

  @Field(() => String, {
    nullable: true,
    description: "Subject line with `{{ placeholders }}`, one line of at most 500 characters; e-mail only.",
  })
  subject?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The message with `{{ placeholders }}`, at most 100000 characters: `{{ first_name | default: "there" }}`, `{{ fields["order no"] }}`, `{% if city %}…{% endif %}`, `{{ link }}`. Null: it is made from the HTML part.',
  })
  body?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "HTML part with `{{ placeholders }}`, at most 100000 characters; e-mail only. Null: it is made from the text.",
  })
  html?: string | null;

  @Field(() => ID, {
    defaultValue: BUILT_IN.SIMULATED,
    description:
      "How it leaves: the id of a transport of the workspace, or a built-in one: `simulated` (nothing leaves) or `caught` (the mail server inside, which delivers nothing; e-mail only).",
  })
  transportId?: string;

  @Field(() => SimulationInput, { nullable: true, description: "How the built-in simulator answers." })
  simulation?: SimulationInput;

  @Field(() => String, {
    nullable: true,
    description:
      "Makes a repeated call harmless for 24 hours: the same key with the same input answers with the same campaign.",
  })
  idempotencyKey?: string;
}

export interface NewCampaign {
  name: string;
  channel: Channel;
  /** A built-in transport, or the kind of the configured one. */
  transport: string;
  /** The configured one. */
  transportId?: string | null;
  subject: string | null;
  body: string | null;
  html: string | null;
  simulation: Simulation | null;
  throttle?: Throttle | null;
  quietHours?: QuietHours | null;
  pauseAtFailureShare?: number | null;
}

/** Reads the input into what is stored, or says everything that is wrong with it at once. */
export function newCampaign(input: CreateCampaignInput): { campaign: NewCampaign } | { userErrors: UserError[] } {
  const transport = input.transportId ?? BUILT_IN.SIMULATED;
  const simulation = { ...USUAL_SIMULATION, ...defined(input.simulation ?? {}) };
  const name = input.name.trim();
  const userErrors = [
    !name && userError(UserErrorCode.REQUIRED, "name", "Give the campaign a name."),
    ...tooLong("name", name, NAME_CHARACTERS_MAX),
    unstorable("name", name),
    ...messageErrors(messageOf(input), input.channel),
    ...outOfRange(simulation),
    ...checkLimits(input),
    transport === BUILT_IN.CAUGHT &&
      input.channel !== Channel.EMAIL &&
      userError(UserErrorCode.INVALID, "transportId", "The mail server inside takes e-mail only."),
  ].filter((error): error is UserError => Boolean(error));
  if (userErrors.length > 0) return { userErrors };
  return {
    campaign: {
      name,
      channel: input.channel,
      transport,
      ...messageOf(input),
      simulation: transport === BUILT_IN.SIMULATED ? simulation : null,
      throttle: input.throttle ?? null,
      quietHours: input.quietHours ?? null,
      pauseAtFailureShare: input.pauseAtFailureShare ?? null,
    },
  };
}

/** Everything that is wrong with a message, each with its place. */
export function messageErrors(message: MessageTemplate, channel: Channel): UserError[] {
  const { subject, body, html } = message;
  const userErrors = [
    ...tooLong("subject", subject, SUBJECT_CHARACTERS_MAX),
    ...tooLong("body", body, BODY_CHARACTERS_MAX),
    ...tooLong("html", html, BODY_CHARACTERS_MAX),
    ...(["subject", "body", "html"] as const).map((field) => unstorable(field, message[field])),
    /[\r\n]/.test(subject ?? "") && userError(UserErrorCode.INVALID, "subject", "The subject must be a single line."),
    html && channel === Channel.SMS && userError(UserErrorCode.INVALID, "html", "A text message has no HTML part."),
  ].filter((error): error is UserError => Boolean(error));
  if (userErrors.length > 0) return userErrors;
  return checkMessage(message, channel).map(({ field, line, column, words }) =>
    userError(UserErrorCode.INVALID, field, `Line ${line}, column ${column}: ${words}`, { line, column }),
  );
}

function messageOf({ subject, body, html }: Partial<MessageTemplate>): MessageTemplate {
  return { subject: subject ?? null, body: body ?? null, html: html ?? null };
}

const SIMULATION_RANGES: Record<keyof Simulation, [number, number]> = {
  seed: [0, 2 ** 31 - 1],
  delayMs: [0, SIMULATED_DELAY_MS_MAX],
  delaySpread: [0, 3],
  transientFailureShare: [0, 1],
  permanentFailureShare: [0, 1],
  answerShare: [0, 1],
  answerDelayMs: [0, SIMULATED_DELAY_MS_MAX],
};

function outOfRange(simulation: Simulation): UserError[] {
  return Object.entries(SIMULATION_RANGES)
    .filter(
      ([key, [low, high]]) =>
        !(simulation[key as keyof Simulation] >= low && simulation[key as keyof Simulation] <= high),
    )
    .map(([key, [low, high]]) =>
      userError(UserErrorCode.INVALID, `simulation.${key}`, `${key} must be from ${low} to ${high}.`),
    );
}

function tooLong(field: string, text: string | null, charactersMax: number): UserError[] {
  if ((text?.length ?? 0) <= charactersMax) return [];
  const words = `The ${field} has ${text?.length} characters; at most ${charactersMax} are allowed.`;
  return [userError(UserErrorCode.TOO_LONG, field, words)];
}

function unstorable(field: string, text: string | null): UserError | false {
  const words = `The ${field} contains a character that is none (NUL, or half of one).`;
  return text !== null && !isStorable(text) && userError(UserErrorCode.INVALID, field, words);
}

function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null),
  ) as Partial<T>;
}

import { Field, ID, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { GraphQLJSONObject } from "graphql-scalars";
import { type Campaign, Channel } from "../campaigns/campaign.ts";
import { messageErrors } from "../campaigns/create-campaign.ts";
import {
  compileMessage,
  type CompiledMessage,
  type MessageTemplate,
  type MessageVariable,
  UnfilledError,
} from "../campaigns/template.ts";
import { userError, UserError, UserErrorCode } from "../platform/user-error.ts";
import { type Addressed, messageValues } from "./message-values.ts";
import { Recipient } from "./recipient.ts";

export enum MessagePart {
  SUBJECT = "subject",
  BODY = "body",
  HTML = "html",
}

registerEnumType(MessagePart, {
  name: "MessagePart",
  description: "A part of a message, as it is written.",
  valuesConfig: {
    SUBJECT: { description: "The subject line." },
    BODY: { description: "The text." },
    HTML: { description: "The HTML part." },
  },
});

@InputType({ description: "A customer to show a message with, who need not be anybody's." })
export class PreviewCustomerInput {
  @Field(() => String, { nullable: true, description: "Name." })
  name?: string | null;

  @Field(() => String, { nullable: true, description: "E-mail address." })
  email?: string | null;

  @Field(() => String, { nullable: true, description: "Phone number." })
  phone?: string | null;

  @Field(() => GraphQLJSONObject, { nullable: true, description: "Own fields by name." })
  fields?: Record<string, unknown> | null;
}

@InputType({ description: "A message to look at, and with whom." })
export class PreviewMessageInput {
  @Field(() => Channel, { defaultValue: Channel.EMAIL, description: "How customers are written to." })
  channel!: Channel;

  @Field(() => String, { nullable: true, description: "Subject line, as in `createCampaign`." })
  subject?: string | null;

  @Field(() => String, { nullable: true, description: "The text, as in `createCampaign`." })
  body?: string | null;

  @Field(() => String, { nullable: true, description: "The HTML part, as in `createCampaign`." })
  html?: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      "With the first three recipients of this campaign, through its channel. Without subject, body and html it is the campaign's own message that is shown.",
  })
  campaignId?: string | null;

  @Field(() => ID, { nullable: true, description: "With this recipient of the campaign, in place of its first three." })
  recipientId?: string | null;

  @Field(() => PreviewCustomerInput, {
    nullable: true,
    description:
      "With this customer, where no campaign is given. Without either, somebody and their fields are made up.",
  })
  customer?: PreviewCustomerInput | null;
}

@ObjectType({ description: "A message as one customer would get it; its links lead nowhere." })
export class PreviewedMessage {
  @Field(() => Recipient, { nullable: true, description: "To whom; null for a customer who is in no campaign." })
  recipient!: Recipient | null;

  @Field(() => String, { nullable: true, description: "Subject line; e-mail only." })
  subject!: string | null;

  @Field(() => String, { nullable: true, description: "The text; null when nothing would be sent." })
  text!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The HTML part; e-mail only. It is what its author wrote: show it where it can do nothing.",
  })
  html!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The field that this customer lacks and that has no default: they would not be written to.",
  })
  missingField!: string | null;
}

@ObjectType("MessageVariable", { description: "Something that a message fills in." })
export class ShownVariable implements MessageVariable {
  @Field(() => String, {
    description: "A field's name, or `name`, `first_name`, `email`, `phone`, `link`, `unsubscribe_link`.",
  })
  name!: string;

  @Field(() => Boolean, {
    description: "Whoever lacks it is written to all the same: it has a default, or stands in an {% if %}.",
  })
  hasDefault!: boolean;

  @Field(() => [MessagePart], { description: "The parts that use it." })
  in!: MessagePart[];
}

@ObjectType({ description: "A message as customers would get it, or what is wrong with it." })
export class MessagePreview {
  @Field(() => [PreviewedMessage], { description: "One a customer, at most three; empty when it cannot be read." })
  messages!: PreviewedMessage[];

  @Field(() => [ShownVariable], { description: "All that it fills in, each once." })
  variables!: ShownVariable[];

  @Field(() => [UserError], { description: "What is wrong with it, each with its place. Empty means: it can be sent." })
  userErrors!: UserError[];
}

@ObjectType({ description: "A field that a campaign's message needs and that recipients lack." })
export class MissingField {
  @Field(() => String, { description: "The field's name." })
  name!: string;

  @Field(() => Int, { description: "How many recipients lack it, or have it blank." })
  recipients!: number;
}

export function refusedPreview(userErrors: UserError[]): MessagePreview {
  return { messages: [], variables: [], userErrors };
}

/** A recipient is looked for in a campaign alone. */
export function inputErrors({ campaignId, recipientId }: PreviewMessageInput): UserError[] {
  if (typeof recipientId !== "string" || typeof campaignId === "string") return [];
  return [userError(UserErrorCode.REQUIRED, "campaignId", "Name the campaign that the recipient is in.")];
}

/** Links as long as real ones, that open nothing. */
export function sampleLinks(origin: string): { link: string; unsubscribeUrl: string } {
  const token = "preview".padEnd(44, "-");
  return { link: `${origin}/r/${token}`, unsubscribeUrl: `${origin}/u/${token}` };
}

/** The message that the input asks to see: its own, or the campaign's where it brings none. */
export function messageIn(
  input: PreviewMessageInput,
  campaign: Campaign | null,
): { message: MessageTemplate; channel: Channel } {
  const channel = campaign?.channel ?? input.channel;
  const { subject = null, body = null, html = null } = input;
  const isOwn = subject !== null || body !== null || html !== null || !campaign;
  return { message: isOwn ? { subject, body, html } : campaign, channel };
}

/** Renders for these customers, or for somebody made up when there are none. */
export function previewMessage(
  message: MessageTemplate,
  channel: Channel,
  { customers, origin }: { customers: (Addressed | Recipient)[]; origin: string },
): MessagePreview {
  const userErrors = messageErrors(message, channel);
  if (userErrors.length > 0) return refusedPreview(userErrors);
  const compiled = compileMessage(message, channel);
  const shown = customers.length > 0 ? customers : [madeUp(compiled)];
  const links = sampleLinks(origin);
  return {
    messages: shown.map((customer) => ({
      recipient: "campaignId" in customer ? customer : null,
      ...rendered(compiled, customer, links),
    })),
    variables: compiled.variables as ShownVariable[],
    userErrors: [],
  };
}

/** A customer as given by the caller; what is no text, number or boolean is not there. */
export function customerIn({ name, email, phone, fields }: PreviewCustomerInput): Addressed {
  const own = Object.entries(fields ?? {}).filter(([, value]) =>
    ["string", "number", "boolean"].includes(typeof value),
  );
  return {
    ...{ name: name ?? null, email: email ?? null, phone: phone ?? null },
    fields: Object.fromEntries(own) as Addressed["fields"],
  };
}

function rendered(
  compiled: CompiledMessage,
  customer: Addressed,
  links: { link: string; unsubscribeUrl: string },
): Omit<PreviewedMessage, "recipient"> {
  try {
    return { ...compiled.render(messageValues(customer, links)), missingField: null };
  } catch (error) {
    if (!(error instanceof UnfilledError)) throw error;
    return { subject: null, text: null, html: null, missingField: error.field };
  }
}

/** Somebody of nobody's, who has every field that the message fills in. */
function madeUp({ variables }: CompiledMessage): Addressed {
  return {
    ...{ name: "Ada Amber", email: "ada.amber@example.com", phone: "+49 30 901820" },
    fields: Object.fromEntries(
      variables.filter(({ name }) => name !== "first_name").map(({ name }) => [name, `[${name}]`]),
    ),
  };
}

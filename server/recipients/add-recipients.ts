import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { GraphQLJSONObject } from "graphql-scalars";
import { Campaign, Channel } from "../campaigns/campaign.ts";
import { isStorable } from "../platform/text.ts";
import { userError, UserError, UserErrorCode } from "../platform/user-error.ts";
import { addressKey, normaliseCustomerEmail, normalisePhone } from "./address.ts";

/** The most recipients of one call; larger sets come in several calls or as an import. */
export const RECIPIENTS_PER_CALL_MAX = 1000;
const NAME_CHARACTERS_MAX = 200;
/** Own fields of one recipient, whichever way they came: exports of large programs have a hundred columns and more. */
export const FIELDS_MAX = 200;
export const FIELD_NAME_CHARACTERS_MAX = 80;
export const FIELD_CHARACTERS_MAX = 2000;

@InputType({ description: "One customer." })
export class RecipientInput {
  @Field(() => String, { nullable: true, description: "Name, at most 200 characters." })
  name?: string | null;

  @Field(() => String, { nullable: true, description: "E-mail address. Required in an EMAIL campaign." })
  email?: string | null;

  @Field(() => String, { nullable: true, description: "Phone number, 5 to 15 digits. Required in an SMS campaign." })
  phone?: string | null;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description: "Own fields by name: texts of at most 2000 characters, numbers and booleans; at most 200.",
  })
  fields?: Record<string, unknown> | null;
}

@InputType({ description: "Customers to add to a campaign." })
export class AddRecipientsInput {
  @Field(() => ID, { description: "The campaign. It may be sending already: whom you add joins the run." })
  campaignId!: string;

  @Field(() => [RecipientInput], { description: "The customers, at most 1000 a call." })
  recipients!: RecipientInput[];
}

@ObjectType({ description: "What became of the recipients: `added + duplicates + invalid` is the number given." })
export class AddRecipientsPayload {
  @Field(() => Campaign, { nullable: true, description: "The campaign as it stands now." })
  campaign!: Campaign | null;

  @Field(() => Int, { description: "How many are new in the campaign." })
  added!: number;

  @Field(() => Int, {
    description: "How many were skipped because the campaign, or this call, already has their address.",
  })
  duplicates!: number;

  @Field(() => Int, { description: "How many were refused; `userErrors` says which and why." })
  invalid!: number;

  @Field(() => [String], { description: "The addresses of the duplicates, normalised." })
  duplicateAddresses!: string[];

  @Field(() => [UserError], {
    description: "One for each value that was refused, with its place: `recipients[3].email`.",
  })
  userErrors!: UserError[];
}

export interface NewRecipient {
  addressKey: string;
  name: string | null;
  email: string | null;
  phone: string | null;
  /** The addresses as they were written, where that differs. */
  emailGiven: string | null;
  phoneGiven: string | null;
  fields: Record<string, string | number | boolean>;
}

/**
 * Reads one customer into what is stored, or says everything that is wrong with it and where. `readPhone`: for whoever
 * has read the number already, since that costs more than all the rest.
 */
export function newRecipient(
  input: RecipientInput,
  channel: Channel,
  path: string,
  readPhone: typeof normalisePhone = normalisePhone,
): { recipient: NewRecipient } | { userErrors: UserError[] } {
  const userErrors: UserError[] = [];
  const refuse = (code: UserErrorCode, field: string, words: string) =>
    userErrors.push(userError(code, `${path}.${field}`, words));

  const email = input.email?.trim() ? normaliseCustomerEmail(input.email) : null;
  if (email && "problem" in email) refuse(UserErrorCode.INVALID, "email", `${email.problem}.`);
  const phone = input.phone?.trim() ? readPhone(input.phone) : null;
  if (phone && "problem" in phone) refuse(UserErrorCode.INVALID, "phone", `${phone.problem}.`);

  if (channel === Channel.EMAIL && !email) refuse(UserErrorCode.REQUIRED, "email", "An e-mail address is needed.");
  if (channel === Channel.SMS && !phone) refuse(UserErrorCode.REQUIRED, "phone", "A phone number is needed.");
  if (channel === Channel.WEBHOOK && !email && !phone) {
    refuse(UserErrorCode.REQUIRED, "email", "An e-mail address or a phone number is needed.");
  }

  const name = input.name?.trim() || null;
  if (name && name.length > NAME_CHARACTERS_MAX) {
    refuse(UserErrorCode.TOO_LONG, "name", `The name has ${name.length} characters; at most 200 are allowed.`);
  }
  if (name && !isStorable(name))
    refuse(UserErrorCode.INVALID, "name", "The name contains a character that is none (NUL, or half of one).");
  for (const problem of fieldProblems(input.fields ?? {})) refuse(UserErrorCode.INVALID, problem.field, problem.words);

  if (userErrors.length > 0) return { userErrors };
  const reached = { email: email && "email" in email ? email : null, phone: phone && "phone" in phone ? phone : null };
  const address = channel === Channel.SMS ? reached.phone : (reached.email ?? reached.phone);
  if (!address) throw new Error("a recipient without an address passed the checks");
  return {
    recipient: {
      addressKey: addressKey(address),
      name,
      email: reached.email?.email ?? null,
      phone: reached.phone?.phone ?? null,
      emailGiven: reached.email && reached.email.email !== input.email ? (input.email ?? null) : null,
      phoneGiven: reached.phone && reached.phone.phone !== input.phone ? (input.phone ?? null) : null,
      fields: (input.fields ?? {}) as NewRecipient["fields"],
    },
  };
}

function* fieldProblems(fields: Record<string, unknown>): Iterable<{ field: string; words: string }> {
  const entries = Object.entries(fields);
  if (entries.length > FIELDS_MAX) {
    yield { field: "fields", words: `There are ${entries.length} own fields; at most ${FIELDS_MAX} are allowed.` };
  }
  for (const [key, value] of entries) {
    const field = `fields.${key.slice(0, FIELD_NAME_CHARACTERS_MAX)}`;
    if (key === "" || key.length > FIELD_NAME_CHARACTERS_MAX || !isStorable(key)) {
      yield { field, words: "A field's name has 1 to 80 characters, none of them NUL." };
    } else if (!["string", "boolean"].includes(typeof value) && !Number.isFinite(value)) {
      yield { field, words: "A field holds a text, a number or a boolean." };
    } else if (typeof value === "string" && (value.length > FIELD_CHARACTERS_MAX || !isStorable(value))) {
      yield { field, words: `A field's text has at most ${FIELD_CHARACTERS_MAX} characters, none of them NUL.` };
    }
  }
}

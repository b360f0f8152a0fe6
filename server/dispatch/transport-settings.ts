import { Field, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from "type-graphql";
import { Column, Entity, PrimaryColumn } from "typeorm";
import { ThrottleUnit } from "../campaigns/throttle-unit.ts";

/** The kinds of transports that a workspace configures. */
export enum ConfiguredKind {
  SMTP = "smtp",
  SMS = "sms",
  WEBHOOK = "webhook",
}

/** How the way to a mail server is encrypted. */
export enum SmtpSecurity {
  TLS = "tls",
  STARTTLS = "starttls",
  NONE = "none",
}

export enum SmsPreset {
  TWILIO = "twilio",
}

registerEnumType(ConfiguredKind, {
  name: "TransportKind",
  description: "What a transport speaks.",
  valuesConfig: {
    SMTP: { description: "E-mail, through a mail server." },
    SMS: { description: "Text messages, through a provider's HTTP interface." },
    WEBHOOK: { description: "Calls to another service, signed." },
  },
});

registerEnumType(SmtpSecurity, {
  name: "SmtpSecurity",
  description: "How the way to a mail server is encrypted.",
  valuesConfig: {
    TLS: { description: "From the first byte on; usually port 465." },
    STARTTLS: { description: "After a greeting, and never without; usually port 587." },
    NONE: { description: "Not at all: whoever is on the way reads mails and password. For a server on this machine." },
  },
});

registerEnumType(SmsPreset, {
  name: "SmsPreset",
  description: "Whose HTTP interface a provider of text messages speaks.",
  valuesConfig: { TWILIO: { description: "Twilio's, which others speak too." } },
});

/** What may be shown of a mail server. */
export interface SmtpConfig {
  host: string;
  port: number;
  security: `${SmtpSecurity}`;
  user: string | null;
  from: { name: string | null; address: string };
  replyTo: string | null;
  /** How many are open at once, from one worker process. */
  connections: number;
  dkim: { domain: string; selector: string } | null;
}

export interface SmtpSecrets {
  password?: string;
  /** A private key, in PEM. */
  dkimKey?: string;
}

export interface SmsConfig {
  preset: `${SmsPreset}`;
  /** Where the interface begins, without a slash at the end. */
  url: string;
  account: string;
  from: string;
}

export interface SmsSecrets {
  token?: string;
}

export interface WebhookConfig {
  url: string;
}

export interface WebhookSecrets {
  /** `whsec_` and random bytes in base64, as Standard Webhooks has it. */
  signingSecret: string;
}

/** What is configured, by its kind. */
export type Configured =
  | { kind: ConfiguredKind.SMTP; config: SmtpConfig; secrets: SmtpSecrets }
  | { kind: ConfiguredKind.SMS; config: SmsConfig; secrets: SmsSecrets }
  | { kind: ConfiguredKind.WEBHOOK; config: WebhookConfig; secrets: Partial<WebhookSecrets> };

@Entity("transport")
@ObjectType("Transport", { description: "A way for messages to leave that the workspace configured." })
export class ConfiguredTransport {
  @PrimaryColumn("uuid")
  @Field(() => ID, { description: "Stable id." })
  id!: string;

  @Column("uuid", { name: "workspace_id" })
  workspaceId!: string;

  @Column("text")
  @Field(() => String, { description: "What it is called in the workspace." })
  name!: string;

  @Column("text")
  @Field(() => ConfiguredKind, { description: "What it speaks." })
  kind!: ConfiguredKind;

  @Column("jsonb")
  config!: SmtpConfig | SmsConfig | WebhookConfig;

  /** Sealed for this row; null: it has none. */
  @Column("bytea", { nullable: true })
  secrets!: Buffer | null;

  @Column("int")
  @Field(() => Int, { description: "Grows with each change of its settings." })
  version!: number;

  @Column("timestamptz", { name: "created_at" })
  @Field(() => GraphQLISODateTime, { description: "When it was made." })
  createdAt!: Date;

  @Column("timestamptz", { name: "updated_at" })
  @Field(() => GraphQLISODateTime, { description: "When its settings were last changed." })
  updatedAt!: Date;

  /** Where they were read along with the row. */
  limits?: TransportLimit[];
}

/** For which place a transport's secrets are sealed. */
export function aboutSecretsOf({ workspaceId, id }: { workspaceId: string; id: string }): string {
  return `${workspaceId}/${id}`;
}

@ObjectType({ description: "A mail server, without what is secret." })
export class SmtpSettings {
  @Field(() => String, { description: "Its name or address." })
  host!: string;

  @Field(() => Int, { description: "Its port." })
  port!: number;

  @Field(() => SmtpSecurity, { description: "How the way there is encrypted." })
  security!: SmtpSecurity;

  @Field(() => String, { nullable: true, description: "As whom to sign in; null: it asks for nobody." })
  user!: string | null;

  @Field(() => Boolean, { description: "Whether a password is kept for it. No API tells which." })
  hasPassword!: boolean;

  @Field(() => String, { description: "The sender's address." })
  from!: string;

  @Field(() => String, { nullable: true, description: "The sender's name, as customers see it." })
  fromName!: string | null;

  @Field(() => String, { nullable: true, description: "Where answers go; null: to the sender." })
  replyTo!: string | null;

  @Field(() => Int, { description: "How many connections each worker process keeps at most." })
  connections!: number;

  @Field(() => String, { nullable: true, description: "The domain in whose name mails are signed (DKIM); null: not." })
  dkimDomain!: string | null;

  @Field(() => String, { nullable: true, description: "Under which name in that domain the public key stands." })
  dkimSelector!: string | null;

  @Field(() => Boolean, { description: "Whether a private key for signing is kept. No API tells which." })
  hasDkimKey!: boolean;
}

@ObjectType({ description: "A provider of text messages, without what is secret." })
export class SmsSettings {
  @Field(() => SmsPreset, { description: "Whose interface it speaks." })
  preset!: SmsPreset;

  @Field(() => String, { description: "Where its interface begins." })
  url!: string;

  @Field(() => String, { description: "The account there." })
  account!: string;

  @Field(() => String, { description: "The number or name that messages come from." })
  from!: string;

  @Field(() => Boolean, { description: "Whether a token is kept for it. No API tells which." })
  hasToken!: boolean;
}

@ObjectType({ description: "A service that is called for each message, without the secret that signs the calls." })
export class WebhookSettings {
  @Field(() => String, { description: "Where it is called." })
  url!: string;

  @Field(() => Boolean, { description: "Whether a secret for signing is kept. It was shown once, when it was made." })
  hasSigningSecret!: boolean;
}

@ObjectType({ description: "How many messages may go out in a time, for all campaigns together." })
export class TransportLimit {
  @Field(() => String, { description: "Through the transport to this domain; empty: through the transport at all." })
  domain!: string;

  @Field(() => Int, { description: "So many messages." })
  messages!: number;

  @Field(() => ThrottleUnit, { description: "In so long." })
  per!: ThrottleUnit;
}

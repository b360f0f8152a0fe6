import { createPrivateKey, type KeyObject } from "node:crypto";
import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { Field, InputType, Int } from "type-graphql";
import { isStorable } from "../platform/text.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import { normaliseCustomerEmail } from "../recipients/address.ts";
import {
  type Configured,
  ConfiguredKind,
  type SmsConfig,
  SmsPreset,
  type SmsSecrets,
  type SmtpConfig,
  type SmtpSecrets,
  SmtpSecurity,
  type WebhookConfig,
} from "./transport-settings.ts";

const SECRET_NOTE = "Kept sealed and never shown. Left out or null: the one that is kept stays.";

@InputType({ description: "A mail server." })
export class SmtpInput {
  @Field(() => String, { description: "Its name or address, without `smtp://` and without the port." })
  host!: string;

  @Field(() => Int, { nullable: true, description: "Its port. Left out: 465 for TLS, 587 for STARTTLS, 25 for NONE." })
  port?: number | null;

  @Field(() => SmtpSecurity, { defaultValue: SmtpSecurity.STARTTLS, description: "How the way there is encrypted." })
  security!: SmtpSecurity;

  @Field(() => String, { nullable: true, description: "As whom to sign in; left out: as nobody." })
  user?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `The password. ${SECRET_NOTE} Another host, or no encryption, needs it anew.`,
  })
  password?: string | null;

  @Field(() => String, { description: "The sender's address." })
  from!: string;

  @Field(() => String, { nullable: true, description: "The sender's name, as customers see it." })
  fromName?: string | null;

  @Field(() => String, { nullable: true, description: "Where answers go; left out: to the sender." })
  replyTo?: string | null;

  @Field(() => Int, { defaultValue: 5, description: "How many connections each worker process keeps, 1 to 50." })
  connections!: number;

  @Field(() => String, { nullable: true, description: "The domain in whose name to sign (DKIM); left out: not." })
  dkimDomain?: string | null;

  @Field(() => String, { nullable: true, description: "Under which name in that domain the public key stands." })
  dkimSelector?: string | null;

  @Field(() => String, { nullable: true, description: `The private key for signing, RSA, in PEM. ${SECRET_NOTE}` })
  dkimKey?: string | null;
}

@InputType({ description: "A provider of text messages." })
export class SmsInput {
  @Field(() => SmsPreset, { defaultValue: SmsPreset.TWILIO, description: "Whose interface it speaks." })
  preset!: SmsPreset;

  @Field(() => String, { nullable: true, description: "Where its interface begins; left out: at the preset's own." })
  url?: string | null;

  @Field(() => String, { description: "The account there." })
  account!: string;

  @Field(() => String, { nullable: true, description: `The token. ${SECRET_NOTE} Another host needs it anew.` })
  token?: string | null;

  @Field(() => String, { description: "The number, name or service that messages come from." })
  from!: string;
}

@InputType({ description: "A service to call for each message." })
export class WebhookInput {
  @Field(() => String, { description: "Where to call it; https alone." })
  url!: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description: "Makes a new secret for signing, which the payload shows once; the one before ends at once.",
  })
  newSigningSecret!: boolean;
}

/** Exactly one of them is to be given; the others are left out. */
export interface KindInputs {
  smtp?: SmtpInput | null | undefined;
  sms?: SmsInput | null | undefined;
  webhook?: WebhookInput | null | undefined;
}

/** What is configured, or everything that is wrong with it, with its place in the input. */
export type Read<T> = { read: T; problems: null } | { read: null; problems: UserError[] };

const TEXT_CHARACTERS_MAX = 200;
const SECRET_CHARACTERS_MAX = 1000;
const PEM_CHARACTERS_MAX = 20_000;
const CONNECTIONS_MAX = 50;
/** Shorter keys are ignored by the large receivers (RFC 8301). */
const DKIM_BITS_MIN = 1024;
const TWILIO_URL = "https://api.twilio.com";
const USUAL_PORT: Record<SmtpSecurity, number> = {
  [SmtpSecurity.TLS]: 465,
  [SmtpSecurity.STARTTLS]: 587,
  [SmtpSecurity.NONE]: 25,
};

/** Reads the settings of a new transport, or of one that is changed: then `before` is what it had. */
export function readKind(
  input: KindInputs,
  before: Configured | null,
  newSigningSecret: () => string,
): Read<Configured> {
  const given = [input.smtp && "smtp", input.sms && "sms", input.webhook && "webhook"].filter(Boolean);
  if (given.length !== 1) {
    const words =
      given.length === 0 ? "Give one of smtp, sms and webhook." : `Give one alone, not ${given.join(" and ")}.`;
    return refused([
      userError(given.length === 0 ? UserErrorCode.REQUIRED : UserErrorCode.INVALID, given[1] ?? null, words),
    ]);
  }
  const field = given[0]!;
  if (before && before.kind !== (field as ConfiguredKind))
    return refused([wrong(field, `This transport is of the kind ${before.kind}, and stays so. Make a new one.`)]);
  if (input.smtp) return readSmtp(input.smtp, before?.kind === ConfiguredKind.SMTP ? before : null);
  if (input.sms) return readSms(input.sms, before?.kind === ConfiguredKind.SMS ? before : null);
  const kept = before?.kind === ConfiguredKind.WEBHOOK ? before.secrets.signingSecret : undefined;
  return readWebhook(input.webhook!, kept, newSigningSecret);
}

function readSmtp(input: SmtpInput, before: { config: SmtpConfig; secrets: SmtpSecrets } | null): Read<Configured> {
  const problems = new Problems();
  const host = problems.take(readHost("smtp.host", input.host));
  const port = input.port ?? USUAL_PORT[input.security];
  if (port < 1 || port > 65_535) problems.add(wrong("smtp.port", "A port is a number from 1 to 65535."));
  const user = problems.take(readText("smtp.user", "The user name", input.user));
  const from = problems.take(readAddress("smtp.from", input.from, "Say from which address the mails come."));
  const fromName = problems.take(readText("smtp.fromName", "The name", input.fromName));
  const replyTo = input.replyTo?.trim() ? problems.take(readAddress("smtp.replyTo", input.replyTo, "")) : null;
  if (input.connections < 1 || input.connections > CONNECTIONS_MAX)
    problems.add(wrong("smtp.connections", `From 1 to ${CONNECTIONS_MAX} connections are possible.`));
  const password = problems.take(readPassword(input, { host, user, before }));
  const dkim = problems.take(readDkim(input, before?.secrets.dkimKey));
  if (problems.all.length > 0 || !host || !from) return refused(problems.all);
  const config: SmtpConfig = {
    ...{ host, port, security: input.security, user },
    ...{ from: { name: fromName, address: from }, replyTo, connections: input.connections },
    dkim: dkim && { domain: dkim.domain, selector: dkim.selector },
  };
  const secrets: SmtpSecrets = { ...(password && { password }), ...(dkim && { dkimKey: dkim.key }) };
  return { read: { kind: ConfiguredKind.SMTP, config, secrets }, problems: null };
}

/**
 * The password that goes with the user. One that is kept goes to no other server and not over an open line: whoever
 * may change the settings could read it there.
 */
function readPassword(
  { password, security }: SmtpInput,
  {
    host,
    user,
    before,
  }: { host: string | null; user: string | null; before: { config: SmtpConfig; secrets: SmtpSecrets } | null },
): Read<string | null> {
  const place = "smtp.password";
  if (password) {
    if (!user) return refused([userError(UserErrorCode.REQUIRED, "smtp.user", "Say whose password it is.")]);
    return readSecret(place, "The password", password);
  }
  if (!user) return fine(null);
  const kept = before?.secrets.password;
  if (!kept)
    return refused([userError(UserErrorCode.REQUIRED, place, "Give the password that goes with the user name.")]);
  if (host !== before?.config.host)
    return refused([
      userError(
        UserErrorCode.REQUIRED,
        place,
        `The kept password is for ${before?.config.host}. Give the one for this server.`,
      ),
    ]);
  const opened = security === SmtpSecurity.NONE && (before.config.security as SmtpSecurity) !== SmtpSecurity.NONE;
  return opened
    ? refused([
        userError(
          UserErrorCode.REQUIRED,
          place,
          "The kept password is not sent without encryption. Give it again if you mean that.",
        ),
      ])
    : fine(kept);
}

function readDkim(
  { dkimDomain, dkimSelector, dkimKey }: SmtpInput,
  kept: string | undefined,
): Read<{ domain: string; selector: string; key: string } | null> {
  const [domainText, selector] = [dkimDomain?.trim() ?? "", dkimSelector?.trim() ?? ""];
  if (!domainText && !selector && !dkimKey) return fine(null);
  const problems = new Problems();
  const domain = domainText
    ? problems.take(readDomain("smtp.dkimDomain", domainText))
    : problems.add(userError(UserErrorCode.REQUIRED, "smtp.dkimDomain", "Say for which domain to sign."));
  if (!selector)
    problems.add(
      userError(UserErrorCode.REQUIRED, "smtp.dkimSelector", "Say under which selector the public key stands."),
    );
  else if (!SELECTOR.test(selector))
    problems.add(wrong("smtp.dkimSelector", "A selector is a word of letters, digits, - and _, such as mail2026."));
  const key = dkimKey?.trim()
    ? problems.take(readPem(dkimKey))
    : (kept ?? problems.add(userError(UserErrorCode.REQUIRED, "smtp.dkimKey", "Give the private key to sign with.")));
  return problems.all.length > 0 || !domain || !key ? refused(problems.all) : fine({ domain, selector, key });
}

const SELECTOR = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i;

function readPem(text: string): Read<string> {
  const place = "smtp.dkimKey";
  if (text.length > PEM_CHARACTERS_MAX) return refused([tooLong(place, "The key", PEM_CHARACTERS_MAX)]);
  const pem = text.trim().replaceAll("\r\n", "\n");
  if (/BEGIN (RSA )?PUBLIC KEY/.test(pem))
    return refused([wrong(place, "This is the public key, which belongs into DNS. Give the private one.")]);
  if (/ENCRYPTED/.test(pem))
    return refused([
      wrong(place, "This key is locked with a passphrase. Give it without one; it is kept sealed here."),
    ]);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    return refused([wrong(place, "This is no private key in PEM, from -----BEGIN PRIVATE KEY----- to the last line.")]);
  }
  if (key.asymmetricKeyType !== "rsa")
    return refused([
      wrong(place, `This is a key of the kind ${key.asymmetricKeyType}. Mails are signed with RSA keys.`),
    ]);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  return bits < DKIM_BITS_MIN
    ? refused([
        wrong(place, `This key has ${bits} bits. Receivers ignore those below ${DKIM_BITS_MIN}; make one of 2048.`),
      ])
    : fine(pem);
}

function readSms(input: SmsInput, before: { config: SmsConfig; secrets: SmsSecrets } | null): Read<Configured> {
  const problems = new Problems();
  const url = input.url?.trim() ? problems.take(readHttpsUrl("sms.url", input.url)) : TWILIO_URL;
  const account = problems.take(readText("sms.account", "The account", input.account));
  if (input.account.trim() === "")
    problems.add(userError(UserErrorCode.REQUIRED, "sms.account", "Say which account it is."));
  const from = problems.take(readText("sms.from", "The sender", input.from));
  if (input.from.trim() === "")
    problems.add(userError(UserErrorCode.REQUIRED, "sms.from", "Say from which number or name the messages come."));
  const token = problems.take(readToken(input, url, before));
  if (problems.all.length > 0 || !url || !account || !from || !token) return refused(problems.all);
  const config: SmsConfig = { preset: input.preset, url, account, from };
  return { read: { kind: ConfiguredKind.SMS, config, secrets: { token } }, problems: null };
}

function readToken(
  { token }: SmsInput,
  url: string | null,
  before: { config: SmsConfig; secrets: SmsSecrets } | null,
): Read<string> {
  const place = "sms.token";
  if (token) return readSecret(place, "The token", token);
  const kept = before?.secrets.token;
  if (!kept) return refused([userError(UserErrorCode.REQUIRED, place, "Give the token that goes with the account.")]);
  return url && new URL(url).origin !== new URL(before.config.url).origin
    ? refused([
        userError(UserErrorCode.REQUIRED, place, "The kept token is for another server. Give the one for this."),
      ])
    : fine(kept);
}

function readWebhook(input: WebhookInput, kept: string | undefined, newSecret: () => string): Read<Configured> {
  const { read: url, problems } = readHttpsUrl("webhook.url", input.url);
  if (problems) return refused(problems);
  const config: WebhookConfig = { url };
  const signingSecret = kept && !input.newSigningSecret ? kept : newSecret();
  return { read: { kind: ConfiguredKind.WEBHOOK, config, secrets: { signingSecret } }, problems: null };
}

/** A destination's domain as limits know it: in lower case, as DNS has it. */
export function readDomain(field: string, text: string): Read<string> {
  const domain = asDnsKnowsIt(text.trim().toLowerCase().replace(/\.$/, ""));
  return DOMAIN.test(domain) && domain.length <= 253
    ? fine(domain)
    : refused([wrong(field, `"${text.trim().slice(0, 80)}" is not a domain, such as example.com.`)]);
}

const LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const DOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})+$`);
/** A name in one's own network may have no dot. */
const HOST = new RegExp(`^${LABEL}(\\.${LABEL})*$`);

/** Empty for what is no name. The platform's function reads an address of the web: it would cut "a.example/x" off. */
function asDnsKnowsIt(name: string): string {
  return /^[\p{L}\p{M}\p{N}.-]*$/u.test(name) ? domainToASCII(name) : "";
}

function readHost(field: string, text: string): Read<string> {
  const host = text.trim().toLowerCase().replace(/\.$/, "");
  if (host === "")
    return refused([
      userError(UserErrorCode.REQUIRED, field, "Say which mail server it is, such as smtp.example.com."),
    ]);
  if (host.includes("://"))
    return refused([
      wrong(field, `Write the name alone, without ${host.slice(0, host.indexOf("://") + 3).slice(0, 20)}.`),
    ]);
  if (isIP(host)) return fine(host);
  if (/:\d*$/.test(host)) return refused([wrong(field, "Write the name alone; the port has a field of its own.")]);
  const ascii = asDnsKnowsIt(host);
  return HOST.test(ascii) && ascii.length <= 253
    ? fine(ascii)
    : refused([wrong(field, `"${host.slice(0, 80)}" is not the name of a server, such as smtp.example.com.`)]);
}

function readAddress(field: string, text: string, missing: string): Read<string> {
  if (text.trim() === "") return refused([userError(UserErrorCode.REQUIRED, field, missing)]);
  const read = normaliseCustomerEmail(text);
  return "email" in read ? fine(read.email) : refused([wrong(field, `${read.problem}.`)]);
}

/** One line that stands in settings and mails; blank counts as left out. */
function readText(field: string, what: string, text: string | null | undefined): Read<string | null> {
  const line = text?.trim() ?? "";
  if (line === "") return fine(null);
  if (line.length > TEXT_CHARACTERS_MAX) return refused([tooLong(field, what, TEXT_CHARACTERS_MAX)]);
  return isStorable(line) && !/\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(line)
    ? fine(line)
    : refused([wrong(field, `${what} contains a character that cannot be shown.`)]);
}

/** As it is given, blanks at its ends included. */
function readSecret(field: string, what: string, secret: string): Read<string> {
  if (secret.length > SECRET_CHARACTERS_MAX) return refused([tooLong(field, what, SECRET_CHARACTERS_MAX)]);
  return isStorable(secret) && !/\p{Cc}/u.test(secret)
    ? fine(secret)
    : refused([wrong(field, `${what} contains a line break, or another character that none has.`)]);
}

function readHttpsUrl(field: string, text: string): Read<string> {
  const given = text.trim();
  if (given === "")
    return refused([userError(UserErrorCode.REQUIRED, field, "Give an address that begins with https://.")]);
  const url = given.length <= 2000 && URL.canParse(given) ? new URL(given) : null;
  if (!url || url.protocol !== "https:" || !url.hostname)
    return refused([wrong(field, "Give an address that begins with https://.")]);
  if (url.username || url.password)
    return refused([wrong(field, "Leave user name and password out of the address: it is shown to your colleagues.")]);
  url.hash = "";
  return fine(url.href.replace(/\/$/, ""));
}

function wrong(field: string, words: string): UserError {
  return userError(UserErrorCode.INVALID, field, words);
}

function tooLong(field: string, what: string, most: number): UserError {
  return userError(UserErrorCode.TOO_LONG, field, `${what} is longer than ${most} characters.`);
}

function fine<T>(read: T): Read<T> {
  return { read, problems: null };
}

function refused(problems: UserError[]): { read: null; problems: UserError[] } {
  return { read: null, problems };
}

/** Everything that is wrong with an input is said at once. */
class Problems {
  readonly all: UserError[] = [];

  take<T>({ read, problems }: Read<T>): T | null {
    if (problems) this.all.push(...problems);
    return read;
  }

  add(problem: UserError): null {
    this.all.push(problem);
    return null;
  }
}

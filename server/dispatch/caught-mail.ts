import PostalMime, { decodeWords } from "postal-mime";
import { Field, GraphQLISODateTime, ID, ObjectType } from "type-graphql";
import { Column, Entity, PrimaryColumn } from "typeorm";
import type { SmtpConfig, SmtpSecrets } from "./transport-settings.ts";

@Entity("caught_mail")
@ObjectType({ description: "A mail that went to the mail server inside, which delivers nothing." })
export class CaughtMail {
  @PrimaryColumn("uuid")
  @Field(() => ID, { description: "Stable id." })
  id!: string;

  @Column("uuid", { name: "workspace_id" })
  workspaceId!: string;

  @Column("timestamptz", { name: "received_at" })
  @Field(() => GraphQLISODateTime, { description: "When it came in." })
  receivedAt!: Date;

  @Column("text", { name: "sender" })
  @Field(() => String, { description: "From whom, as the mail says." })
  from!: string;

  @Column("text", { name: "recipient" })
  @Field(() => String, { description: "To which address it was handed over." })
  to!: string;

  @Column("text")
  @Field(() => String, { description: "Its subject; empty when it has none." })
  subject!: string;
}

@ObjectType({ description: "A line of a mail's head." })
export class MailHeader {
  @Field(() => String, { description: "What it is called." })
  name!: string;

  @Field(() => String, { description: "What it says." })
  value!: string;
}

@ObjectType({ description: "A caught mail with all that is in it." })
export class OpenedCaughtMail extends CaughtMail {
  @Field(() => String, { nullable: true, description: "Its plain text; null when it has none." })
  text!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Its HTML as it came, by a stranger's hand: show it in a sandbox. Null when it has none.",
  })
  html!: string | null;

  @Field(() => [MailHeader], { description: "The lines of its head, in their order." })
  headers!: MailHeader[];

  @Field(() => String, {
    nullable: true,
    description: "Where it asks its reader to go: its first link, unsubscribing apart.",
  })
  link!: string | null;

  @Field(() => String, { description: "The mail as it came." })
  raw!: string;
}

/** What is kept beside a mail itself, from its head. */
export interface MailHead {
  from: string;
  subject: string;
  messageId: string | null;
}

/** Lists show a line. */
const LINE_CHARACTERS_MAX = 500;

/** Reads the head alone: what comes after it may be large, and is read only when somebody opens the mail. */
export async function readHead(raw: Buffer): Promise<MailHead> {
  const end = raw.indexOf("\r\n\r\n");
  const { from, subject, messageId } = await PostalMime.parse(end < 0 ? raw : raw.subarray(0, end + 4));
  return {
    from: line(from?.address ? (from.name ? `${from.name} <${from.address}>` : from.address) : (from?.name ?? "")),
    subject: line(subject ?? ""),
    messageId: messageId ? line(messageId) : null,
  };
}

/** The whole mail, opened. */
export async function openMail(mail: CaughtMail, raw: Buffer): Promise<OpenedCaughtMail> {
  const { text, html, headers } = await PostalMime.parse(raw);
  const unsubscribe = headers.find(({ key }) => key === "list-unsubscribe")?.value ?? "";
  return {
    ...mail,
    ...{ text: text ?? null, html: html ?? null, raw: raw.toString("utf8") },
    headers: headers.map(({ originalKey, value }) => ({ name: originalKey, value: decodeWords(value) })),
    link: linksIn(html ?? "", text ?? "").find((link) => !unsubscribe.includes(link)) ?? null,
  };
}

/** The settings with which a campaign's mails go to the mail server inside, on this machine and nowhere else. */
export function caughtMailTransport({ port, workspaceId }: { port: number; workspaceId: string }): SmtpConfig {
  return {
    ...{ host: "127.0.0.1", port, security: "none", user: workspaceId, replyTo: null, connections: 5, dkim: null },
    from: { name: "Campaign Dispatcher", address: "feedback@campaign-dispatcher.invalid" },
  };
}

/** It asks for none in particular. */
export const CAUGHT_MAIL_SECRETS: SmtpSecrets = { password: "any" };

function linksIn(html: string, text: string): string[] {
  const inHtml = [...html.matchAll(/\bhref\s*=\s*["'](https?:[^"']+)["']/gi)].map(([, link]) => unescaped(link ?? ""));
  const inText = [...text.matchAll(/https?:\/\/[^\s<>"']+/gi)].map(([link]) => link.replace(/[.,;:!?)\]]+$/, ""));
  return [...inHtml, ...inText].filter((link) => URL.canParse(link));
}

function unescaped(attribute: string): string {
  return attribute.replaceAll("&amp;", "&");
}

function line(text: string): string {
  return text.replace(/\s+/g, " ").trim().slice(0, LINE_CHARACTERS_MAX);
}

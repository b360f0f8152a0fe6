import type { KeyObject } from "node:crypto";
import { buffer } from "node:stream/consumers";
import * as base64 from "nodemailer/lib/base64";
import DKIM from "nodemailer/lib/dkim";
import MimeNode from "nodemailer/lib/mime-node";
import * as quotedPrintable from "nodemailer/lib/qp";
import { storable } from "../../platform/text.ts";
import type { Content } from "./transport.ts";

/** Whom mails come from, as every recipient sees it. */
export interface Sender {
  from: { name: string | null; address: string };
  replyTo: string | null;
  dkim: { domain: string; selector: string; key: KeyObject } | null;
}

const PLAIN = "text/plain; charset=utf-8";
const HTML = "text/html; charset=utf-8";
/** RFC 5322 2.1.1 lets a line have 998 octets, what has no space cannot be folded, and a quote takes two. */
const HEADER_CHARACTERS_MAX = 450;
/** RFC 6376 5.4.1, and what RFC 8058 4 wants signed. */
const SIGNED_HEADERS =
  "From:Reply-To:Subject:Date:Message-ID:To:MIME-Version:Content-Type:Content-Transfer-Encoding:List-Unsubscribe:List-Unsubscribe-Post";

/**
 * The mail as it goes over the wire, but for the dots. Whatever stands in a text, it becomes these headers and these
 * parts and no other. Throws where the content is no text.
 */
export async function composeMail(
  { key, to }: { key: string; to: { name: string | null; email: string } },
  content: Content,
  { from, replyTo, dkim }: Sender,
): Promise<Buffer> {
  // Nobody who writes a message knows its key before it is sent, so none of its parts can end early.
  const mail = partsOf(content, { baseBoundary: key });
  mail.setHeader([
    { key: "List-Unsubscribe", value: { prepared: true, value: `<${address(content.unsubscribeUrl)}>` } },
    { key: "List-Unsubscribe-Post", value: "List-Unsubscribe=One-Click" },
    { key: "From", value: mailbox(from.name, from.address) },
    { key: "To", value: mailbox(to.name, to.email) },
    ...(replyTo === null ? [] : [{ key: "Reply-To", value: mailbox(null, replyTo) }]),
    { key: "Subject", value: oneLine(content.subject ?? "") },
    { key: "Message-ID", value: `<${key}@${domainOf(from.address)}>` },
  ]);
  const unsigned = Buffer.from(`${written(mail)}\r\n`);
  return dkim ? await buffer(signer(dkim).sign(unsigned)) : unsigned;
}

function partsOf({ text, html }: Content, boundary: { baseBoundary: string }): MimeNode {
  if (html === null) return new MimeNode(PLAIN, boundary).setContent(part(text));
  const both = new MimeNode("multipart/alternative", boundary);
  both.createChild(PLAIN, boundary).setContent(part(text));
  both.createChild(HTML, boundary).setContent(part(html));
  return both;
}

// What the library's `build` comes to. That takes every part through streams, which costs more processor time than all
// else about a small mail (bench, part smtp); headers and encodings are the library's all the same.
function written(mail: MimeNode): string {
  const headers = mail.buildHeaders();
  if (mail.childNodes.length === 0) return `${headers}\r\n\r\n${encoded(mail)}`;
  const boundary = `--${String(mail.boundary)}`;
  const parts = mail.childNodes.map((part) => `${boundary}\r\n${partHeaders(part)}\r\n\r\n${encoded(part)}\r\n`);
  return `${headers}\r\n\r\n${parts.join("")}${boundary}--`;
}

/** By type and encoding, of which there are a handful: nothing else of a part's headers differs between mails. */
const PART_HEADERS = new Map<string, string>();

function partHeaders(part: MimeNode): string {
  const kind = `${part.getHeader("Content-Type") as string} ${part.getTransferEncoding() as string}`;
  const headers = PART_HEADERS.get(kind) ?? part.buildHeaders();
  PART_HEADERS.set(kind, headers);
  return headers;
}

function encoded(node: MimeNode): string {
  const text = node.content as string;
  const encoding = node.getTransferEncoding();
  if (encoding === "quoted-printable") return quotedPrintable.wrap(quotedPrintable.encode(text));
  return encoding === "base64" ? base64.wrap(base64.encode(text)) : text;
}

function signer({ domain, selector, key }: NonNullable<Sender["dkim"]>): DKIM {
  const keys = { domainName: domain, keySelector: selector, privateKey: key };
  return new DKIM({ keys, headerFieldNames: SIGNED_HEADERS });
}

function mailbox(name: string | null, address: string): { name: string; address: string } {
  return { name: oneLine(name ?? ""), address };
}

/** What may stand in a header: no line breaks nor other control characters, and not longer than a line may be. */
function oneLine(text: string): string {
  return storable(text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").slice(0, HEADER_CHARACTERS_MAX)).trim();
}

// A lone CR would become a line break on its way, after the signature. An empty part would be left out.
function part(text: string): string {
  return storable(text).replace(/\r\n?|\n/g, "\r\n") || "\r\n";
}

// Percent-encodes what would end the header or the angle brackets.
function address(url: string): string {
  const { href, protocol } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") throw new TypeError("not an address of the web");
  return href;
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1);
}

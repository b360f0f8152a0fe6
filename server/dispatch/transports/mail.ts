import type { KeyObject } from "node:crypto";
import DKIM from "nodemailer/lib/dkim";
import MailComposer from "nodemailer/lib/mail-composer";
import { storable } from "../../platform/text.ts";
import type { Content } from "./transport.ts";

/** Whom mails come from, as every recipient sees it. */
export interface Sender {
  from: { name: string | null; address: string };
  replyTo: string | null;
  dkim: { domain: string; selector: string; key: KeyObject } | null;
}

/** RFC 5322 2.1.1 lets a line have 998 octets, what has no space cannot be folded, and a quote takes two. */
const HEADER_CHARACTERS_MAX = 450;
/** RFC 6376 5.4.1, and what RFC 8058 4 wants signed. */
const SIGNED_HEADERS =
  "From:Reply-To:Subject:Date:Message-ID:To:MIME-Version:Content-Type:Content-Transfer-Encoding:List-Unsubscribe:List-Unsubscribe-Post";

/**
 * The mail as it goes over the wire, but for the dots. Whatever stands in a text, it becomes these headers and these
 * parts and no other; files and addresses of the web are not read. Throws where the content is no text.
 */
export function composeMail(
  { key, to }: { key: string; to: { name: string | null; email: string } },
  content: Content,
  sender: Sender,
): Promise<Buffer> {
  const { from, replyTo, dkim } = sender;
  const mail = new MailComposer({
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: "win",
    from: mailbox(from.name, from.address),
    to: mailbox(to.name, to.email),
    replyTo: replyTo === null ? undefined : mailbox(null, replyTo),
    subject: oneLine(content.subject ?? ""),
    messageId: `<${key}@${domainOf(from.address)}>`,
    text: part(content.text),
    html: content.html === null ? undefined : part(content.html),
    headers: {
      "List-Unsubscribe": { prepared: true, value: `<${address(content.unsubscribeUrl)}>` },
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    },
  }).compile();
  if (dkim) {
    const { domain: domainName, selector: keySelector, key: privateKey } = dkim;
    const signer = new DKIM({ keys: { domainName, keySelector, privateKey }, headerFieldNames: SIGNED_HEADERS });
    mail.processFunc((unsigned) => signer.sign(unsigned));
  }
  return mail.build();
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

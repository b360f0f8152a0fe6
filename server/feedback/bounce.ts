import PostalMime, { type Email } from "postal-mime";
import { type FeedbackEvent, reasonOfStatus } from "./feedback-event.ts";

/** Parts in parts, and as much of headers, as any real report has. */
const LIMITS = { maxNestingDepth: 20, maxHeadersSize: 256 * 1024 };
const TEXT_CHARACTERS_MAX = 1000;
/** A report is about one message, which had one recipient; a few more for what lists hand on. */
const RECIPIENTS_MAX = 50;

/**
 * Reads a delivery report (RFC 3464) or a complaint (RFC 5965). Nothing for any other mail, be it an answer, a note
 * of absence or something that cannot be read.
 */
export async function readReport(raw: Uint8Array): Promise<FeedbackEvent[]> {
  const mail = await PostalMime.parse(raw, { ...LIMITS, forceRfc822Attachments: true }).catch(() => null);
  if (!mail) return [];
  const status = partOf(mail, "message/delivery-status") ?? partOf(mail, "message/global-delivery-status");
  const complaint = partOf(mail, "message/feedback-report");
  const original = fieldsOf(originalOf(mail))[0] ?? new Map<string, string[]>();
  const messageId = first(original, "message-id");
  if (complaint !== null) return complaintOf(complaint, original, messageId);
  if (status === null) return [];
  // The first group is about the report, each other one about a recipient.
  const [, ...recipients] = fieldsOf(status);
  return recipients.slice(0, RECIPIENTS_MAX).flatMap((fields) => bounceOf(fields, messageId));
}

type Fields = ReadonlyMap<string, string[]>;

function bounceOf(fields: Fields, messageId: string | null): FeedbackEvent[] {
  const action = (first(fields, "action") ?? "").toLowerCase();
  const addresses = ["original-recipient", "final-recipient"].flatMap((name) => addressIn(first(fields, name)));
  if (addresses.length === 0) return [];
  const about = { addresses: [...new Set(addresses)], messageId };
  if (["delivered", "relayed", "expanded"].includes(action))
    return [{ ...about, type: "delivered", final: true, reason: null, code: null, text: null }];
  if (action !== "failed" && action !== "delayed") return [];

  const said = withoutType(first(fields, "diagnostic-code"));
  const status = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(first(fields, "status") ?? "")?.[0] ?? null;
  const inWords = /\b[45]\.\d{1,3}\.\d{1,3}\b/.exec(said ?? "")?.[0] ?? null;
  // Many write a status that says no more than "failed", and the real one into the words.
  const telling = inWords && (status === null || status.endsWith(".0.0")) ? inWords : status;
  const reply = /(?:^|\D)([45]\d\d)(?=[\s-])/.exec(said ?? "")?.[1];
  return [
    {
      ...{ ...about, type: "bounced", final: action === "failed", reason: reasonOfStatus(telling) },
      code: [reply, telling].filter(Boolean).join(" ") || null,
      text: said?.slice(0, TEXT_CHARACTERS_MAX) ?? null,
    },
  ];
}

function complaintOf(report: string, original: Fields, messageId: string | null): FeedbackEvent[] {
  const fields = fieldsOf(report)[0] ?? new Map<string, string[]>();
  const kind = (first(fields, "feedback-type") ?? "").toLowerCase();
  if (kind === "" || kind === "not-spam") return [];
  const named = [...(fields.get("original-rcpt-to") ?? []), ...(fields.get("removal-recipient") ?? [])];
  // Providers who hide whose word it is leave the message that we wrote.
  const written = named.length > 0 ? named : [first(original, "to")];
  return [...new Set(written.flatMap(addressIn))].slice(0, RECIPIENTS_MAX).map((address) => ({
    ...{ type: "complained" as const, addresses: [address], messageId, final: true, reason: null },
    ...{ code: null, text: kind },
  }));
}

function partOf({ attachments }: Email, ...types: string[]): string | null {
  const part = attachments.find(({ mimeType }) => types.includes(mimeType.toLowerCase()));
  if (!part) return null;
  return typeof part.content === "string" ? part.content : new TextDecoder().decode(part.content);
}

function originalOf(mail: Email): string {
  return partOf(mail, "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers") ?? "";
}

/** Groups of `Name: value` lines, parted by blank ones; a line that begins with a blank goes on with the one before. */
function fieldsOf(text: string): Fields[] {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/^\n+/, "")
    .split(/\n[ \t]*\n/)
    .map((group) => {
      const fields = new Map<string, string[]>();
      for (const line of group.replace(/\n[ \t]+/g, " ").split("\n")) {
        const colon = line.indexOf(":");
        if (colon < 1) continue;
        const name = line.slice(0, colon).trim().toLowerCase();
        fields.set(name, [...(fields.get(name) ?? []), line.slice(colon + 1).trim()]);
      }
      return fields;
    })
    .filter((fields) => fields.size > 0);
}

function first(fields: Fields, name: string): string | null {
  return fields.get(name)?.[0] ?? null;
}

/** "rfc822; ada@example.com", "Ada <ada@example.com>", "<ada@example.com>". */
function addressIn(value: string | null): string[] {
  const bare = withoutType(value)?.trim() ?? "";
  const address = /<([^<>\s]+)>/.exec(bare)?.[1] ?? bare;
  return /^[^\s<>@]+@[^\s<>@]+$/.test(address) ? [address] : [];
}

function withoutType(value: string | null): string | null {
  return value?.replace(/^\s*[\w-]+\s*;\s*/, "") ?? null;
}

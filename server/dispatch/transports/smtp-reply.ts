import { FailureReason } from "../failure-reason.ts";
import type { Outcome } from "../outcome.ts";

/** What the reply answered. "set-up" is all before MAIL: greeting, EHLO, STARTTLS, AUTH. */
export type SmtpPhase = "set-up" | "MAIL" | "RCPT" | "DATA";

export interface SmtpReply {
  /** RFC 5321 4.2: 550. */
  code: number;
  /** RFC 3463 without its class, which is the code's first digit: "1.1"; null where the server gives none. */
  enhanced: string | null;
}

/** Reads a reply as it came, of one line or of many, or answers null for what refuses nothing (not 4xx or 5xx). */
export function readReply(text: string): SmtpReply | null {
  const read = /^([45]\d\d)(?:[ -]+([45])\.(\d{1,3}\.\d{1,3})(?=\s|$|[:,;)\]-]))?/.exec(text.trimStart());
  return read ? { code: Number(read[1]), enhanced: read[3] ?? null } : null;
}

/** What a refusal means for the message; null when it is none. The server's words are kept as they came. */
export function outcomeOfReply(text: string, phase: SmtpPhase): Exclude<Outcome, { kind: "sent" }> | null {
  const reply = readReply(text);
  if (!reply) return null;
  const because = text.trim();
  const meaning = meaningOf(reply, because, phase);
  if (meaning === "halted" || meaning === "unreachable") return { kind: meaning, because };
  const code = reply.enhanced ? `${reply.code} ${Math.floor(reply.code / 100)}.${reply.enhanced}` : String(reply.code);
  return { kind: isForNow(reply) ? "retry" : "failed", reason: meaning, code, because };
}

type Meaning = FailureReason | "halted" | "unreachable";

interface Row {
  /** 4: for now, 5: for good. */
  class?: 4 | 5;
  code?: readonly number[];
  enhanced?: RegExp;
  words?: RegExp;
  phase?: SmtpPhase;
  means: Meaning;
}

const TOO_LARGE = /too (large|big|long)|(message|size|mail).{0,20}(exceeds|exceeded)|exceeds .{0,30}size/i;
const FULL = /quota|mailbox.{0,20}full|full.{0,20}mailbox|exceeded storage|out of storage|insufficient space/i;
const NO_MAILBOX =
  /(user|mailbox|account|recipient|address).{0,25}(unknown|unavailable|disabled|inactive|not found|not exist|suspended)|(unknown|no such|invalid|non-?existent) (user|mailbox|recipient|person|account)|does( not|n.t) (exist|have an account)|no mailbox|not our customer/i;
const RELAY = /relay(ing)?( access)?( is)? (denied|not permitted|not allowed|prohibited)|unable to relay|rcpthosts/i;
const SPAM =
  /spam|black ?list|block ?list|blocked|\bd?nsbl\b|\brbl\b|spamhaus|barracuda|reputation|unsolicited|bulk mail|complaint/i;
const RATE =
  /rate.?limit|\brate\b|too (many(?! hops)|fast|quickly|much|frequent)|throttl|unexpected volume|limit exceeded/i;
const SENDING_QUOTA = /(sending|daily|hourly|relay).{0,20}(quota|limit)/i;
const GREY = /gr[ea]y.?list/i;
const SENDER_PROOF = /\b(spf|dkim|dmarc)\b|reverse dns|\bptr\b|unauthenticated/i;

/**
 * The one table of what servers say (RFC 5321 4.2, the enhanced codes of RFC 3463 and their registry of RFC 5248, and
 * what large providers made of them). The first row that fits decides. Codes of many meanings let the words speak;
 * where nothing is certain a row says OTHER, since a mailbox that "does not exist" is not written to again.
 */
const TABLE: readonly Row[] = [
  // Before MAIL nobody is written to yet: the transport itself is refused, for now or for good.
  { class: 4, phase: "set-up", means: "unreachable" },
  { class: 5, phase: "set-up", means: "halted" },

  // RFC 4954: the login was missing, wrong or too weak, wherever the server notices.
  { class: 5, code: [525, 530, 534, 535, 538], means: "halted" },
  { class: 5, enhanced: /^7\.(8|10|11|13|14)$/, means: "halted" },

  // RFC 1870: the size is announced at MAIL.
  { enhanced: /^(2\.3|3\.4)$/, means: FailureReason.MESSAGE_TOO_LARGE },
  { class: 5, code: [552], phase: "MAIL", means: FailureReason.MESSAGE_TOO_LARGE },
  // What else is refused for good at MAIL is the sender: neither recipient nor content was named yet.
  { class: 5, phase: "MAIL", means: "halted" },
  // Servers that check the sender only once they know the recipient mean the sender all the same.
  { class: 5, enhanced: /^1\.[78]$/, means: "halted" },
  { class: 5, phase: "RCPT", words: RELAY, means: "halted" },

  { words: GREY, class: 4, means: FailureReason.BUSY },

  { enhanced: /^1\.[78]$/, means: FailureReason.SENDER_NOT_TRUSTED },
  { enhanced: /^1\.(1|6)$/, class: 5, means: FailureReason.MAILBOX_UNKNOWN },
  { enhanced: /^1\.(2|3|4|10)$/, class: 5, means: FailureReason.ADDRESS_INVALID },
  { enhanced: /^2\.1$/, class: 5, means: FailureReason.MAILBOX_UNKNOWN },
  { enhanced: /^2\.2$/, means: FailureReason.MAILBOX_FULL },
  { enhanced: /^4\.4$/, class: 5, means: FailureReason.ADDRESS_INVALID },
  { enhanced: /^5\.3$/, class: 4, means: FailureReason.RATE_LIMITED },
  { enhanced: /^6\.7$/, class: 5, means: FailureReason.ADDRESS_INVALID },
  { enhanced: /^6\./, class: 5, means: FailureReason.CONTENT_REFUSED },
  { enhanced: /^7\.17$/, class: 5, means: FailureReason.MAILBOX_UNKNOWN },
  { enhanced: /^7\.18$/, class: 5, means: FailureReason.ADDRESS_INVALID },
  // SPF, DKIM, DMARC, reverse DNS, ARC; 509 and 515 are Microsoft's.
  { enhanced: /^7\.(2[0-79]|30|509|515)$/, means: FailureReason.SENDER_NOT_TRUSTED },
  // Mail flood; 650 is Microsoft's.
  { enhanced: /^7\.(28|650)$/, means: FailureReason.RATE_LIMITED },
  { enhanced: /^7\.9$/, class: 5, means: FailureReason.REFUSED_AS_SPAM },
  { enhanced: /^7\./, words: SENDER_PROOF, means: FailureReason.SENDER_NOT_TRUSTED },
  { enhanced: /^7\.0$/, class: 4, means: FailureReason.RATE_LIMITED },
  { enhanced: /^7\.0$/, class: 5, phase: "DATA", means: FailureReason.CONTENT_REFUSED },
  { enhanced: /^7\.1$/, class: 5, phase: "RCPT", words: NO_MAILBOX, means: FailureReason.MAILBOX_UNKNOWN },
  { enhanced: /^7\./, class: 5, means: FailureReason.REFUSED_AS_SPAM },

  // Codes of many meanings, and servers without enhanced codes.
  { words: SENDING_QUOTA, means: FailureReason.RATE_LIMITED },
  { words: FULL, means: FailureReason.MAILBOX_FULL },
  { words: RATE, class: 4, means: FailureReason.RATE_LIMITED },
  { class: 4, means: FailureReason.BUSY },
  { words: TOO_LARGE, means: FailureReason.MESSAGE_TOO_LARGE },
  { words: SPAM, means: FailureReason.REFUSED_AS_SPAM },
  { words: SENDER_PROOF, means: FailureReason.SENDER_NOT_TRUSTED },
  { words: NO_MAILBOX, phase: "RCPT", means: FailureReason.MAILBOX_UNKNOWN },
  { enhanced: /^1\.0$/, phase: "RCPT", means: FailureReason.ADDRESS_INVALID },
  { words: RATE, means: FailureReason.RATE_LIMITED },
  { code: [551], phase: "RCPT", means: FailureReason.MAILBOX_UNKNOWN },
  { code: [501, 553, 556], phase: "RCPT", means: FailureReason.ADDRESS_INVALID },
  { code: [552], phase: "RCPT", means: FailureReason.MAILBOX_FULL },
  { code: [552], means: FailureReason.MESSAGE_TOO_LARGE },
  // Nobody registered these two; servers that filter use them.
  { code: [541, 571], means: FailureReason.REFUSED_AS_SPAM },
  { code: [550, 554], phase: "DATA", means: FailureReason.CONTENT_REFUSED },
];

function meaningOf(reply: SmtpReply, text: string, phase: SmtpPhase): Meaning {
  const fits = (row: Row): boolean =>
    (row.class === undefined || row.class === (isForNow(reply) ? 4 : 5)) &&
    (row.phase === undefined || row.phase === phase) &&
    (row.code === undefined || row.code.includes(reply.code)) &&
    (row.enhanced === undefined || (reply.enhanced !== null && row.enhanced.test(reply.enhanced))) &&
    (row.words === undefined || row.words.test(text));
  return TABLE.find(fits)?.means ?? FailureReason.OTHER;
}

function isForNow({ code }: SmtpReply): boolean {
  return code < 500;
}

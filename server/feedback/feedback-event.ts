import { FailureReason, MEANINGS } from "../dispatch/failure-reason.ts";

/**
 * What is heard of a message after it left.
 * bounced      it came back: for good (`final`), or it is only late
 * complained   the customer told their provider that it was unwanted
 * delivered    it arrived
 */
export interface FeedbackEvent {
  type: "bounced" | "complained" | "delivered";
  /** Whom it was for: the address we wrote to first, then those it was handed on to. */
  addresses: string[];
  messageId: string | null;
  /** Of a bounce: nobody tries again. */
  final: boolean;
  reason: FailureReason | null;
  /** The provider's own: `550 5.1.1`. */
  code: string | null;
  /** The provider's words. */
  text: string | null;
}

const {
  MAILBOX_UNKNOWN,
  MAILBOX_FULL,
  ADDRESS_INVALID,
  REFUSED_AS_SPAM,
  SENDER_NOT_TRUSTED,
  CONTENT_REFUSED,
  MESSAGE_TOO_LARGE,
  BUSY,
  RATE_LIMITED,
  UNREACHABLE,
  TIMED_OUT,
  OTHER,
} = FailureReason;

/** Enhanced status codes (RFC 3463 and its registry) by what they say of the recipient; the first that fits counts. */
const STATUS_MEANINGS: readonly [RegExp, FailureReason][] = [
  [/^5\.1\.(1|6|10)$/, MAILBOX_UNKNOWN],
  [/^5\.2\.1$/, MAILBOX_UNKNOWN],
  [/^5\.1\.[234]$/, ADDRESS_INVALID],
  [/^5\.4\.4$/, ADDRESS_INVALID],
  [/^[45]\.2\.2$/, MAILBOX_FULL],
  [/^[45]\.(2\.3|3\.4)$/, MESSAGE_TOO_LARGE],
  [/^[45]\.(1\.[78]|7\.(2[0-9]|1[35]))$/, SENDER_NOT_TRUSTED],
  [/^5\.7\.\d+$/, REFUSED_AS_SPAM],
  [/^[45]\.6\.\d+$/, CONTENT_REFUSED],
  [/^[45]\.4\.7$/, TIMED_OUT],
  [/^4\.7\.\d+$/, RATE_LIMITED],
  [/^[45]\.4\.[0-3]$/, UNREACHABLE],
  [/^4\.[234]\.\d+$/, BUSY],
];

/** What a status code says; OTHER when it says nothing that is known. */
export function reasonOfStatus(status: string | null): FailureReason {
  return STATUS_MEANINGS.find(([pattern]) => status !== null && pattern.test(status))?.[1] ?? OTHER;
}

/**
 * Whether nobody should write to the address again. Not where a provider refused the message or its sender: that is
 * ours to mend, and would empty a list for a setting that was forgotten.
 */
export function isDeadAddress({ type, final, reason }: FeedbackEvent): boolean {
  if (type !== "bounced" || !final) return false;
  return reason === null || reason === OTHER || MEANINGS[reason].deadAddress === true;
}

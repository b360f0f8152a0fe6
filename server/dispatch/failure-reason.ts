import { registerEnumType } from "type-graphql";

/** Why a message did not arrive, whatever the provider called it. A closed set: pages group by it, people act on it. */
export enum FailureReason {
  MAILBOX_UNKNOWN = "mailbox_unknown",
  MAILBOX_FULL = "mailbox_full",
  ADDRESS_INVALID = "address_invalid",
  REFUSED_AS_SPAM = "refused_as_spam",
  SENDER_NOT_TRUSTED = "sender_not_trusted",
  CONTENT_REFUSED = "content_refused",
  MESSAGE_TOO_LARGE = "message_too_large",
  BUSY = "busy",
  RATE_LIMITED = "rate_limited",
  UNREACHABLE = "unreachable",
  TIMED_OUT = "timed_out",
  MISSING_FIELD = "missing_field",
  OTHER = "other",
}

interface Meaning {
  /** What happened, for a person; followed by a count on the page. */
  words: string;
  /** What to do about it. */
  remedy: string;
  /** True where trying again later may well succeed. */
  transient: boolean;
  /** True where the address will never work: it should not be written to again. */
  deadAddress?: true;
}

/** The one table of what a reason means. */
export const MEANINGS: Record<FailureReason, Meaning> = {
  [FailureReason.MAILBOX_UNKNOWN]: {
    words: "Mailbox does not exist",
    remedy: "Suppress these addresses, or correct them with the customer.",
    transient: false,
    deadAddress: true,
  },
  [FailureReason.MAILBOX_FULL]: {
    words: "Mailbox is full",
    remedy: "Retry later; an address that stays full is no longer read.",
    transient: true,
  },
  [FailureReason.ADDRESS_INVALID]: {
    words: "Address cannot be delivered to",
    remedy: "Correct these addresses with the customer.",
    transient: false,
    deadAddress: true,
  },
  [FailureReason.REFUSED_AS_SPAM]: {
    words: "Refused as unwanted",
    remedy: "Read the provider's words; check the sender's reputation and the message before retrying.",
    transient: false,
  },
  [FailureReason.SENDER_NOT_TRUSTED]: {
    words: "Sender is not trusted",
    remedy: "Set up SPF, DKIM and DMARC for the sender's domain, then retry.",
    transient: false,
  },
  [FailureReason.CONTENT_REFUSED]: {
    words: "Message was refused",
    remedy: "Read the provider's words; change the message before retrying.",
    transient: false,
  },
  [FailureReason.MESSAGE_TOO_LARGE]: {
    words: "Message is too large",
    remedy: "Shorten the message.",
    transient: false,
  },
  [FailureReason.BUSY]: {
    words: "Server asked to come back later, too often",
    remedy: "Retry later, or send more slowly.",
    transient: true,
  },
  [FailureReason.RATE_LIMITED]: {
    words: "Too much was sent in a short time",
    remedy: "Set a throttle for the transport or the domain, then retry.",
    transient: true,
  },
  [FailureReason.UNREACHABLE]: {
    words: "Server could not be reached",
    remedy: "Check the transport's settings, then retry.",
    transient: true,
  },
  [FailureReason.TIMED_OUT]: {
    words: "Server did not answer in time",
    remedy: "Retry later.",
    transient: true,
  },
  [FailureReason.MISSING_FIELD]: {
    words: "Message needs a field that the customer does not have",
    remedy: "Give the variable a default in the message of a new campaign, or add the field and retry.",
    transient: false,
  },
  [FailureReason.OTHER]: {
    words: "Refused for another reason",
    remedy: "Read the provider's words.",
    transient: false,
  },
};

registerEnumType(FailureReason, {
  name: "FailureReason",
  description: "Why a message did not arrive, in one of a closed set of words.",
  valuesConfig: Object.fromEntries(
    Object.entries(FailureReason).map(([name, reason]) => [
      name,
      { description: `${MEANINGS[reason].words}. ${MEANINGS[reason].remedy}` },
    ]),
  ),
});

export function isTransient(reason: FailureReason): boolean {
  return MEANINGS[reason].transient;
}

import { z } from "zod";
import { FailureReason } from "../dispatch/failure-reason.ts";
import { type FeedbackEvent, reasonOfStatus } from "./feedback-event.ts";

/** What providers post, each turned into our events. A shape that cannot be read throws zod's error. */
export const PRESETS: Readonly<Record<string, (body: unknown) => FeedbackEvent[]>> = {
  generic: fromGeneric,
  ses: fromSes,
  postmark: fromPostmark,
};

const EVENTS_MAX = 1000;
const TEXT_CHARACTERS_MAX = 1000;

const words = z
  .string()
  .transform((text) => text.slice(0, TEXT_CHARACTERS_MAX))
  .nullish();
const address = z.string().min(3).max(320);

const Generic = z.object({
  events: z
    .array(
      z.object({
        type: z.enum(["bounced", "complained", "delivered"]),
        email: address,
        messageId: z.string().max(998).nullish(),
        permanent: z.boolean().nullish(),
        code: z.string().max(100).nullish(),
        text: words,
      }),
    )
    .max(EVENTS_MAX),
});

function fromGeneric(body: unknown): FeedbackEvent[] {
  return Generic.parse(body).events.map(({ type, email, messageId, permanent, code, text }) => ({
    ...(type === "bounced"
      ? bounced(email, { isPermanent: permanent ?? code?.startsWith("5") ?? false, code: code ?? null, text })
      : other(type, email)),
    messageId: messageId ?? null,
  }));
}

const SesNotice = z.object({
  notificationType: z.string().optional(),
  eventType: z.string().optional(),
  mail: z.object({ messageId: z.string().optional() }).optional(),
  bounce: z
    .object({
      bounceType: z.string(),
      bouncedRecipients: z
        .array(z.object({ emailAddress: address, status: z.string().nullish(), diagnosticCode: words }))
        .max(EVENTS_MAX),
    })
    .optional(),
  complaint: z
    .object({ complainedRecipients: z.array(z.object({ emailAddress: address })).max(EVENTS_MAX) })
    .optional(),
  delivery: z.object({ recipients: z.array(address).max(EVENTS_MAX) }).optional(),
});
/** As SNS wraps it, as EventBridge does, or bare. */
const SesEnvelope = z.object({
  Type: z.string().optional(),
  Message: z.string().optional(),
  detail: z.unknown().optional(),
});

function fromSes(body: unknown): FeedbackEvent[] {
  const { Type, Message, detail } = SesEnvelope.parse(body);
  if (Type !== undefined && Type !== "Notification") return [];
  const notice = SesNotice.parse(Message === undefined ? (detail ?? body) : parsed(Message));
  const kind = (notice.notificationType ?? notice.eventType ?? "").toLowerCase();
  const messageId = notice.mail?.messageId ?? null;
  const events =
    kind === "bounce"
      ? (notice.bounce?.bouncedRecipients ?? []).map(({ emailAddress, status, diagnosticCode }) =>
          bounced(emailAddress, {
            isPermanent: notice.bounce?.bounceType.toLowerCase() === "permanent",
            code: status ?? null,
            text: diagnosticCode?.replace(/^\s*smtp\s*;\s*/i, ""),
          }),
        )
      : kind === "complaint"
        ? (notice.complaint?.complainedRecipients ?? []).map(({ emailAddress }) => other("complained", emailAddress))
        : kind === "delivery"
          ? (notice.delivery?.recipients ?? []).map((email) => other("delivered", email))
          : [];
  return events.map((event) => ({ ...event, messageId }));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const Postmark = z.object({
  RecordType: z.string(),
  Type: z.string().nullish(),
  Email: address.nullish(),
  Recipient: address.nullish(),
  MessageID: z.string().nullish(),
  Description: words,
  Details: words,
});

/** Postmark's types of bounces of addresses that will never work, and what they say. */
const POSTMARK_PERMANENT: ReadonlyMap<string, FailureReason> = new Map([
  ["HardBounce", FailureReason.MAILBOX_UNKNOWN],
  ["BadEmailAddress", FailureReason.ADDRESS_INVALID],
  ["ManuallyDeactivated", FailureReason.OTHER],
  ["SpamNotification", FailureReason.REFUSED_AS_SPAM],
  ["Blocked", FailureReason.REFUSED_AS_SPAM],
  ["DMARCPolicy", FailureReason.SENDER_NOT_TRUSTED],
]);

function fromPostmark(body: unknown): FeedbackEvent[] {
  const { RecordType, Type, Email, Recipient, MessageID, Description, Details } = Postmark.parse(body);
  const email = Email ?? Recipient;
  if (!email) return [];
  const messageId = MessageID ?? null;
  switch (RecordType) {
    case "Bounce": {
      const reason = POSTMARK_PERMANENT.get(Type ?? "");
      const text = Details || Description;
      const event = bounced(email, { isPermanent: reason !== undefined, code: Type ?? null, text });
      return [{ ...event, messageId, ...(reason && { reason }) }];
    }
    case "SpamComplaint":
      return [{ ...other("complained", email), messageId }];
    case "Delivery":
      return [{ ...other("delivered", email), messageId }];
    default:
      return [];
  }
}

function bounced(
  email: string,
  { isPermanent, code, text }: { isPermanent: boolean; code: string | null; text: string | null | undefined },
): FeedbackEvent {
  const status = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(`${code ?? ""} ${text ?? ""}`)?.[0] ?? null;
  return {
    ...{ type: "bounced", addresses: [email], messageId: null, final: isPermanent, reason: reasonOfStatus(status) },
    ...{ code, text: text ?? null },
  };
}

function other(type: "complained" | "delivered", email: string): FeedbackEvent {
  return { type, addresses: [email], messageId: null, final: true, reason: null, code: null, text: null };
}

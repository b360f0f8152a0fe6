import { FailureReason } from "../failure-reason.ts";
import type { Outcome } from "../outcome.ts";
import { type Answer, outcomeOfStatus, retryAfter, wordsOf } from "./http-reply.ts";
import type { SmsPreset } from "./sms-preset.ts";

/** Twilio's Messages resource (https://www.twilio.com/docs/messaging/api/message-resource), and whoever copies it. */
export const twilio: SmsPreset = {
  request({ url, account, from }, token, { to, text }) {
    // A Messaging Service chooses the sender itself; its ids begin with MG.
    const sender = from.startsWith("MG") ? { MessagingServiceSid: from } : { From: from };
    return {
      url: `${url.replace(/\/+$/, "")}/2010-04-01/Accounts/${encodeURIComponent(account)}/Messages.json`,
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        authorization: `Basic ${Buffer.from(`${account}:${token}`).toString("base64")}`,
      },
      body: new URLSearchParams({ To: to, ...sender, Body: text }).toString(),
    };
  },

  outcome(answer, now) {
    const { status } = answer;
    const said = readBody(answer.body);
    const because = said.message ? `${status} ${said.code ?? ""} ${said.message}`.replace("  ", " ") : wordsOf(answer);
    if (status >= 200 && status < 300) return outcomeOfAcceptance(answer, said, because);
    const known = said.code === null ? undefined : CODES[said.code];
    if (known === "halted") return { kind: "halted", because };
    if (known) return outcomeOf(known, { code: String(said.code), because, answer, now });
    // The account stands in the path: one that does not exist is not the recipient's fault.
    if (status === 404) return { kind: "halted", because };
    // A message may be on its way though the answer got lost behind the provider's own doors.
    if (status >= 500 && status !== 503) return { kind: "unconfirmed", because };
    return outcomeOfStatus(answer, because, now);
  },
};

interface Said {
  code: number | null;
  message: string | null;
  sid: string | null;
  status: string | null;
}

function readBody(body: string): Said {
  let read: Record<string, unknown> = {};
  try {
    read = (JSON.parse(body) ?? {}) as Record<string, unknown>;
  } catch {
    // Not from the provider itself, but from something before it.
  }
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);
  const code = read["code"] ?? read["error_code"];
  return {
    code: typeof code === "number" ? code : null,
    message: text(read["message"]) ?? text(read["error_message"]),
    sid: text(read["sid"]),
    status: text(read["status"]),
  };
}

/** Accepted means created (201), or at least named; a friendly page from elsewhere (200) is neither. */
function outcomeOfAcceptance({ status }: Answer, { sid, status: fate, code }: Said, because: string): Outcome {
  if (fate === "failed" || fate === "undelivered") {
    const known = code === null ? undefined : CODES[code];
    const reason = known && known !== "halted" ? known : FailureReason.OTHER;
    return { kind: "failed", reason, code: String(code ?? fate), because };
  }
  if (status === 201 || sid !== null) return { kind: "sent" };
  return { kind: "unconfirmed", because: `The answer is not one of the provider's: ${because}` };
}

function outcomeOf(
  reason: FailureReason,
  { code, because, answer, now }: { code: string; because: string; answer: Answer; now: Date },
): Outcome {
  const isLater = reason === FailureReason.BUSY || reason === FailureReason.RATE_LIMITED;
  if (isLater) return { kind: "retry", reason, code, because, ...retryAfter(answer, now) };
  return { kind: "failed", reason, code, because };
}

/**
 * From Twilio's error dictionary (https://www.twilio.com/docs/api/errors). What is not in it is judged by its status;
 * Twilio adds finer codes from time to time. `halted`: nobody can be written to until somebody has mended it.
 */
const CODES: Record<number, FailureReason | "halted"> = {
  14107: FailureReason.RATE_LIMITED, // messages are sent too fast
  20003: "halted", // login refused
  20005: "halted", // account not active
  20404: "halted", // no such account
  20429: FailureReason.RATE_LIMITED, // too many requests
  20503: FailureReason.BUSY, // out of service for now
  21211: FailureReason.ADDRESS_INVALID, // To is no phone number
  21212: "halted", // From is no phone number
  21408: FailureReason.OTHER, // the account may not send to that country
  21602: FailureReason.CONTENT_REFUSED, // no text
  21603: "halted", // From is missing
  21606: FailureReason.OTHER, // From cannot write to this destination
  21608: FailureReason.OTHER, // a trial account, and To is not verified
  21610: FailureReason.REFUSED_AS_SPAM, // To has answered STOP
  21611: FailureReason.BUSY, // the sender's queue is full
  21612: FailureReason.OTHER, // no way from this From to this To
  21614: FailureReason.ADDRESS_INVALID, // To is no mobile number
  21617: FailureReason.MESSAGE_TOO_LARGE, // longer than 1600 characters
  21635: FailureReason.ADDRESS_INVALID, // To is a landline
  21659: FailureReason.OTHER, // From is no number of Twilio's, or a short code of another country than To
  21660: "halted", // From is not the account's
  21730: FailureReason.BUSY, // out of service for maintenance
  30001: FailureReason.BUSY, // queue overflow
  30002: "halted", // account suspended
  30003: FailureReason.OTHER, // handset switched off or out of reach: the number may be alive
  30004: FailureReason.REFUSED_AS_SPAM, // blocked by the recipient or the carrier
  30005: FailureReason.MAILBOX_UNKNOWN, // handset unknown
  30006: FailureReason.OTHER, // landline, or a carrier that cannot be reached
  30007: FailureReason.REFUSED_AS_SPAM, // filtered by the carrier
  30034: FailureReason.SENDER_NOT_TRUSTED, // the sender is not registered with the carriers (A2P 10DLC)
};

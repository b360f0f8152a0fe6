import { DateTime } from "luxon";
import type { Reply } from "../../platform/outbound.ts";
import { FailureReason } from "../failure-reason.ts";
import type { Outcome } from "../outcome.ts";
import type { RetryPolicy } from "../retry-schedule.ts";

/** A provider called by HTTP is back sooner than a mail server: 1 min, 4 min, 16 min, 64 min, then every 4 h. */
export const HTTP_RETRY: RetryPolicy = { baseMs: 60_000, factor: 4, capMs: 4 * 3_600_000, triesMax: 6 };

export type Answer = Extract<Reply, { kind: "answered" }>;

/** What it means when there was no answer. */
export function outcomeWithoutAnswer({ kind, because }: Exclude<Reply, Answer>): Outcome {
  return { kind: ({ unreached: "unreachable", unanswered: "unconfirmed", refused: "halted" } as const)[kind], because };
}

/** What an answer says by its status alone (RFC 9110 15, RFC 6585), from a receiver that knows a repeat. */
export function outcomeOfStatus(answer: Answer, because: string, now: Date): Outcome {
  const { status } = answer;
  const code = String(status);
  if (status >= 200 && status < 300) return { kind: "sent" };
  if (status >= 300 && status < 400) return { kind: "halted", because: `${because} (redirects are not followed)` };
  if (status === 401 || status === 403) return { kind: "halted", because };
  const later = status >= 500 ? FailureReason.BUSY : LATER[status];
  if (later) return { kind: "retry", reason: later, code, because, ...retryAfter(answer, now) };
  return { kind: "failed", reason: NEVER[status] ?? FailureReason.OTHER, code, because };
}

const LATER: Record<number, FailureReason> = {
  408: FailureReason.TIMED_OUT,
  425: FailureReason.BUSY,
  429: FailureReason.RATE_LIMITED,
};
const NEVER: Record<number, FailureReason> = {
  400: FailureReason.CONTENT_REFUSED,
  413: FailureReason.MESSAGE_TOO_LARGE,
  415: FailureReason.CONTENT_REFUSED,
  422: FailureReason.CONTENT_REFUSED,
};

/** A server that asks for more patience than a run has is given this much. */
const RETRY_AFTER_MS_MAX = 24 * 3_600_000;

/** What the answer says about when to come back: seconds or a date (RFC 9110 10.2.3). Nothing, where it is neither. */
export function retryAfter({ headers }: Answer, now: Date): { afterMs?: number } {
  const text = headers["retry-after"]?.trim() ?? "";
  const afterMs = /^\d+$/.test(text) ? Number(text) * 1_000 : DateTime.fromHTTP(text).toMillis() - now.getTime();
  return Number.isNaN(afterMs) ? {} : { afterMs: Math.min(RETRY_AFTER_MS_MAX, Math.max(0, afterMs)) };
}

const WORDS_MAX = 300;

/** Status and what the answer says in words, on one line. A page of HTML says nothing that helps. */
export function wordsOf({ status, headers, body }: Answer): string {
  const isPage = /html/.test(headers["content-type"] ?? "") || /^\s*</.test(body);
  return `${status} ${isPage ? "" : body.replace(/\s+/g, " ").slice(0, WORDS_MAX)}`.trim();
}

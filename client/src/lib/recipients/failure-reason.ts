import type { FailureReason } from "./documents.ts";

const REASONS: Record<FailureReason, true> = {
  MAILBOX_UNKNOWN: true,
  MAILBOX_FULL: true,
  ADDRESS_INVALID: true,
  REFUSED_AS_SPAM: true,
  SENDER_NOT_TRUSTED: true,
  CONTENT_REFUSED: true,
  MESSAGE_TOO_LARGE: true,
  BUSY: true,
  RATE_LIMITED: true,
  UNREACHABLE: true,
  TIMED_OUT: true,
  MISSING_FIELD: true,
  OTHER: true,
};

/** A text that names a reason, as one; null for any other. */
export function readReason(text: string | null | undefined): FailureReason | null {
  const name = text?.toUpperCase() ?? "";
  return Object.hasOwn(REASONS, name) ? (name as FailureReason) : null;
}

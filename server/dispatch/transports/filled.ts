import { FailureReason } from "../failure-reason.ts";
import type { Outcome } from "../outcome.ts";
import type { Content, Message } from "./transport.ts";

type Failed = Extract<Outcome, { kind: "failed" }>;

/** The message as its recipient gets it, or the failure that it is where it cannot be made. */
export function filled(message: Message): { content: Content } | Failed {
  try {
    return { content: message.render() };
  } catch (error) {
    return notMade(error);
  }
}

// Other errors than a missing field are ours, and may quote whatever they fell over: only their name is told.
export function notMade(error: unknown): Failed {
  const { name, field } = error as Error & { field?: string };
  if (name === "UnfilledError") {
    const because = field ? `The recipient lacks "${field}".` : "The recipient lacks a field that the message needs.";
    return { kind: "failed", reason: FailureReason.MISSING_FIELD, code: "missing_field", because };
  }
  const because = `The message could not be made (${name}).`;
  return { kind: "failed", reason: FailureReason.OTHER, code: "not_made", because };
}

export function noAddress(because: string): Failed {
  return { kind: "failed", reason: FailureReason.ADDRESS_INVALID, code: "no_address", because };
}

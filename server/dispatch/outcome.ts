import { assertNever } from "../platform/errors.ts";
import { FailureReason } from "./failure-reason.ts";
import { retryDelayMs, type RetryPolicy } from "./retry-schedule.ts";

/**
 * What a transport answers for one message.
 * sent         accepted
 * retry        not accepted now; certain that nothing was delivered
 * unreachable  there was no connection: certain that nothing was delivered, and it says nothing of the recipient
 * halted       the transport itself may not send (login refused): nothing was delivered, and the campaign must pause
 * failed       refused for good
 * unconfirmed  the answer got lost: it may or may not have been accepted
 *
 * `code` is the provider's own (`550 5.1.1`, `429`), `because` its words as they came.
 */
export type Outcome =
  | { kind: "sent" }
  | {
      kind: "retry";
      reason: FailureReason;
      code: string;
      because: string;
      /** Not before so long: the provider said so (Retry-After). */
      afterMs?: number;
    }
  | { kind: "unreachable"; because: string }
  | { kind: "halted"; because: string }
  | { kind: "failed"; reason: FailureReason; code: string; because: string }
  | { kind: "unconfirmed"; because: string };

/** An outcome that is about its recipient: all but `halted`, after which the recipient is as it was. */
export type SettledOutcome = Exclude<Outcome, { kind: "halted" }>;

/** What to do with messages whose answer is not known: keep them back, or send them once more. */
export type InDoubt = "hold" | "retry";

/** What is written down for one recipient. `delayMs` is there only for one that waits for another try. */
export interface Settlement {
  position: number;
  /** As the timeline of attempts has it; a connection that failed is a try that did not work. */
  outcome: "sent" | "retry" | "failed" | "unconfirmed";
  status: "sent" | "failed" | "unconfirmed" | "queued";
  delayMs: number | null;
  /** False where the try does not count: there was no connection. */
  counts: boolean;
  reason: FailureReason | null;
  code: string | null;
  error: string | null;
}

/** The provider's words are kept as they came, up to this length. */
const ERROR_CHARACTERS_MAX = 1000;
/** After a connection that failed the recipient waits so long; the circuit breaker decides who is tried at all. */
const UNREACHABLE_MS = 30_000;

/** Turns an answer into what is written down. `triesBefore` counts the tries of this run before this one. */
export function settlementOf(
  outcome: SettledOutcome,
  { position, triesBefore }: { position: number; triesBefore: number },
  { policy, inDoubt, random }: { policy: RetryPolicy; inDoubt: InDoubt; random: () => number },
): Settlement {
  const settled = { position, counts: true, delayMs: null, reason: null, code: null, error: null };
  switch (outcome.kind) {
    case "sent":
      return { ...settled, outcome: "sent", status: "sent" };
    case "failed": {
      const { reason, code, because } = outcome;
      return { ...settled, outcome: "failed", status: "failed", reason, code, error: kept(because) };
    }
    case "unreachable":
      return {
        ...{ ...settled, outcome: "retry", status: "queued", counts: false },
        ...{ delayMs: UNREACHABLE_MS, reason: FailureReason.UNREACHABLE, error: kept(outcome.because) },
      };
    case "unconfirmed":
      if (inDoubt === "hold")
        return { ...settled, outcome: "unconfirmed", status: "unconfirmed", error: kept(outcome.because) };
      return again("unconfirmed", { reason: FailureReason.TIMED_OUT, code: null, because: outcome.because });
    case "retry":
      return again("retry", outcome);
    default:
      return assertNever(outcome);
  }

  function again(
    kind: "retry" | "unconfirmed",
    {
      reason,
      code,
      because,
      afterMs = 0,
    }: { reason: FailureReason; code: string | null; because: string; afterMs?: number },
  ): Settlement {
    const told = { ...settled, outcome: kind, reason, code };
    const delayMs = retryDelayMs(policy, triesBefore + 1, random);
    if (delayMs === null)
      return { ...told, status: "failed", error: kept(`Given up after ${triesBefore + 1} tries: ${because}`) };
    return { ...told, status: "queued", delayMs: Math.max(delayMs, Math.ceil(afterMs)), error: kept(because) };
  }
}

function kept(words: string): string {
  return words.replaceAll("\0", "").slice(0, ERROR_CHARACTERS_MAX);
}

import { assertNever } from "../platform/errors.ts";
import { retryDelayMs, type RetryPolicy } from "./retry-schedule.ts";

/**
 * What a transport answers for one message.
 * sent         accepted
 * retry        not accepted now; certain that nothing was delivered
 * failed       refused for good
 * unconfirmed  the answer got lost: it may or may not have been accepted
 */
export type Outcome =
  | { kind: "sent" }
  | { kind: "retry"; code: string; because: string }
  | { kind: "failed"; code: string; because: string }
  | { kind: "unconfirmed"; because: string };

/** What to do with messages whose answer is not known: keep them back, or send them once more. */
export type InDoubt = "hold" | "retry";

/** What is written down for one recipient. `delayMs` is there only for one that waits for another try. */
export interface Settlement {
  position: number;
  outcome: Outcome["kind"];
  status: "sent" | "failed" | "unconfirmed" | "queued";
  delayMs: number | null;
  code: string | null;
  error: string | null;
}

/** The provider's words are kept as they came, up to this length. */
const ERROR_CHARACTERS_MAX = 1000;

/** Turns an answer into what is written down. `triesBefore` counts the tries of this run before this one. */
export function settlementOf(
  outcome: Outcome,
  { position, triesBefore }: { position: number; triesBefore: number },
  { policy, inDoubt, random }: { policy: RetryPolicy; inDoubt: InDoubt; random: () => number },
): Settlement {
  const settled = { position, outcome: outcome.kind, delayMs: null, code: null, error: null };
  switch (outcome.kind) {
    case "sent":
      return { ...settled, status: "sent" };
    case "failed":
      return { ...settled, status: "failed", code: outcome.code, error: kept(outcome.because) };
    case "unconfirmed":
      if (inDoubt === "hold") return { ...settled, status: "unconfirmed", error: kept(outcome.because) };
      return again({ code: null, because: outcome.because });
    case "retry":
      return again(outcome);
    default:
      return assertNever(outcome);
  }

  function again({ code, because }: { code: string | null; because: string }): Settlement {
    const delayMs = retryDelayMs(policy, triesBefore + 1, random);
    if (delayMs !== null) return { ...settled, status: "queued", delayMs, code, error: kept(because) };
    return { ...settled, status: "failed", code, error: kept(`Given up after ${triesBefore + 1} tries: ${because}`) };
  }
}

function kept(words: string): string {
  return words.replaceAll("\0", "").slice(0, ERROR_CHARACTERS_MAX);
}

import type { HeldBy } from "../campaigns/documents.ts";
import type { Recipient } from "../recipients/documents.ts";
import { afterInWords } from "../responses/words.ts";
import type { Attempt, OpenedRecipient } from "./documents.ts";

/** One point of a recipient's way, as its timeline shows it. */
export interface Step {
  /** Which state of the bar it looks like. */
  look: "sent" | "retrying" | "failed" | "skipped" | "unconfirmed" | "queued";
  title: string;
  at: string | null;
  /** The provider's words, or the customer's, as they came. */
  words: string | null;
}

/** The way of a recipient so far, the oldest first, ending with what it waits for. */
export function stepsOf(
  { status, error }: Pick<Recipient, "status" | "error">,
  attempts: Attempt[],
  heldBy: HeldBy | null,
  customer: Pick<OpenedRecipient, "openedAt" | "response"> = { openedAt: null, response: null },
): Step[] {
  const tries = [...attempts.map(stepOf), ...customersSteps(customer)];
  if (status === "SKIPPED") return [...tries, { look: "skipped", title: "Skipped", at: null, words: error }];
  if (status !== "QUEUED") return tries;
  return [...tries, { look: tries.length > 0 ? "retrying" : "queued", ...waitInWords(heldBy), words: null }];
}

/** What the customer did with the message; whoever answered has seen the page. */
function customersSteps({ openedAt, response }: Pick<OpenedRecipient, "openedAt" | "response">): Step[] {
  const opened: Step[] = openedAt ? [{ look: "sent", title: "Opened the page", at: openedAt, words: null }] : [];
  if (!response) return opened;
  const { rating, comment, answeredAt, changedAt, responseTimeSeconds } = response;
  const after = responseTimeSeconds === null ? "" : ` ${afterInWords(responseTimeSeconds)}`;
  const title = `Rated ${rating}${after}`;
  const words = comment === null ? null : `“${comment}”`;
  const stands = changedAt ? `${title}, changed since` : title;
  return [...opened, { look: "sent", title: words ? `${stands}:` : stands, at: answeredAt, words }];
}

const OUTCOMES: Record<Attempt["outcome"], { look: Step["look"]; title: string }> = {
  SENT: { look: "sent", title: "Sent" },
  RETRY: { look: "retrying", title: "Not now" },
  FAILED: { look: "failed", title: "Failed" },
  UNCONFIRMED: { look: "unconfirmed", title: "Not confirmed: the answer was lost" },
};

function stepOf({ number, at, outcome, code, message }: Attempt): Step {
  const { look, title } = OUTCOMES[outcome];
  const words = code && !message?.startsWith(code) ? [code, message].filter(Boolean).join(" ") : message;
  return { look, title: `${title}, try ${number}`, at, words };
}

function waitInWords(heldBy: HeldBy | null): Pick<Step, "title" | "at"> {
  const at = heldBy?.until ?? null;
  switch (heldBy?.rule) {
    case undefined:
      return { title: "Waits for its turn", at };
    case "PAUSED":
      return { title: `Waits: the campaign is paused${heldBy.by ? ` by ${heldBy.by}` : ""}`, at };
    case "SCHEDULE":
      return { title: "Waits for the campaign to start", at };
    case "QUIET_HOURS":
      return { title: "Waits for quiet hours to end", at };
    case "THROTTLE":
      return { title: "Waits for the throttle of the campaign", at: null };
    case "LIMIT":
      return { title: "Waits for the limit of the transport", at };
    case "CIRCUIT":
      return { title: "Waits for the transport to be reached again", at };
    case "RETRY":
      return { title: "Next try", at };
    case "NOT_DUE":
      return { title: "Waits for its turn", at: null };
    case "NO_WORKER":
      return { title: "Waits for a worker: none is running", at };
  }
}

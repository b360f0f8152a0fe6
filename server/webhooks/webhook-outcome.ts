import { retryAfter } from "../dispatch/transports/http-reply.ts";
import type { Reply } from "../platform/outbound.ts";
import { storable } from "../platform/text.ts";

/** What became of one try. */
export type TryOutcome =
  | { kind: "delivered"; status: number; answer: string | null }
  | {
      kind: "failed";
      /** Null: there was no answer. */
      status: number | null;
      /** Why, in words for a person. */
      problem: string;
      answer: string | null;
      /** The receiver wants no call before that. */
      askedMs?: number;
      /** The receiver wants no call ever again. */
      isGone: boolean;
    };

const ANSWER_CHARACTERS_MAX = 500;
const GONE = 410;

/** Any 2xx is a success; all else is tried again. `secrets` are taken out of what the receiver says. */
export function outcomeOf(reply: Reply, secrets: readonly string[], now: Date): TryOutcome {
  if (reply.kind !== "answered")
    return { kind: "failed", status: null, problem: inWords(reply), answer: null, isGone: false };
  const { status, body } = reply;
  const answer = answerIn(body, secrets);
  if (status >= 200 && status < 300) return { kind: "delivered", status, answer };
  const isGone = status === GONE;
  return { kind: "failed", status, problem: problemOf(status), answer, isGone, ...asked(retryAfter(reply, now)) };
}

function inWords({ kind, because }: Exclude<Reply, { kind: "answered" }>): string {
  const words = storable(because).slice(0, ANSWER_CHARACTERS_MAX);
  return { unreached: `No connection: ${words}.`, unanswered: `No answer: ${words}.`, refused: words }[kind];
}

function problemOf(status: number): string {
  if (status === GONE) return "It answered 410: it wants no calls any more.";
  return status >= 300 && status < 400
    ? `It answered ${status}, which leads elsewhere; redirects are not followed.`
    : `It answered ${status}.`;
}

function answerIn(body: string, secrets: readonly string[]): string | null {
  const said = secrets.reduce((text, secret) => text.replaceAll(secret, "[secret]"), body);
  return storable([...said.trim()].slice(0, ANSWER_CHARACTERS_MAX).join("")) || null;
}

function asked({ afterMs }: { afterMs?: number }): { askedMs?: number } {
  return afterMs === undefined ? {} : { askedMs: afterMs };
}

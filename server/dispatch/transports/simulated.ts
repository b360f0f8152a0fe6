import { createHash } from "node:crypto";
import type { Simulation } from "../../campaigns/campaign.ts";
import { FailureReason } from "../failure-reason.ts";
import type { Outcome } from "../outcome.ts";
import type { Message, Transport } from "./transport.ts";

/**
 * A provider that exists only here. Its answer is a pure function of the seed, the message's key and the number of
 * the try: so it recognises a repeat by construction (the same message again gets the same answer and counts once),
 * and a whole campaign can be repeated exactly.
 */
export const simulated: Transport = {
  deduplicates: true,
  inDoubt: "retry",
  // Short, so that a demonstration shows deferred messages going out: 2 s, 8 s, 32 s, then once a minute.
  retry: { baseMs: 2_000, factor: 4, capMs: 60_000, triesMax: 6 },

  send(message) {
    const simulation = message.simulation ?? AT_ONCE;
    if (isPlain(simulation)) return SENT;
    const answer = simulate(simulation, message);
    return answer.afterMs > 0 ? later(answer.afterMs, answer.outcome) : answer.outcome;
  },
};

const SENT: Outcome = { kind: "sent" };
const AT_ONCE: Simulation = {
  ...{ seed: 0, delayMs: 0, delaySpread: 0, transientFailureShare: 0, permanentFailureShare: 0 },
  ...{ answerShare: 0, answerDelayMs: 0 },
};

// The way of benchmarks: no delay and no failure needs no random number, and so no hash per message.
function isPlain({ delayMs, transientFailureShare, permanentFailureShare }: Simulation): boolean {
  return delayMs === 0 && transientFailureShare === 0 && permanentFailureShare === 0;
}

/** The answer to one try, and how long it takes. Permanent failures hit a recipient, transient ones a single try. */
export function simulate(
  simulation: Simulation,
  { key, tryNumber }: Pick<Message, "key" | "tryNumber">,
): { outcome: Outcome; afterMs: number } {
  const fate = draws(`${simulation.seed}:${key}`);
  const luck = draws(`${simulation.seed}:${key}:${tryNumber}`);
  const afterMs = simulation.delayMs * Math.exp(simulation.delaySpread * normal(luck[0], luck[1]));
  return { afterMs: Math.round(afterMs), outcome: outcomeOf(simulation, fate, luck) };
}

function outcomeOf(simulation: Simulation, fate: Draws, luck: Draws): Outcome {
  if (fate[0] < simulation.permanentFailureShare) return pick(PERMANENT, fate[1]);
  if (luck[2] < simulation.transientFailureShare) return pick(TRANSIENT, luck[3]);
  return SENT;
}

// Codes as mail servers give them: RFC 5321 4.2.3 with the enhanced codes of RFC 3463.
const PERMANENT: Outcome[] = [
  {
    kind: "failed",
    reason: FailureReason.MAILBOX_UNKNOWN,
    code: "550",
    because: "550 5.1.1 The mailbox does not exist (simulated)",
  },
  {
    kind: "failed",
    reason: FailureReason.MAILBOX_FULL,
    code: "552",
    because: "552 5.2.2 The mailbox is full for good (simulated)",
  },
  {
    kind: "failed",
    reason: FailureReason.REFUSED_AS_SPAM,
    code: "554",
    because: "554 5.7.1 The message was refused (simulated)",
  },
];
const TRANSIENT: Outcome[] = [
  {
    kind: "retry",
    reason: FailureReason.BUSY,
    code: "421",
    because: "421 4.3.2 The server is too busy, try again later (simulated)",
  },
  {
    kind: "retry",
    reason: FailureReason.BUSY,
    code: "450",
    because: "450 4.2.1 The mailbox is busy, try again later (simulated)",
  },
  {
    kind: "retry",
    reason: FailureReason.BUSY,
    code: "451",
    because: "451 4.7.1 Greylisted, try again later (simulated)",
  },
];

function pick(outcomes: Outcome[], draw: number): Outcome {
  return outcomes[Math.floor(draw * outcomes.length)] ?? SENT;
}

type Draws = [number, number, number, number];

/** Four even random numbers in [0, 1) that depend on the text alone. */
export function draws(text: string): Draws {
  const hash = createHash("sha256").update(text).digest();
  return [0, 4, 8, 12].map((offset) => hash.readUInt32LE(offset) / 2 ** 32) as Draws;
}

/** A standard normal number of two even ones (Box–Muller); 1 - u keeps the logarithm's argument above 0. */
export function normal(u: number, v: number): number {
  return Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
}

function later(afterMs: number, outcome: Outcome): Promise<Outcome> {
  return new Promise((resolve) => setTimeout(resolve, afterMs, outcome));
}

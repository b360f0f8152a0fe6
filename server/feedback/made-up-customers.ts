import type { Simulation } from "../campaigns/campaign.ts";
import { draws, normal } from "../dispatch/transports/simulated.ts";
import type { Message, Transport } from "../dispatch/transports/transport.ts";
import { log } from "../platform/log.ts";

/** What one made-up customer does with a message. */
export interface Doing {
  opensAfterMs: number;
  /** Null: looks, and keeps to themselves. */
  answer: { afterMs: number; rating: number; comment: string | null } | null;
}

/** So many more look at the page than answer on it. */
const LOOK_FOR_EACH_ANSWER = 1.8;
/** Of those who answer. */
const COMMENT_SHARE = 0.4;
/** Sigma of the log-normal time until somebody answers. */
const ANSWER_SPREAD = 0.7;
/** How many of a hundred answers have 1, 2, 3, 4 and 5 stars: a business that is liked. */
const STARS = [4, 5, 11, 30, 50];

const COMMENTS: readonly (readonly string[])[] = [
  ["Nobody answered my calls.", "It broke on the second day."],
  ["I waited for longer than I was told.", "Not what the picture showed."],
  ["Fine, if a little slow.", "Does what it should."],
  ["Good, and friendly people.", "Arrived a day early.", "Would come again."],
  ["Could not be better.", "Thank you, that was quick!", "You made my day.", "Exactly what I was looking for."],
];

/** What the customer of a message does: a pure function of the seed and the message's key. Null: nothing at all. */
export function customerOf(simulation: Simulation, key: string): Doing | null {
  const [fate, haste, look, word] = draws(`${simulation.seed}:${key}:customer`);
  const [stars, talk, a, b] = draws(`${simulation.seed}:${key}:answer`);
  if (fate >= simulation.answerShare * LOOK_FOR_EACH_ANSWER) return null;
  const afterMs = Math.round(simulation.answerDelayMs * Math.exp(ANSWER_SPREAD * normal(a, b)));
  const opensAfterMs = Math.round(afterMs * (0.3 + 0.5 * haste * look));
  if (fate >= simulation.answerShare) return { opensAfterMs, answer: null };
  const rating = ratingOf(stars);
  const words = COMMENTS[rating - 1] ?? [];
  const comment = talk < COMMENT_SHARE ? (words[Math.floor(word * words.length)] ?? null) : null;
  return { opensAfterMs, answer: { afterMs, rating, comment } };
}

function ratingOf(draw: number): number {
  let left = draw * 100;
  return STARS.findIndex((share) => (left -= share) < 0) + 1;
}

/** Every customer is a timer in this process: of a campaign that goes out too fast for that, some keep to themselves. */
const WAITING_MAX = 10_000;
const AT_ONCE_MAX = 8;
const PATIENCE_MS = 10_000;

/**
 * The customers of the simulator. They come by the door of real ones: the link in their message, over HTTP. They live in
 * the process that sent the message, so those who still wait are gone with it.
 */
export class MadeUpCustomers {
  private readonly waiting = new Set<NodeJS.Timeout>();
  private readonly queue: (() => Promise<void>)[] = [];
  private atTheDoor = 0;

  /** Somebody got a message, and may do something with it after a while. */
  got({ simulation, key, link }: { simulation: Simulation; key: string; link: () => string }): void {
    if (this.waiting.size >= WAITING_MAX) return;
    const doing = customerOf(simulation, key);
    if (!doing) return;
    const to = link();
    this.after(doing.opensAfterMs, () => post(`${to}/opened`, { automated: "no" }));
    if (!doing.answer) return;
    const { afterMs, rating, comment } = doing.answer;
    this.after(afterMs, () => post(to, { rating: String(rating), comment: comment ?? "" }));
  }

  stop(): void {
    for (const timer of this.waiting) clearTimeout(timer);
    this.waiting.clear();
    this.queue.length = 0;
  }

  private after(ms: number, act: () => Promise<void>): void {
    const timer = setTimeout(() => {
      this.waiting.delete(timer);
      this.queue.push(act);
      void this.letIn();
    }, ms);
    this.waiting.add(timer);
  }

  private async letIn(): Promise<void> {
    if (this.atTheDoor >= AT_ONCE_MAX) return;
    this.atTheDoor += 1;
    for (let act = this.queue.shift(); act; act = this.queue.shift()) {
      await act().catch((error: unknown) => log.debug({ err: error }, "a made-up customer found the door closed"));
    }
    this.atTheDoor -= 1;
  }
}

/** The same transport, whose messages are read by made-up customers where the campaign's simulation has any. */
export function readBy(customers: MadeUpCustomers, transport: Transport): Transport {
  return {
    ...transport,
    send(message) {
      const outcome = transport.send(message);
      const { simulation } = message;
      if (!simulation || !(simulation.answerShare > 0)) return outcome;
      return outcome instanceof Promise
        ? outcome.then((late) => (deliver(late.kind, message, simulation), late))
        : (deliver(outcome.kind, message, simulation), outcome);
    },
  };

  function deliver(kind: string, message: Message, simulation: Simulation): void {
    if (kind === "sent") customers.got({ simulation, key: message.key, link: () => message.render().link });
  }
}

async function post(url: string, fields: Record<string, string>): Promise<void> {
  const response = await fetch(url, {
    ...{ method: "POST", redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) },
    headers: { "user-agent": "Mozilla/5.0 (made-up customer)" },
    body: new URLSearchParams(fields),
  });
  await response.body?.cancel();
}

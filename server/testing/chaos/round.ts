import { setTimeout as sleep } from "node:timers/promises";
import { type Arena, type ArenaWishes, openArena, type Provider } from "./arena.ts";
import { brokenBy, type Facts } from "./facts.ts";

/** What one round measured, and the promises it broke: none, if all is well. */
export interface Round {
  numbers: Record<string, number>;
  broken: string[];
}

export type Scenario = () => Promise<Round>;

const breaking = new AbortController();

/** Plays in an arena that is closed however the play ends. */
export async function inArena(wishes: ArenaWishes, play: (arena: Arena) => Promise<Round>): Promise<Round> {
  const arena = await openArena(wishes);
  const brokenOff = new Promise<never>((_resolve, reject) => {
    const reason = () => reject(new Error("broken off"));
    if (breaking.signal.aborted) reason();
    breaking.signal.addEventListener("abort", reason, { once: true });
  });
  try {
    return await Promise.race([play(arena), brokenOff]);
  } finally {
    await arena.close();
  }
}

/** Ends the round that is under way, and every later one: its arena is closed as after any other. */
export function breakOff(): void {
  breaking.abort();
}

/** The end of a round: what the campaign came to, what that may have cost at most, and what was seen beside it. */
export function judged(
  facts: Facts,
  most: { status?: string; extra?: number; unconfirmed?: number },
  { numbers = {}, broken = [] }: { numbers?: Record<string, number>; broken?: (string | false)[] },
): Round {
  const { lost, extra, unconfirmed, sent, skipped } = facts;
  const promised = { status: "completed", extra: 0, unconfirmed: 0, ...most };
  return {
    numbers: { lost, extra, unconfirmed, sent, skipped, ...numbers },
    broken: [...brokenBy(facts, promised), ...broken.filter((words) => words !== false)],
  };
}

/** Waits until `condition` holds; one that throws does not hold yet. Rejects with its source. */
export async function until(condition: () => Promise<boolean> | boolean, withinMs = 30_000): Promise<void> {
  const giveUpAt = Date.now() + withinMs;
  while (!(await Promise.resolve(condition()).catch(() => false))) {
    if (Date.now() > giveUpAt) throw new Error(`it did not happen within ${withinMs} ms: ${String(condition)}`);
    await sleep(25);
  }
}

/** So many workers, all ready. */
export async function startWorkers(arena: Arena, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => arena.startWorker()));
}

/**
 * Does `fault` so many times while the campaign goes on, spread evenly over it: each when the provider has taken its share
 * of the messages. Ends early when the campaign does.
 */
export async function spread(
  arena: Arena,
  {
    id,
    recipients,
    times,
    provider = arena.sink,
  }: { id: string; recipients: number; times: number; provider?: Provider },
  fault: () => Promise<void>,
): Promise<void> {
  for (let n = 1; n <= times; n += 1) {
    const isTime = () => provider.log.length >= (recipients * n) / (times + 1);
    while (!isTime()) {
      if ((await arena.status(id)) === "completed") return;
      await sleep(20);
    }
    await fault();
  }
}

/** A sink so slow that a campaign is still going on when it is to be disturbed, and one that lets it come to its end. */
export const SLOW_MS = 250;
export const QUICK_MS = 10;

import { setTimeout as sleep } from "node:timers/promises";
import { type Arena, type ArenaWishes, openArena } from "./arena.ts";
import { brokenBy, type Facts } from "./facts.ts";

/** What one round measured, and the promises it broke: none, if all is well. */
export interface Round {
  numbers: Record<string, number>;
  broken: string[];
}

export type Scenario = () => Promise<Round>;

const open = new Set<Arena>();

/** Plays in an arena that is closed however the play ends. */
export async function inArena(wishes: ArenaWishes, play: (arena: Arena) => Promise<Round>): Promise<Round> {
  const arena = await openArena(wishes);
  open.add(arena);
  try {
    return await play(arena);
  } finally {
    open.delete(arena);
    await arena.close();
  }
}

/** For whoever is told to stop in the middle of a round. */
export async function closeArenas(): Promise<void> {
  await Promise.all([...open].map((arena) => arena.close()));
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
 * Does `fault` so many times while the campaign goes on, spread evenly over it: each when the sink has taken its share
 * of the messages. Ends early when the campaign does.
 */
export async function spread(
  arena: Arena,
  { id, recipients, times }: { id: string; recipients: number; times: number },
  fault: () => Promise<void>,
): Promise<void> {
  for (let n = 1; n <= times; n += 1) {
    const isTime = () => arena.sink.log.length >= (recipients * n) / (times + 1);
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

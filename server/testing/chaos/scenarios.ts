import { setTimeout as sleep } from "node:timers/promises";
import type { InDoubt } from "../../dispatch/outcome.ts";
import { type Arena, type Facts, OPEN_SENDS, openArena } from "./arena.ts";

/** What one round measured, and the promises it broke: none, if all is well. */
export interface Round {
  facts: Facts & Record<string, number | string | boolean>;
  broken: string[];
}

export type Scenario = () => Promise<Round>;

/** One worker that holds a claim is killed, again and again; others take over. */
export function kill(inDoubt: InDoubt, { recipients = 10_000, kills = 20 } = {}): Scenario {
  return () =>
    inArena({ inDoubt, ackMs: 250 }, async (arena) => {
      await Promise.all([1, 2, 3, 4].map(() => arena.startWorker()));
      const id = await arena.campaign(recipients);
      await arena.dispatch(id);
      let killed = 0;
      const starting: Promise<unknown>[] = [];
      while (killed < kills && (await arena.status(id)) === "processing") {
        const holders = await arena.holders();
        const victims = arena.workers.filter((worker) => !worker.exited && holders.includes(worker.pid));
        const victim = victims[Math.floor(Math.random() * victims.length)];
        if (victim) {
          await victim.kill("SIGKILL");
          killed += 1;
          starting.push(arena.startWorker());
        }
        await sleep(50 + Math.random() * 150);
      }
      await Promise.all(starting);
      // The killing is done: the rest may go quickly.
      arena.sink.ackMs = 5;
      await arena.ended(id, 120_000);
      const facts = await arena.facts(id);
      const bound = killed * OPEN_SENDS;
      const promises = inDoubt === "hold" ? { extra: 0, unconfirmed: bound } : { extra: bound, unconfirmed: 0 };
      return {
        facts: { ...facts, kills: killed, bound },
        broken: [
          ...judge(facts, { ...promises, status: "completed" }),
          ...(killed < kills ? [`only ${killed} of ${kills} kills while it was sending`] : []),
        ],
      };
    });
}

/** Redis forgets everything every two seconds. */
export const flush: Scenario = () =>
  inArena({ inDoubt: "hold", ackMs: 60 }, async (arena) => {
    await Promise.all([1, 2].map(() => arena.startWorker()));
    const id = await arena.campaign(4_000);
    await arena.dispatch(id);
    let flushes = 0;
    const flushing = setInterval(() => void arena.flushRedis().then(() => (flushes += 1)), 2_000);
    await arena.ended(id, 120_000).finally(() => clearInterval(flushing));
    const facts = await arena.facts(id);
    const broken = judge(facts, { extra: 0, unconfirmed: 0, status: "completed" });
    return { facts: { ...facts, flushes }, broken: flushes > 0 ? broken : [...broken, "it was never flushed"] };
  });

/** Redis is away from before the dispatch to after the end; workers start without it. */
export const noRedis: Scenario = () =>
  inArena({ inDoubt: "hold", ackMs: 20 }, async (arena) => {
    const id = await arena.campaign(2_000);
    await arena.stopRedis();
    await Promise.all([1, 2].map(() => arena.startWorker()));
    await arena.dispatch(id);
    await arena.ended(id, 120_000);
    const facts = await arena.facts(id);
    return { facts, broken: judge(facts, { extra: 0, unconfirmed: 0, status: "completed" }) };
  });

/**
 * Postgres is stopped without a checkpoint and started again, five times. The workers outlive it: outcomes are kept in
 * memory and written down when the ledger is back, and a mark whose commit was answered too late is repeated without
 * harm. So nothing is in doubt, as long as the database comes back within a worker's life.
 */
export const postgres: Scenario = () =>
  inArena({ inDoubt: "hold", ackMs: 60, fsync: true, workerTtlMs: 60_000 }, async (arena) => {
    await Promise.all([1, 2].map(() => arena.startWorker()));
    const id = await arena.campaign(5_000);
    await arena.dispatch(id);
    const restarts = 5;
    for (let n = 0; n < restarts; n += 1) {
      await sleep(700);
      await arena.restartPostgres("immediate");
    }
    await arena.ended(id, 180_000);
    const facts = await arena.facts(id);
    const exits = arena.workers.filter((worker) => worker.exited).length;
    const broken = judge(facts, { extra: 0, unconfirmed: 0, status: "completed" });
    return {
      facts: { ...facts, restarts, exits },
      broken: exits > 0 ? [...broken, `${exits} workers exited`] : broken,
    };
  });

/** A worker is frozen for longer than its life lasts, with sends open, and woken when others have finished. */
export const frozen: Scenario = () =>
  inArena({ inDoubt: "hold", ackMs: 100 }, async (arena) => {
    const first = await arena.startWorker();
    const id = await arena.campaign(1_500);
    await arena.dispatch(id);
    await waitFor(async () => (await arena.holders()).includes(first.pid) && arena.sink.log.length > 100);
    await first.kill("SIGSTOP");
    await arena.startWorker();
    await arena.ended(id, 120_000);
    const doubted = (await arena.facts(id)).unconfirmed;
    await first.kill("SIGCONT");
    // The woken worker finds that it lost its batch, and tells what it knows: all of it had arrived.
    await waitFor(async () => (await arena.facts(id)).unconfirmed === 0);
    const facts = await arena.facts(id);
    const broken = judge(facts, { extra: 0, unconfirmed: 0, status: "completed" });
    return {
      facts: { ...facts, doubted, exits: Number(first.exited) },
      broken: first.exited ? [...broken, "the woken worker exited"] : broken,
    };
  });

/** Paused and resumed again and again, and cancelled in the end. */
export const pause: Scenario = () =>
  inArena({ inDoubt: "hold", ackMs: 40 }, async (arena) => {
    await Promise.all([1, 2].map(() => arena.startWorker()));
    const id = await arena.campaign(4_000);
    await arena.dispatch(id);
    for (let n = 0; n < 6; n += 1) {
      await sleep(250);
      await arena.pause(id);
      await sleep(50 + Math.random() * 200);
      await arena.resume(id);
    }
    await sleep(200);
    await arena.cancel(id);
    await arena.ended(id, 60_000);
    const facts = await arena.facts(id);
    return { facts, broken: judge(facts, { extra: 0, unconfirmed: 0, status: "cancelled" }) };
  });

/** Connections to the provider break in the middle: answers get lost, nobody dies. */
export const ambiguous: Scenario = () =>
  inArena({ inDoubt: "hold", ackMs: 50 }, async (arena) => {
    await Promise.all([1, 2].map(() => arena.startWorker()));
    const id = await arena.campaign(2_000);
    await arena.dispatch(id);
    for (let n = 0; n < 5; n += 1) {
      await sleep(300);
      arena.sink.breakConnections();
    }
    await arena.ended(id, 60_000);
    const facts = await arena.facts(id);
    // Each break leaves at most what two workers had open without an answer.
    const bound = 5 * 2 * OPEN_SENDS;
    return { facts: { ...facts, bound }, broken: judge(facts, { extra: 0, unconfirmed: bound, status: "completed" }) };
  });

export const scenarios: Record<string, Scenario> = {
  kill: kill("hold"),
  "kill-retry": kill("retry"),
  flush,
  "no-redis": noRedis,
  postgres,
  frozen,
  pause,
  ambiguous,
};

async function inArena(how: Parameters<typeof openArena>[0], play: (arena: Arena) => Promise<Round>): Promise<Round> {
  const arena = await openArena(how);
  try {
    return await play(arena);
  } finally {
    await arena.close();
  }
}

function judge(facts: Facts, most: { extra: number; unconfirmed: number; status: string }): string[] {
  return [
    facts.status !== most.status && `the campaign is ${facts.status}, not ${most.status}`,
    facts.lost > 0 && `${facts.lost} recipients were lost`,
    facts.extra > most.extra && `${facts.extra} extra copies, more than ${most.extra}`,
    facts.unconfirmed > most.unconfirmed && `${facts.unconfirmed} unconfirmed, more than ${most.unconfirmed}`,
    facts.hidden > 0 && `${facts.hidden} arrived although the ledger says otherwise`,
    !facts.countersTrue && "the counters are not those of the rows",
  ].filter((promise): promise is string => promise !== false);
}

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 400; n += 1) {
    if (await condition()) return;
    await sleep(50);
  }
  throw new Error(`it did not happen within 20 s: ${String(condition)}`);
}

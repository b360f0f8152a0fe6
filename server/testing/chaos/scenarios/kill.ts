import { setTimeout as sleep } from "node:timers/promises";
import type { InDoubt } from "../../../dispatch/outcome.ts";
import type { ChildProgram } from "../processes.ts";
import { type Arena, OPEN_SENDS, SHORT_LIVES } from "../arena.ts";
import { inArena, judged, type Scenario, spread, startWorkers, until } from "../round.ts";

/**
 * Four workers; one that holds a claim is killed and replaced, again and again over the whole campaign, and twice
 * more at its very end. Now and then the sink hangs up without a word. Each death costs at most W, each unanswered
 * message one: K·W + A.
 */
export function kill(inDoubt: InDoubt, { recipients = 10_000, kills = 22 } = {}): Scenario {
  // Nine in ten at least: the last of them may find the campaign over.
  const killsMin = Math.ceil(kills * 0.9);
  return () =>
    inArena({ inDoubt, ackMs: 20, lives: SHORT_LIVES }, async (arena) => {
      await startWorkers(arena, 4);
      const id = await arena.campaign(recipients);
      arena.sink.moods = { busy: 0.002, silent: 0.001, deaf: 0.001 };
      await arena.dispatch(id);

      const killed: ChildProgram[] = [];
      const starting: Promise<unknown>[] = [];
      const samples = sampleOpen(arena);
      const killOne = async () => {
        const victim = await aHolder(arena, id);
        if (!victim) return;
        victim.signal("SIGKILL");
        await victim.exit;
        killed.push(victim);
        const start = arena.startWorker();
        // Awaited at the end; if the play breaks before that, its own error is the one to tell.
        start.catch(() => undefined);
        starting.push(start);
      };
      await spread(arena, { id, recipients, times: kills }, killOne);
      await until(() => arena.sink.log.length > recipients * 0.99);
      for (let n = 0; n < 2; n += 1) await killOne();
      await Promise.all(starting);
      await arena.ended(id, 60_000);
      const mostOpen = await samples.stop();

      const [facts, livesLost] = [await arena.facts(id), await arena.livesLost()];
      const ambiguous = arena.sink.ambiguous.taken + arena.sink.ambiguous.lost;
      // A process that was silent for longer than its life lasts is dead to the others, even if it lives.
      const bound = (killed.length + livesLost) * OPEN_SENDS + ambiguous;
      return judged(facts, inDoubt === "hold" ? { unconfirmed: bound } : { extra: bound }, {
        numbers: { kills: killed.length, mostOpen, livesLost, ambiguous, bound },
        broken: [
          ...arena.broken(killed),
          killed.length < killsMin && `only ${killed.length} kills while it was sending`,
          mostOpen > OPEN_SENDS && `one process had ${mostOpen} messages open at once, more than ${OPEN_SENDS}`,
        ],
      });
    });
}

/** Looks again and again how many messages each process has open, dead ones included, and answers with the most. */
function sampleOpen(arena: Arena): { stop(): Promise<number> } {
  let [most, stopped] = [0, false];
  const sampling = (async () => {
    while (!stopped) {
      for (const { open } of await arena.holders()) most = Math.max(most, open);
      await sleep(20);
    }
  })();
  // A play that breaks never asks; the looking ends with the arena.
  sampling.catch(() => undefined);
  return { stop: () => ((stopped = true), sampling.then(() => most)) };
}

/** A worker that holds a claim right now; undefined once the campaign is over. */
async function aHolder(arena: Arena, id: string): Promise<ChildProgram | undefined> {
  while ((await arena.status(id)) !== "completed") {
    const holders = await arena.holders();
    const alive = arena.workers.filter((worker) => !worker.ended && holders.some(({ pid }) => pid === worker.pid));
    if (alive.length > 0) return alive[Math.floor(Math.random() * alive.length)];
  }
  return undefined;
}

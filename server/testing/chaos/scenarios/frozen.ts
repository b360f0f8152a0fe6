import { setTimeout as sleep } from "node:timers/promises";
import { inArena, judged, type Scenario, until } from "../round.ts";
import { type Arena, OPEN_SENDS, type Provider, SHORT_LIVES } from "../arena.ts";
import type { ChildProgram } from "../processes.ts";

/**
 * A worker is frozen for longer than its life lasts, with messages open, and woken when others have finished. It drops
 * its batch, tells of the answers it finds, which lift everybody in doubt to sent, and goes on under a new life: the
 * next campaign is its alone.
 */
export function frozen({ recipients = 1_000, byMail = false } = {}): Scenario {
  return () =>
    inArena({ ackMs: 60, lives: SHORT_LIVES }, async (arena) => {
      const server = byMail ? await arena.openMailServer(OPEN_SENDS) : undefined;
      const provider: Provider = server ?? arena.sink;
      const sleeper = await arena.startWorker();
      const id = await arena.campaign(recipients, server);
      await arena.dispatch(id);
      await until(() => provider.log.length > 100);
      // Its last answers come when it is awake again, one by one: most of them after it knows that its batch is lost.
      provider.ackMs = 6_000;
      const later = setInterval(() => (provider.ackMs += 20), 2);
      await sleep(300);
      await until(() => freeze(arena, sleeper)).finally(() => clearInterval(later));
      provider.ackMs = 5;
      const other = await arena.startWorker();
      await arena.ended(id, 60_000);
      const { unconfirmed: doubted } = await arena.facts(id);
      sleeper.signal("SIGCONT");
      await until(async () => (await arena.facts(id)).unconfirmed === 0).catch(() => undefined);
      const first = await arena.facts(id);

      other.signal("SIGTERM");
      await other.exit;
      const next = await arena.campaign(200, server);
      await arena.dispatch(next);
      await arena.ended(next, 30_000);
      const second = judged(await arena.facts(next), {}, {});
      return judged(
        first,
        {},
        {
          numbers: { doubted, livesLost: await arena.livesLost() },
          broken: [
            ...arena.broken([other]),
            ...second.broken.map((words) => `after it was woken: ${words}`),
            doubted === 0 && "nothing was open when it was frozen",
            doubted > OPEN_SENDS && `${doubted} were in doubt, more than ${OPEN_SENDS}`,
          ],
        },
      );
    });
}

/** Freezes the worker with messages open; not inside a transaction, whose locks Postgres takes from it only after 30 s. */
async function freeze(arena: Arena, worker: ChildProgram): Promise<boolean> {
  worker.signal("SIGSTOP");
  const inside = await arena.look(
    `SELECT pid FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'campaign-dispatcher worker' AND state <> 'idle'`,
  );
  const [holder] = inside.length > 0 ? [] : await arena.holders();
  if (holder && holder.open > 0) return true;
  worker.signal("SIGCONT");
  return false;
}

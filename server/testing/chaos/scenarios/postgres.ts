import { setTimeout as sleep } from "node:timers/promises";
import { OPEN_SENDS, SHORT_LIVES } from "../arena.ts";
import { openLossyProxy } from "../lossy-proxy.ts";
import { inArena, judged, type Scenario, spread, startWorkers } from "../round.ts";

/**
 * Postgres is stopped without a checkpoint and started again, five times. No worker dies and no life expires, so K is
 * 0, and the bound is not W a crash but nothing at all: answers wait in memory until they are written down, a mark
 * whose COMMIT was not answered is made again before anything it opens leaves, and made twice it changes nothing.
 */
export function postgres({ recipients = 4_000, crashes = 5 } = {}): Scenario {
  return () =>
    inArena({ ackMs: 40, harms: ["postgres"] }, async (arena) => {
      const web = await arena.startWeb();
      await startWorkers(arena, 3);
      const id = await arena.campaign(recipients);
      await arena.dispatch(id);
      let during = 0;
      await spread(arena, { id, recipients, times: crashes }, async () => {
        during += 1;
        await sleep(Math.random() * 100);
        await arena.restartPostgres();
      });
      await arena.ended(id, 60_000);
      const ready = await fetch(`${web.door.url}/readyz`);
      return judged(
        await arena.facts(id),
        {},
        {
          numbers: { crashes: during, livesLost: await arena.livesLost() },
          broken: [
            ...arena.broken(),
            during < crashes && `only ${during} of ${crashes} crashes while it was sending`,
            ready.status !== 200 && `the web process answers /readyz with ${ready.status}`,
          ],
        },
      );
    });
}

/**
 * Postgres is away for longer than a worker's life: when it is back, all are dead to each other although none is, and
 * take each other's batches. The late answers lift what was in doubt, so that only messages are left which a mark
 * opened whose COMMIT was not answered, and which were never sent: at most W for each life that was lost.
 */
export function outage({ recipients = 2_000, byMail = false } = {}): Scenario {
  return () =>
    inArena({ ackMs: 40, harms: ["postgres"], lives: SHORT_LIVES }, async (arena) => {
      const server = byMail ? await arena.openMailServer(OPEN_SENDS) : undefined;
      await startWorkers(arena, 3);
      const id = await arena.campaign(recipients, server);
      await arena.dispatch(id);
      const provider = server ?? arena.sink;
      await spread(arena, { id, recipients, times: 1, provider }, () => arena.restartPostgres(2_000));
      await arena.ended(id, 60_000);
      const livesLost = await arena.livesLost();
      const bound = livesLost * OPEN_SENDS;
      return judged(
        await arena.facts(id),
        { unconfirmed: bound },
        {
          numbers: { livesLost, bound },
          broken: [...arena.broken(), livesLost === 0 && "no life was lost"],
        },
      );
    });
}

/**
 * The workers' connections break at their COMMITs, half of the time after Postgres has committed. Claims, marks,
 * settles, releases and completions are all hit. Nobody dies, so as with the crashes nothing may be lost, doubled or
 * left in doubt; and a claim that was made without its worker knowing must not keep its recipients for ever.
 */
export function lostCommits({ recipients = 1_500, share = 0.15 } = {}): Scenario {
  return () =>
    inArena({ ackMs: 15 }, async (arena) => {
      const proxy = await openLossyProxy(arena.databaseUrl, 0);
      try {
        for (let n = 0; n < 2; n += 1) await arena.startWorker({ databaseUrl: proxy.url });
        const id = await arena.campaign(recipients);
        await arena.dispatch(id);
        proxy.share = share;
        await arena.ended(id, 90_000);
        const { unanswered, unheard } = proxy;
        return judged(
          await arena.facts(id),
          {},
          {
            numbers: { unanswered, unheard, livesLost: await arena.livesLost() },
            broken: [...arena.broken(), unanswered < 3 && `only ${unanswered} commits were cut off from their answer`],
          },
        );
      } finally {
        await proxy.close();
      }
    });
}

import { setTimeout as sleep } from "node:timers/promises";
import { inArena, judged, type Scenario, startWorkers } from "../round.ts";

/**
 * Paused and resumed again and again while it sends, fails and gets new recipients, and cancelled in the end. Nobody
 * is written to twice, the rest is skipped, no decision is refused, and nobody locks anybody out.
 */
export function pause({ recipients = 3_000, pauses = 12 } = {}): Scenario {
  return () =>
    inArena({ ackMs: 40 }, async (arena) => {
      await startWorkers(arena, 3);
      const id = await arena.campaign(recipients);
      // What is not sent at once is noted in a row of its own, under the campaign's foreign key.
      arena.sink.moods = { busy: 0.3, silent: 0, deaf: 0 };
      await arena.dispatch(id);
      for (let n = 0; n < pauses; n += 1) {
        await sleep(100 + Math.random() * 100);
        await Promise.all([arena.pause(id), arena.add(id, 50)]);
        await sleep(Math.random() * 150);
        await arena.resume(id);
      }
      await sleep(150);
      await arena.cancel(id);
      await arena.ended(id, 30_000);
      const facts = await arena.facts(id);
      return judged(
        facts,
        { status: "cancelled" },
        {
          numbers: { pauses },
          broken: [
            ...arena.broken(),
            facts.sent === 0 && "it never sent",
            facts.skipped === 0 && "it was over before it was cancelled",
            facts.sent + facts.skipped !== facts.total && "some were neither sent nor skipped",
          ],
        },
      );
    });
}

const DISPATCH = `mutation ($id: ID!, $key: String) {
  dispatchCampaign(input: { campaignId: $id, idempotencyKey: $key }) { userErrors { code } campaign { status } }
}`;

/** A hundred clicks at once over two web processes, without a key, all with the same, and mixed: one run each. */
export function clicks({ atOnce = 100 } = {}): Scenario {
  return () =>
    inArena({ ackMs: 10 }, async (arena) => {
      const webs = await Promise.all([arena.startWeb(), arena.startWeb()]);
      const keysOf: ((n: number) => string | null)[] = [
        () => null,
        () => "clicked",
        (n) => (n % 3 ? `click ${n}` : null),
      ];
      const broken: string[] = [];
      const campaigns = await Promise.all(keysOf.map(() => arena.campaign(100)));
      for (const [i, id] of campaigns.entries()) {
        const answers = await Promise.all(
          Array.from({ length: atOnce }, (_, n) =>
            webs[n % 2]!.door.query(DISPATCH, { id, key: keysOf[i]!(n) && `${keysOf[i]!(n)} ${i}` }),
          ),
        );
        const wrong = answers.filter(({ data, errors }) => errors || JSON.stringify(data.dispatchCampaign) !== STARTED);
        if (wrong.length > 0)
          broken.push(`${wrong.length} clicks were answered otherwise: ${JSON.stringify(wrong[0])}`);
        const runs = await arena.look(`SELECT number FROM run WHERE campaign_id = $1`, [id]);
        if (runs.length !== 1) broken.push(`${runs.length} runs`);
      }
      await arena.startWorker();
      for (const id of campaigns) await arena.ended(id, 30_000);
      const rounds = await Promise.all(campaigns.map(async (id) => judged(await arena.facts(id), {}, {})));
      return {
        numbers: { ...rounds[0]!.numbers, clicks: atOnce * campaigns.length, runs: campaigns.length },
        broken: [...broken, ...rounds.flatMap((round) => round.broken), ...arena.broken()],
      };
    });
}

const STARTED = JSON.stringify({ userErrors: [], campaign: { status: "PROCESSING" } });

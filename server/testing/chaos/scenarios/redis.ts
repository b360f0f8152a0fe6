import { setTimeout as sleep } from "node:timers/promises";
import { inArena, judged, QUICK_MS, type Scenario, SLOW_MS, startWorkers } from "../round.ts";

/** Redis forgets everything every two seconds: rings are lost, the poll finds the work, nobody notices. */
export function flush({ recipients = 4_000, flushes = 3 } = {}): Scenario {
  return () =>
    inArena({ ackMs: SLOW_MS, harms: ["redis"] }, async (arena) => {
      await startWorkers(arena, 2);
      const id = await arena.campaign(recipients);
      await arena.dispatch(id);
      for (let n = 0; n < flushes; n += 1) {
        await sleep(n === 0 ? 200 : 2_000);
        await arena.flushRedis();
      }
      const during = await arena.status(id);
      arena.sink.ackMs = QUICK_MS;
      await arena.ended(id, 60_000);
      return judged(
        await arena.facts(id),
        {},
        {
          numbers: { flushes },
          broken: [...arena.broken(), during !== "processing" && "it was over before Redis forgot everything"],
        },
      );
    });
}

const DISPATCH = `mutation ($id: ID!) { dispatchCampaign(input: { campaignId: $id }) { userErrors { code } campaign { status } } }`;
const WATCH = `subscription ($id: ID!) { campaignProgress(campaignId: $id) { status total sent } }`;

/**
 * Redis is away from before the dispatch to after the end. One worker and the web process knew it before, the other
 * worker has never seen it. The click is answered, the campaign completes, and who watches sees it complete.
 */
export function noRedis({ recipients = 2_000 } = {}): Scenario {
  return () =>
    inArena({ ackMs: 20, harms: ["redis"] }, async (arena) => {
      const [web] = [await arena.startWeb(), await arena.startWorker()];
      const id = await arena.campaign(recipients);
      await arena.stopRedis();
      await arena.startWorker();
      const watching = web.door.subscribe(WATCH, { id });
      const clickedAt = Date.now();
      const { data, errors } = await web.door.query(DISPATCH, { id });
      const answeredMs = Date.now() - clickedAt;
      await arena.ended(id, 60_000);
      const seen = await watching.until(({ campaignProgress }) => campaignProgress.status === "COMPLETED", 5_000);
      watching.stop();
      return judged(
        await arena.facts(id),
        {},
        {
          numbers: { answeredMs, events: watching.events.length },
          broken: [
            ...arena.broken(),
            (errors !== undefined || data.dispatchCampaign.userErrors.length > 0) && "the click was refused",
            answeredMs > 5_000 && `the click was answered after ${answeredMs} ms`,
            seen.campaignProgress.sent !== recipients && "who watched was not shown everybody",
          ],
        },
      );
    });
}

import type { InDoubt } from "../../../dispatch/outcome.ts";
import { inArena, judged, type Scenario, startWorkers } from "../round.ts";

/**
 * A provider in a bad mood: busy, or it hangs up, with the message or without. Nobody dies, so the bound K·W + A is A,
 * and it is met exactly: under `hold` each message without an answer is unconfirmed, under `retry` each that had been
 * taken arrives once more.
 */
export function moods(inDoubt: InDoubt, { recipients = 2_000 } = {}): Scenario {
  return () =>
    inArena({ inDoubt, ackMs: 10 }, async (arena) => {
      await startWorkers(arena, 2);
      const id = await arena.campaign(recipients);
      arena.sink.moods = { busy: 0.1, silent: 0.03, deaf: 0.03 };
      await arena.dispatch(id);
      await arena.ended(id, 60_000);
      const { taken, lost } = arena.sink.ambiguous;
      const facts = await arena.facts(id);
      const [extra, unconfirmed] = inDoubt === "hold" ? [0, taken + lost] : [taken, 0];
      return judged(
        facts,
        { extra, unconfirmed },
        {
          numbers: { ambiguous: taken + lost },
          broken: [
            ...arena.broken(),
            facts.extra < extra && `only ${facts.extra} extra copies of ${extra}: an answer was made up`,
            facts.unconfirmed < unconfirmed &&
              `only ${facts.unconfirmed} of ${unconfirmed} unconfirmed: an answer was made up`,
          ],
        },
      );
    });
}

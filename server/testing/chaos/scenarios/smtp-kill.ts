import { type Arena, LONG_LIVES, type MailServer, OPEN_SENDS } from "../arena.ts";
import { type Point, POINTS, SEEN_BY_SERVER, type Then } from "../point.ts";
import { inArena, judged, type Round, type Scenario } from "../round.ts";

/** Long enough that a worker on a busy machine dies at its point and not before. */
const VICTIM_LIVES = { ...LONG_LIVES, HEARTBEAT_GRACE_MS: "2000", WORKER_TTL_MS: "3000" };
const DEATH_MS = 30_000;
/** More than W, so that at most points somebody is ahead, somebody open, and somebody settled. */
const RECIPIENTS = 60;

/** What the ledger and the mail server knew when the worker was dead. */
interface Death {
  id: string;
  point: Point;
  open: number;
  settled: number;
  arrived: number;
}

/**
 * A campaign by e-mail for each point; its only worker is killed exactly there. Then two workers finish them all. What
 * was open at the death, as Postgres had it, is unconfirmed in the end, to the very number; everybody else has arrived
 * exactly once.
 */
export function smtpKill(): Scenario {
  return () =>
    inArena({ ackMs: 10 }, async (arena) => {
      const deaths: Death[] = [];
      for (const point of Object.keys(POINTS) as Point[]) {
        const server = await arena.openMailServer();
        deaths.push(await killedAt(arena, server, point));
      }
      for (const { id, point } of deaths) if (point !== "completed") await arena.resume(id);
      await Promise.all([arena.startWorker(), arena.startWorker()]);
      const rounds: Round[] = [];
      for (const death of deaths) rounds.push(await survived(arena, death));
      const most = Math.max(...deaths.map(({ open }) => open));
      const unconfirmed = rounds.reduce((sum, { numbers }) => sum + (numbers["unconfirmed"] ?? 0), 0);
      return {
        numbers: { kills: deaths.length, mostOpen: most, unconfirmed, bound: deaths.length * OPEN_SENDS },
        broken: rounds.flatMap(({ broken }) => broken),
      };
    });
}

async function killedAt(arena: Arena, server: MailServer, point: Point): Promise<Death> {
  const { sink } = server;
  const phase = SEEN_BY_SERVER[point];
  const victim = await arena.startWorker({ lives: VICTIM_LIVES, ...(phase ? {} : { diesAt: point }) });
  if (phase)
    sink.script((at) => {
      // What comes in later is what was in the network's hands when the worker died; nobody reads it.
      if (victim.ended) return { does: "close" };
      if (at.phase !== phase) return undefined;
      victim.signal("SIGKILL");
      return { does: "close", taken: phase === "dot" };
    });
  const id = await arena.campaign(RECIPIENTS, server);
  await arena.dispatch(id);
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error(`no worker died at "${point}"`)), DEATH_MS).unref();
  });
  await Promise.race([victim.exit, late]);
  sink.script(null);
  // So that the next worker, which is to die elsewhere, leaves it alone.
  if (point !== "completed") await arena.pause(id);
  const [held] = await arena.holders(id);
  const [{ settled } = { settled: 0 }] = await arena.look<{ settled: number }>(
    `SELECT count(*)::int AS settled FROM recipient WHERE campaign_id = $1 AND status = 'sent'`,
    [id],
  );
  return { id, point, open: held?.open ?? 0, settled, arrived: sink.log.length };
}

async function survived(arena: Arena, { id, point, open, settled, arrived }: Death): Promise<Round> {
  await arena.ended(id, 60_000);
  const facts = await arena.facts(id);
  const { numbers, broken } = judged(
    facts,
    { unconfirmed: OPEN_SENDS },
    {
      broken: [
        facts.unconfirmed !== open && `${facts.unconfirmed} unconfirmed, and ${open} were open`,
        facts.sent !== facts.total - open && `${facts.sent} sent of ${facts.total}, and ${open} were open`,
        otherwise("open", POINTS[point].open, open),
        otherwise("settled", POINTS[point].settled, settled),
        otherwise("arrived", POINTS[point].arrived, arrived),
      ],
    },
  );
  return { numbers, broken: broken.map((words) => `killed at "${point}": ${words}`) };
}

/** In words, where a number is not what the point says. */
function otherwise(what: keyof Then, should: Then[keyof Then], is: number): string | false {
  const fits = { none: is === 0, some: is > 0, all: is === RECIPIENTS, either: true }[should];
  return !fits && `${is} ${what}, and it should be ${should}`;
}

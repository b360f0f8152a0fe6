import { setTimeout as sleep } from "node:timers/promises";
import type { Behaviour, SinkMoment } from "../../smtp-sink.ts";
import { type Arena, type MailServer, OPEN_SENDS } from "../arena.ts";
import { inArena, judged, type Scenario, startWorkers, until } from "../round.ts";

/**
 * A mail server in every mood that one has, in each phase of the dialogue. Nobody dies, so only those are unconfirmed
 * whose final dot had left, or may have, when the server hung up; who was refused for good has failed; everybody else
 * is tried again until they were sent to, once.
 */
export function mailMoods({ recipients = 800 } = {}): Scenario {
  return () =>
    inArena({ ackMs: 5 }, async (arena) => {
      const server = await arena.openMailServer(OPEN_SENDS);
      const moods = new Moods();
      server.sink.script((at) => moods.at(at));
      await startWorkers(arena, 2);
      const id = await arena.campaign(recipients, server);
      await arena.dispatch(id);
      const hurry = setInterval(() => void hurryUp(arena, id).catch(() => undefined), 250);
      await arena.ended(id, 120_000).finally(() => clearInterval(hurry));

      const facts = await arena.facts(id);
      const ambiguous = Object.values(server.sink.ambiguous).flat().length;
      const failed = await addressesOf(arena, id, "failed");
      const wrongly = failed.filter((address) => !moods.refusedForGood.has(address));
      const kept = [...moods.refusedForGood].filter((address) => !failed.includes(address));
      return judged(
        facts,
        // A short mail has left as a whole before the server has read its beginning.
        { unconfirmed: ambiguous + moods.cutInBody },
        {
          numbers: { ambiguous, cutInBody: moods.cutInBody, failed: failed.length, moods: moods.shown.size },
          broken: [
            ...arena.broken(),
            facts.unconfirmed < ambiguous && `${facts.unconfirmed} unconfirmed of ${ambiguous} without an answer`,
            wrongly.length > 0 && `${wrongly.length} failed whom the server had not refused for good`,
            kept.length > 0 && `${kept.length} were refused for good and have not failed`,
            moods.shown.size < MOODS.length && `only ${moods.shown.size} of ${MOODS.length} moods were shown`,
          ],
        },
      );
    });
}

/**
 * A mail server that lets some answers to the final dot wait for longer than everything else takes together, and at
 * least for so many seconds: their batch goes on, the others are written down meanwhile, and in the end these were sent
 * as well.
 */
export function lateAnswers({ recipients = 400, late = 6, seconds = 0 } = {}): Scenario {
  return () =>
    inArena({ ackMs: 5 }, async (arena) => {
      const server = await arena.openMailServer(OPEN_SENDS);
      const answerNow = holdBack(server, late);
      await arena.startWorker();
      const id = await arena.campaign(recipients, server);
      const held = sleep(seconds * 1_000);
      await arena.dispatch(id);
      await until(async () => (await arena.facts(id)).sent === recipients - late, 60_000).catch(() => undefined);
      await held;
      const before = await arena.facts(id);
      answerNow();
      await arena.ended(id, 30_000);
      return judged(
        await arena.facts(id),
        {},
        {
          numbers: { late, seconds, sentMeanwhile: before.sent },
          broken: [
            ...arena.broken(),
            before.sent !== recipients - late && `${before.sent} were sent while ${late} answers were awaited`,
            before.status !== "processing" && `the campaign was ${before.status} while ${late} answers were awaited`,
          ],
        },
      );
    });
}

// The first so many are answered when that is said, long before the sender would stop waiting.
function holdBack({ sink }: MailServer, late: number): () => void {
  let isTold = false;
  const held = new Set<number>();
  sink.script(({ phase, message }) => {
    if (phase !== "dot" || isTold || held.size >= late) return undefined;
    held.add(message);
    return { afterMs: 590_000 };
  });
  return () => {
    isTold = true;
    sink.answerNow();
  };
}

type Mood = [phase: SinkMoment["phase"], behaviour: Behaviour];

const REPLIES = {
  forNow: ["421 4.3.2 Going down", "450 4.2.1 Busy", "451 4.3.0 Try later"],
  forGood: ["550 5.1.1 No such user", "552 5.2.2 Mailbox full", "554 5.7.1 Refused"],
} as const;
const LATE: Behaviour = { afterMs: 700 };
const GONE: Behaviour[] = [{ does: "close" }, { does: "reset" }, { does: "close", afterMs: 500 }];

/** Everything that a server can do to a message, beside taking it. */
const MOODS: Mood[] = [
  ...(["RCPT", "DATA", "dot"] as const).flatMap((phase): Mood[] =>
    [...REPLIES.forNow, ...REPLIES.forGood].map((does) => [phase, { does }]),
  ),
  ...REPLIES.forNow.map((does): Mood => ["MAIL", { does }]),
  ...(["MAIL", "RCPT", "DATA", "body", "dot"] as const).flatMap((phase): Mood[] =>
    [...GONE, LATE].map((behaviour) => [phase, behaviour]),
  ),
  ["dot", { does: "close", taken: true }],
  ["dot", { does: "reset", taken: true }],
];

/** Each mood in turn, each time for one message; between two of them the server is a good one. */
class Moods {
  readonly shown = new Set<Mood>();
  readonly refusedForGood = new Set<string>();
  cutInBody = 0;
  private next = 0;
  private moody = new Map<number, Mood>();

  at({ phase, message, recipient }: SinkMoment): Behaviour | undefined {
    if (message === 0) return undefined;
    // Asked at its first phase, so that a message has one mood: every fifth has one.
    if (phase === "MAIL" && message % 5 === 0) this.moody.set(message, MOODS[this.next++ % MOODS.length]!);
    const mood = this.moody.get(message);
    if (!mood || mood[0] !== phase) return undefined;
    this.shown.add(mood);
    const [, behaviour] = mood;
    if (phase === "body" && behaviour.does !== undefined) this.cutInBody += 1;
    if (recipient !== null && behaviour.does?.startsWith("5")) this.refusedForGood.add(recipient);
    return behaviour;
  }
}

// Whoever waits is due now, and a transport that rests is tried now: minutes and hours are other tests' business.
async function hurryUp(arena: Arena, id: string): Promise<void> {
  await arena.look(`UPDATE lane SET closed_until = now() WHERE closed_until > now()`);
  await arena.look(`UPDATE recipient SET due_at = now() WHERE campaign_id = $1 AND due_at > now()`, [id]);
}

async function addressesOf(arena: Arena, id: string, status: string): Promise<string[]> {
  const rows = await arena.look<{ email: string }>(
    `SELECT email FROM recipient WHERE campaign_id = $1 AND status = $2`,
    [id, status],
  );
  return rows.map(({ email }) => email);
}

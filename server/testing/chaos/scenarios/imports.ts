import { setTimeout as sleep } from "node:timers/promises";
import { type ImportSeen, importSeen, makeCampaign, startImport, uploadFile } from "../../imports.ts";
import { type Arena, SHORT_LIVES, type WebProgram } from "../arena.ts";
import { inArena, type Round, type Scenario, until } from "../round.ts";

/** Workers are killed again and again while they import a file: it goes on behind its last committed row. */
export function importKill({ rows = 40_000, kills = 6 } = {}): Scenario {
  return () =>
    inArena({ ackMs: 5, lives: SHORT_LIVES }, async (arena) => {
      const killed: Awaited<ReturnType<Arena["startWorker"]>>[] = [];
      let worker = await arena.startWorker();
      const work = await begin(arena, rows);
      for (let n = 1; n <= kills; n += 1) {
        await until(async () => (await rowsRead(arena, work.id)) >= (rows * n) / (kills + 1), 60_000);
        worker.signal("SIGKILL");
        killed.push(worker);
        worker = await arena.startWorker();
      }
      return ended(arena, work, { rows, numbers: { kills }, broken: arena.broken(killed) });
    });
}

/** A worker is frozen for longer than its lease, another takes over, and the first is woken before the end. */
export function importFrozen({ rows = 40_000 } = {}): Scenario {
  return () =>
    inArena({ ackMs: 5, lives: SHORT_LIVES }, async (arena) => {
      const sleeper = await arena.startWorker();
      // Without a flaw in the file only the lease stands in its way: a flaw is in the table once.
      const work = await begin(arena, rows, { flawless: true });
      await until(async () => (await rowsRead(arena, work.id)) > 0);
      await until(() => freeze(arena, sleeper.signal.bind(sleeper)));
      const at = await rowsRead(arena, work.id);
      await arena.startWorker();
      await until(async () => (await rowsRead(arena, work.id)) > at);
      sleeper.signal("SIGCONT");
      return ended(arena, work, {
        ...{ rows, numbers: { at } },
        broken: [...arena.broken(), ...(at >= rows ? ["it was over before the worker was frozen"] : [])],
      });
    });
}

/** Postgres crashes and Redis forgets everything while a file is imported. */
export function importCrash({ rows = 40_000, crashes = 3 } = {}): Scenario {
  return () =>
    inArena({ ackMs: 5, harms: ["postgres", "redis"], lives: SHORT_LIVES }, async (arena) => {
      await Promise.all([arena.startWorker(), arena.startWorker()]);
      const work = await begin(arena, rows);
      for (let n = 1; n <= crashes; n += 1) {
        await until(async () => (await rowsRead(arena, work.id)) >= (rows * n) / (crashes + 1), 60_000);
        await arena.flushRedis();
        await arena.restartPostgres(200);
      }
      return ended(arena, work, { rows, numbers: { crashes }, broken: arena.broken() });
    });
}

interface Work {
  id: string;
  campaignId: string;
  web: WebProgram;
  /** So many rows go in. */
  good: number;
}

async function begin(arena: Arena, rows: number, { flawless = false } = {}): Promise<Work> {
  const web = await arena.startWeb();
  const campaignId = await makeCampaign(web.door);
  const uploadId = await uploadFile(web.door, fileOf(rows, flawless));
  const { import: started } = await startImport(web.door, { campaignId, uploadId });
  if (!started) throw new Error("the import was refused");
  return { id: started.id, campaignId, web, good: flawless ? rows : rows * 0.8 };
}

/** Each tenth row repeats the address of the one before it, each tenth has none; or else all are good. */
function fileOf(rows: number, flawless: boolean): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const address = flawless || i % 10 !== 7 ? `c${!flawless && i % 10 === 3 ? i - 1 : i}@example.com` : "nobody";
    return `${address},Customer ${i}`;
  });
  return ["email,name", ...lines].join("\n");
}

async function rowsRead(arena: Arena, id: string): Promise<number> {
  const [row] = await arena.look<{ rows_read: number }>(`SELECT rows_read FROM import WHERE id = $1`, [id]);
  return row?.rows_read ?? 0;
}

/** Not inside a transaction, whose locks Postgres takes from it only after 30 s. */
async function freeze(arena: Arena, signal: (signal: NodeJS.Signals) => void): Promise<boolean> {
  signal("SIGSTOP");
  await sleep(20);
  const inside = await arena.look(
    `SELECT pid FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'campaign-dispatcher worker' AND state <> 'idle'`,
  );
  if (inside.length === 0) return true;
  signal("SIGCONT");
  return false;
}

/** What must hold at the end whatever happened: every row counted once, and the table has what the numbers say. */
async function ended(
  arena: Arena,
  { id, campaignId, web, good }: Work,
  { rows, numbers, broken }: { rows: number; numbers: Record<string, number>; broken: string[] },
): Promise<Round> {
  let seen: ImportSeen | undefined;
  await until(async () => {
    seen = await importSeen(web.door, id);
    return seen.status === "COMPLETED";
  }, 60_000).catch(() => undefined);
  const [table] = await arena.look<Record<string, number>>(
    `SELECT count(*)::int AS recipients, count(DISTINCT address_key)::int AS addresses, min(position) AS first,
            max(position) AS last,
            (SELECT total FROM campaign WHERE id = $1) AS total, (SELECT queued FROM campaign WHERE id = $1) AS queued,
            (SELECT count(*)::int FROM import_problem WHERE import_id = $2 AND rejected) AS rejected
     FROM recipient WHERE campaign_id = $1`,
    [campaignId, id],
  );
  const { status, rowsRead: read, accepted, duplicates, invalid } = seen ?? {};
  const bad = (rows - good) / 2;
  const should = { status: "COMPLETED", read: rows, accepted: good, duplicates: bad, invalid: bad };
  const found = { status, read, accepted, duplicates, invalid };
  const inTable = {
    recipients: good,
    addresses: good,
    first: 1,
    last: good,
    total: good,
    queued: good,
    rejected: 2 * bad,
  };
  return {
    numbers: { ...numbers, read: read ?? 0, accepted: accepted ?? 0, ...table },
    broken: [...broken, ...differences(should, found), ...differences(inTable, table ?? {})],
  };
}

function differences(should: Record<string, unknown>, is: Record<string, unknown>): string[] {
  return Object.entries(should)
    .filter(([name, value]) => is[name] !== value)
    .map(([name, value]) => `${name} is ${String(is[name])}, not ${String(value)}`);
}

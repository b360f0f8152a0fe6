import { Coalesced } from "../platform/coalesced.ts";
import { type Database, isUuid } from "../platform/database.ts";
import { notFound } from "../platform/errors.ts";
import type { Topics } from "../platform/topics.ts";
import { AT_WORK, type Import } from "./import.ts";
import { importTopic } from "./import-news.ts";
import { importIn, type ImportRef } from "./import.store.ts";

/** At most four events a second, however fast rows go in. */
const EVENTS_EVERY_MS = 250;
/** Postgres is asked this often even if nothing is heard: lost news heals within it. */
const LOOK_MS = 1_000;
/** One that has ended can only be undone any more: it is looked at as rarely as this. */
const LOOK_ENDED_MS = 30_000;
/** How long a new watcher waits for Redis before it goes on with the looks alone. */
const LISTEN_MS = 500;

/** First the import as it stands, then each change, coalesced. Rejects with NOT_FOUND. */
export async function watchImport(
  { database, topics }: { database: Database; topics: Topics },
  { workspaceId, importId }: ImportRef,
): Promise<AsyncIterableIterator<Import>> {
  if (!isUuid(importId)) throw notFound("import", importId);
  const read = () => database.inWorkspace(workspaceId, (tx) => importIn(tx, importId));
  if (!(await read())) throw notFound("import", importId);

  let shown = "";
  let lookMs = LOOK_MS;
  let stopped = false;
  // Listen before reading, or a change between the two is lost.
  const { ready, stop } = topics.listen(importTopic(importId), () => stream.tell(true));
  let looking = setInterval(() => stream.tell(true), lookMs);
  const lookEvery = (ms: number) => {
    if (ms === lookMs || stopped) return;
    clearInterval(looking);
    looking = setInterval(() => stream.tell(true), (lookMs = ms));
  };
  const stream = new Coalesced<true, Import>({
    everyMs: EVENTS_EVERY_MS,
    merge: () => true,
    async produce() {
      const now = await read();
      if (now) lookEvery(AT_WORK.includes(now.status) ? LOOK_MS : LOOK_ENDED_MS);
      const look = JSON.stringify(now);
      if (!now || look === shown) return null;
      shown = look;
      return now;
    },
    stop() {
      stopped = true;
      stop();
      clearInterval(looking);
    },
  });
  await Promise.race([ready, new Promise<void>((resolve) => setTimeout(resolve, LISTEN_MS).unref())]);
  stream.tell(true);
  return stream;
}

import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { inArena, judged, type Scenario, startWorkers, until } from "../round.ts";

const DISPATCH = `mutation ($id: ID!) { dispatchCampaign(input: { campaignId: $id }) { userErrors { code } } }`;
const FIGURES = "seq status total queued retrying sending sent failed skipped unconfirmed percent";
const PROGRESS = `query ($id: ID!) { campaign(id: $id) { progress { ${FIGURES} } } }`;
const WATCH = `subscription ($id: ID!) { campaignProgress(campaignId: $id) { ${FIGURES} } }`;

interface Figures extends Record<string, number | string> {
  seq: number;
  status: string;
  total: number;
}

/**
 * Somebody watches while a campaign is dispatched through another web process, and is cut off again and again; each
 * time the connection comes back through the other of the two. The figures never go back, always add up, and end as
 * both web processes and Postgres have them.
 */
export function socket({ recipients = 2_000, cuts = 6 } = {}): Scenario {
  return () =>
    inArena({ ackMs: 150 }, async (arena) => {
      const [one, other] = await Promise.all([arena.startWeb(), arena.startWeb()]);
      await startWorkers(arena, 2);
      const id = await arena.campaign(recipients);
      const watched = watch([other.door.url, one.door.url], arena.token, id);
      try {
        await until(() => watched.events.length > 0);
        await one.door.query(DISPATCH, { id });
        for (let n = 0; n < cuts; n += 1) {
          const before = watched.events.length;
          await until(() => watched.events.length > before + 1);
          await sleep(Math.random() * 200);
          watched.cut();
        }
        arena.sink.ackMs = 20;
        await arena.ended(id, 60_000);
        await until(() => watched.events.at(-1)?.status === "COMPLETED", 10_000).catch(() => undefined);
      } finally {
        await watched.stop();
      }
      const asked = await Promise.all([one, other].map(({ door }) => door.query(PROGRESS, { id })));
      const last = JSON.stringify(watched.events.at(-1));
      const facts = await arena.facts(id);
      return judged(
        facts,
        {},
        {
          numbers: { cuts, connections: watched.connections(), events: watched.events.length },
          broken: [
            ...arena.broken(),
            ...watched.events
              .filter((event) => !addsUp(event))
              .map((event) => `does not add up: ${JSON.stringify(event)}`),
            watched.events.some((event, n) => event.seq < (watched.events[n - 1]?.seq ?? 0)) && "the figures went back",
            watched.connections() <= cuts && `only ${watched.connections()} connections`,
            watched.events.at(-1)?.["sent"] !== facts.sent &&
              `Postgres says ${facts.sent} sent, the last event ${last}`,
            ...asked.map(
              ({ data }) =>
                JSON.stringify(data.campaign.progress) !== last &&
                `a web process says ${JSON.stringify(data.campaign.progress)}, the last event ${last}`,
            ),
          ],
        },
      );
    });
}

function addsUp(event: Figures): boolean {
  const states = ["queued", "retrying", "sending", "sent", "failed", "skipped", "unconfirmed"];
  return states.reduce((sum, state) => sum + Number(event[state]), 0) === event.total;
}

/** Watches through `urls` in turn, a new one at each connection. */
function watch(urls: string[], token: string, id: string) {
  const events: Figures[] = [];
  const sockets: WebSocket[] = [];
  class Kept extends WebSocket {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args);
      sockets.push(this);
    }
  }
  const client = createClient({
    url: () => `${urls[sockets.length % urls.length]!.replace("http", "ws")}/graphql`,
    webSocketImpl: Kept,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 1_000,
    shouldRetry: () => true,
    retryWait: () => sleep(50),
  });
  const stop = client.subscribe<{ campaignProgress: Figures }>(
    { query: WATCH, variables: { id } },
    {
      next: ({ data }) => data && events.push(data.campaignProgress),
      error: () => undefined,
      complete: () => undefined,
    },
  );
  return {
    events,
    connections: () => sockets.length,
    cut: () => sockets.at(-1)?.terminate(),
    async stop() {
      stop();
      await client.dispose();
    },
  };
}

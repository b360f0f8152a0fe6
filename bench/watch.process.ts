import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import type { Received } from "./stage.ts";

// So many subscribers of a campaign's progress, each on a WebSocket of its own. Says when all have their first
// event, and at the campaign's end what each received. Ends with the process that started it.
const [url = "", campaignId = "", count = "1", given = ""] = process.argv.slice(2);
const tokens = given.split(",");
process.once("disconnect", () => process.exit());

const PROGRESS = `subscription ($campaignId: ID!) {
  campaignProgress(campaignId: $campaignId) {
    seq status total queued retrying sending sent failed skipped unconfirmed percent ratePerSecond etaSeconds
  }
}`;

interface Watching {
  begun: Promise<void>;
  over: Promise<Received>;
}

function watch(_: unknown, n: number): Watching {
  const received: Received = [];
  const client = createClient({
    url: `${url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    lazy: false,
    connectionParams: { authorization: `Bearer ${tokens[n % tokens.length]}` },
  });
  let tellBegun = (): void => undefined;
  const begun = new Promise<void>((resolve) => (tellBegun = resolve));
  const over = new Promise<Received>((resolve, reject) => {
    client.subscribe<{ campaignProgress: { seq: number; status: string } }>(
      { query: PROGRESS, variables: { campaignId } },
      {
        next: ({ data, errors }) => {
          if (!data) return reject(new Error(JSON.stringify(errors)));
          received.push({ seq: data.campaignProgress.seq, at: Date.now() });
          tellBegun();
          if (data.campaignProgress.status === "COMPLETED") resolve(received);
        },
        error: reject,
        complete: () => reject(new Error("the subscription ended before the campaign")),
      },
    );
  });
  return { begun, over };
}

const watchers = Array.from({ length: Number(count) }, watch);
await Promise.all(watchers.map(({ begun }) => begun));
process.send?.("watching");
process.send?.(await Promise.all(watchers.map(({ over }) => over)));

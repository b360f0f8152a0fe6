import Bull from "bull";
import { log } from "./log.ts";
import { openRedis } from "./redis.ts";

/**
 * Opens a Bull queue. Bull's own promises are not relied on anywhere (see dispatch/README.md), so jobs get no
 * retries and leave nothing behind. The prefix is a Redis Cluster hash tag: all keys of the queue in one slot.
 */
export function openQueue<Data>(redisUrl: string, name: string, namespace: string, use: "ring" | "work") {
  const clients: ReturnType<typeof openRedis>[] = [];
  const queue = new Bull<Data>(name, {
    prefix: `{${namespace}}`,
    createClient: (type) => {
      const client = openRedis(redisUrl, use === "ring" && type === "client" ? "saying" : "listening");
      clients.push(client);
      return client;
    },
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true, attempts: 1 },
  });
  // Bull repeats every connection's errors; the connections themselves log them once.
  queue.on("error", (error) => log.debug({ err: error.message, queue: name }, "queue error"));

  return {
    queue,
    /** Takes no more jobs and closes. Bounded: a Redis that is away cannot hold it up. */
    async close(): Promise<void> {
      await Promise.race([queue.close(true).catch(() => undefined), pause(1_000)]);
      // Bull does not close the connections that it did not make itself.
      for (const client of clients) client.disconnect();
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

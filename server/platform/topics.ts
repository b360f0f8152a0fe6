import { RedisPubSub } from "graphql-redis-subscriptions";
import { log } from "./log.ts";
import { openRedis } from "./redis.ts";

/** Short-lived news between processes. Nothing is kept for the absent: whoever must not miss it reads Postgres. */
export interface Topics {
  /** Tells all processes; never fails and never waits. */
  publish(topic: string, news: unknown): void;
  /** `ready` resolves once news can no longer be missed; it waits as long as Redis is away. `stop` is immediate. */
  listen(topic: string, heard: (news: unknown) => void): { ready: Promise<void>; stop(): void };
  close(): Promise<void>;
}

/** Topics over Redis. All names get `namespace` in front, so that installations sharing a Redis do not meet. */
export function openTopics(redisUrl: string, namespace: string): Topics {
  const publisher = openRedis(redisUrl, "saying");
  const subscriber = openRedis(redisUrl, "listening");
  // The library drops the promises of these two, and a dropped rejection would end the process.
  for (const verb of ["unsubscribe", "punsubscribe"] as const) {
    const original = subscriber[verb].bind(subscriber) as (...channels: string[]) => Promise<unknown>;
    subscriber[verb] = ((...channels: string[]) => original(...channels).catch(() => undefined)) as never;
  }
  const pubSub = new RedisPubSub({ publisher, subscriber });
  const channel = (topic: string) => `${namespace}:${topic}`;

  return {
    publish(topic, news) {
      pubSub
        .publish(channel(topic), news)
        .catch((error: Error) => log.debug({ err: error.message, topic }, "news was lost"));
    },
    listen(topic, heard) {
      let stopped = false;
      const subscribed = pubSub.subscribe(channel(topic), (news) => {
        if (!stopped) heard(news);
      });
      const ready = subscribed.then(() => undefined);
      // Closing rejects what is under way. Not everybody waits for it, and what nobody looks at would end the process;
      // the library keeps a promise of its own as well, for whoever asks for the same channel meanwhile.
      for (const one of [ready, pendingOf(pubSub, channel(topic))]) one?.catch(() => undefined);
      return {
        ready,
        stop() {
          stopped = true;
          subscribed.then((id) => pubSub.unsubscribe(id)).catch(() => undefined);
        },
      };
    },
    async close() {
      publisher.disconnect();
      subscriber.disconnect();
      await Promise.resolve();
    },
  };
}

function pendingOf(pubSub: RedisPubSub, channel: string): Promise<unknown> | undefined {
  const { subsPendingRefsMap: map } = pubSub as unknown as {
    subsPendingRefsMap: Map<string, { pending: Promise<unknown> }>;
  };
  return map.get(channel)?.pending;
}

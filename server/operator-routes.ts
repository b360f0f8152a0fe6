import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance } from "fastify";
import type { Redis } from "ioredis";
import { liveWorkers } from "./dispatch/dispatch.store.ts";
import type { Database } from "./platform/database.ts";
import { metrics, workersAlive } from "./platform/metrics.ts";

/** What an operator's machines ask: /healthz (is it alive), /readyz (can it work), /metrics (how is it). */
export function operatorRoutes(
  app: FastifyInstance,
  { database, redis, metricsToken }: { database: Database; redis: Redis; metricsToken: string | undefined },
): void {
  app.get("/healthz", () => ({ status: "ok" }));
  // Without Redis it is slower, not broken: ready all the same, and said.
  app.get("/readyz", async (_request, reply) => {
    const [databaseState, redisState] = await Promise.all([
      database.answers().then((yes) => (yes ? "ok" : "away")),
      redis.ping().then(
        () => "ok",
        () => "away",
      ),
    ]);
    const ready = databaseState === "ok";
    return reply
      .status(ready ? 200 : 503)
      .send({ status: ready ? "ready" : "not ready", database: databaseState, redis: redisState });
  });
  app.get("/metrics", async (request, reply) => {
    if (metricsToken !== undefined && !isBearer(request.headers.authorization, metricsToken)) {
      return reply
        .status(401)
        .header("www-authenticate", "Bearer")
        .type("text/plain")
        .send("The metrics ask for the METRICS_TOKEN of the settings: Authorization: Bearer …\n");
    }
    await liveWorkers(database).then(
      (alive) => workersAlive.set(alive),
      () => undefined,
    );
    return reply.header("content-type", metrics.contentType).send(await metrics.metrics());
  });
}

// Hashes are of one length, and comparing them takes the same time whatever was guessed.
function isBearer(authorization: string | undefined, token: string): boolean {
  const shown = /^Bearer +(.+)$/i.exec(authorization ?? "")?.[1] ?? "";
  const [a, b] = [shown, token].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(a!, b!);
}

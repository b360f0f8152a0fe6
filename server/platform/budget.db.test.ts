import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { freshRedis, startOwnServices } from "../testing/services.ts";
import { Budget, refuseOverBudget } from "./budget.ts";
import { newId } from "./id.ts";
import { log } from "./log.ts";
import { openRedis } from "./redis.ts";

type Redis = ReturnType<typeof openRedis>;

/** A connection that is up: one that is still connecting counts as away. */
async function connected(url: string): Promise<Redis> {
  const redis = openRedis(url, "saying");
  await new Promise((resolve) => redis.once("ready", resolve));
  return redis;
}

describe("a budget of 100 points a minute", () => {
  let redis: Redis;
  beforeAll(async () => (redis = await connected((await freshRedis()).url)));
  afterAll(() => redis.disconnect());

  test("is spent to the last point, and not one further", async () => {
    const budget = new Budget(redis, newId(), 100);
    expect(await budget.spend("ada", 40)).toMatchObject({ limit: 100, remaining: 60, isOver: false });
    const last = await budget.spend("ada", 60);
    expect(last).toMatchObject({ remaining: 0, isOver: false });
    expect(last.resetSeconds).toBeGreaterThanOrEqual(1);
    expect(last.resetSeconds).toBeLessThanOrEqual(60);
    expect(await budget.spend("ada", 1)).toMatchObject({ remaining: 0, isOver: true });
    expect(await budget.spend("ada", 1)).toMatchObject({ remaining: 0, isOver: true });
  });

  test("is each caller's own, and one for all processes", async () => {
    const namespace = newId();
    const [here, there] = [new Budget(redis, namespace, 100), new Budget(redis, namespace, 100)];
    await here.spend("ada", 70);
    expect(await there.spend("ada", 30)).toMatchObject({ remaining: 0, isOver: false });
    expect(await there.spend("ada", 1)).toMatchObject({ isOver: true });
    expect(await here.spend("bo", 100)).toMatchObject({ isOver: false });
  });

  test("gives way by one point even to what costs nothing", async () => {
    expect(await new Budget(redis, newId(), 100).spend("ada", 0)).toMatchObject({ remaining: 99 });
  });
});

test("without Redis each process counts for itself, and goes on", async () => {
  log.level = "silent";
  const services = await startOwnServices({ needDatabase: false });
  const redis = await connected(services.redisUrl!);
  const namespace = newId();
  const [here, there] = [new Budget(redis, namespace, 100), new Budget(redis, namespace, 100)];
  await here.spend("ada", 90);
  await services.stop();
  expect(await here.spend("ada", 100)).toMatchObject({ remaining: 0, isOver: false });
  expect(await here.spend("ada", 1)).toMatchObject({ isOver: true });
  expect(await there.spend("ada", 1)).toMatchObject({ remaining: 99, isOver: false });
  redis.disconnect();
});

test("who is over it is told all numbers, and when to come again", () => {
  const over = { limit: 20_000, remaining: 0, resetSeconds: 34, isOver: true };
  expect(() => refuseOverBudget(over, 1_500)).toThrow(
    expect.objectContaining({
      message: "This costs 1,500 points, more than is left of the 20,000 a minute. Ask again in 34 s.",
      extensions: { code: "RATE_LIMITED", requested: 1_500, limit: 20_000, retryAfterSeconds: 34 },
    }),
  );
  expect(() => refuseOverBudget({ ...over, isOver: false }, 1_500)).not.toThrow();
});

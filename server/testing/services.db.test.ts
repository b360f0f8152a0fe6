import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import pg from "pg";
import { freshDatabase, freshRedis } from "./services.ts";

let database: Awaited<ReturnType<typeof freshDatabase>>;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

test("a fresh database is PostgreSQL in UTF-8 with the same order on every system", async () => {
  const client = new pg.Client(database.url);
  await client.connect();
  const { rows } = await client.query(
    "SELECT pg_encoding_to_char(encoding) AS encoding, datlocale FROM pg_database WHERE datname = current_database()",
  );
  await client.end();
  expect(rows).toEqual([{ encoding: "UTF8", datlocale: "C.UTF-8" }]);
});

test("dropping a database tells of connections that are still open", async () => {
  const other = await freshDatabase();
  const client = new pg.Client(other.url);
  await client.connect();
  client.on("error", () => undefined);
  await client.query("SELECT 'left open'");
  await expect(other.drop()).rejects.toThrow("left open");
  await client.end();
});

test("a fresh Redis is empty and refuses to evict", async () => {
  const { url } = await freshRedis();
  const redis = new Redis(url);
  expect(await redis.dbsize()).toBe(0);
  expect(await redis.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
  await redis.quit();
});

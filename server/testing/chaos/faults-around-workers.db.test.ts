import { expect, test } from "@jest/globals";
import pg from "pg";
import { openGround } from "./ground.ts";
import { playInTests } from "./play-in-tests.ts";
import { faultsAroundWorkers } from "./scenarios.ts";

playInTests(faultsAroundWorkers);

test("a deadlock is told of the database that it happened in, and of no other", async () => {
  const [ground, other] = [await openGround([]), await openGround([])];
  const [one, two] = [ground, ground].map(({ databaseUrl }) => new pg.Client({ connectionString: databaseUrl }));
  await Promise.all([one!.connect(), two!.connect()]);
  for (const client of [one!, two!]) await client.query("BEGIN");
  await one!.query("LOCK TABLE campaign");
  await two!.query("LOCK TABLE recipient");
  const answers = await Promise.allSettled([one!.query("LOCK TABLE recipient"), two!.query("LOCK TABLE campaign")]);
  expect(answers.filter(({ status }) => status === "rejected")).toHaveLength(1);
  expect([ground.deadlocks(), other.deadlocks()]).toEqual([1, 0]);
  await Promise.all([one!.end(), two!.end()]);
  await Promise.all([ground.close(), other.close()]);
}, 60_000);

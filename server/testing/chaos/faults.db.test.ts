import pg from "pg";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { log } from "../../platform/log.ts";
import { closeSharedGround, openGround } from "./ground.ts";
import { scenarios } from "./scenarios.ts";

beforeAll(() => void (log.level = "fatal"));
afterAll(closeSharedGround);

// One round of each, on services of their own; `npm run chaos -- --rounds 20` is the long way.
const rounds = Object.entries(scenarios)
  .filter(([, { coveredBy }]) => coveredBy === undefined)
  .map(([name, { promise, play, playInTests = play }]) => [promise, name, playInTests] as const);
test.each(rounds)(
  "%s",
  async (_promise, name, play) => {
    const { numbers, broken } = await play();
    expect({ name, numbers, broken }).toEqual({ name, numbers, broken: [] });
  },
  240_000,
);

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

import { beforeAll, expect, test } from "@jest/globals";
import { log } from "../../platform/log.ts";
import { scenarios } from "./scenarios.ts";

beforeAll(() => void (log.level = "fatal"));

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

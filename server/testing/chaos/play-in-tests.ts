import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { log } from "../../platform/log.ts";
import { closeSharedGround } from "./ground.ts";
import type { Entry } from "./scenarios.ts";

/** One round of each as a test of the file that calls this; `npm run chaos -- --rounds 20` is the long way. */
export function playInTests(scenarios: Record<string, Entry>): void {
  beforeAll(() => void (log.level = "fatal"));
  afterAll(closeSharedGround);

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
}

import { expect, test } from "@jest/globals";
import { scenarios } from "./scenarios.ts";

// One round of each, on services of their own; `npm run chaos -- --rounds 20` is the long way.
const PROMISES: Record<string, string> = {
  kill: "twenty workers killed while they send lose nobody, mail nobody twice, and leave at most K·W unconfirmed",
  "kill-retry": "under retry twenty kills lose nobody and cost at most K·W extra copies",
  flush: "a Redis that forgets everything every two seconds changes nothing",
  "no-redis": "a campaign completes without Redis",
  postgres: "five crashes of Postgres lose nobody, mail nobody twice, leave no doubt and end no worker",
  frozen: "a worker frozen beyond its life and woken mails nobody twice and tells what it knows",
  pause: "pausing and resuming again and again, then cancelling, mails nobody twice",
  ambiguous: "answers lost on the way leave their recipients unconfirmed, and nobody else",
};

test.each(Object.entries(scenarios))(
  "%s",
  async (name, scenario) => {
    const { facts, broken } = await scenario();
    expect({ promise: PROMISES[name], facts, broken }).toEqual({ promise: expect.any(String), facts, broken: [] });
  },
  240_000,
);

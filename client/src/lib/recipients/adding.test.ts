import { expect, test } from "@jest/globals";
import { addInCalls, inCalls } from "./adding.ts";
import { madeUp } from "./pasted.ts";

test("no call has more recipients or more bytes than the API takes, and nobody is left out", () => {
  const long = madeUp(2_500).map((customer) => ({ ...customer, name: "ä".repeat(200) }));
  for (const recipients of [[], madeUp(1), madeUp(1_000), madeUp(2_500), long]) {
    const calls = inCalls(recipients);
    expect(calls.flat()).toEqual(recipients);
    for (const call of calls) {
      expect(call.length).toBeLessThanOrEqual(1_000);
      expect(Buffer.byteLength(JSON.stringify(call))).toBeLessThan(256 * 1024);
    }
  }
});

test("the report adds up over all calls, and progress is told after each", async () => {
  const told: number[] = [];
  const report = await addInCalls(
    madeUp(2_500),
    async (some) => ({ added: some.length - 1, duplicates: 0, invalid: 1, userErrors: [{ message: "no" }] }),
    (done) => told.push(done),
  );
  expect(report).toEqual({ added: 2_497, duplicates: 0, invalid: 3, reasons: ["no", "no", "no"] });
  expect(told).toEqual([1_000, 2_000, 2_500]);
});

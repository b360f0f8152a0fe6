import "reflect-metadata";
import { expect, test } from "@jest/globals";
import { checkKey } from "./idempotency.ts";

const codes = (key: string | null | undefined) => checkKey(key).map(({ code, field }) => [code, field]);

test("no idempotency key at all is fine, and so is any visible one of up to 200 characters", () => {
  expect([undefined, null, "a", "x".repeat(200)].flatMap(codes)).toEqual([]);
});

test.each([
  ["", "INVALID"],
  ["  \t", "INVALID"],
  ["a\0b", "INVALID"],
  ["x".repeat(201), "TOO_LONG"],
])("the idempotency key %j is refused as %s", (key, code) => {
  expect(codes(key)).toEqual([[code, "idempotencyKey"]]);
});

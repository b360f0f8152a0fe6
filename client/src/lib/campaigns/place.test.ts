import { expect, test } from "@jest/globals";
import { offsetOf } from "./place.ts";

test("a place is found by its line and column, and the end by what lies behind it", () => {
  const text = "one\n\ntwo three";
  expect(offsetOf(text, 1, 1)).toBe(0);
  expect(text.slice(offsetOf(text, 3, 5))).toBe("three");
  expect(offsetOf(text, 2, 1)).toBe(4);
  expect(offsetOf(text, 9, 9)).toBe(text.length);
});

import { expect, test } from "@jest/globals";
import { isKind, limitInWords } from "./words.ts";

test("a limit is told as a person would", () => {
  expect(limitInWords({ domain: "", messages: 1, per: "SECOND" })).toBe("At most 1 message a second");
  expect(limitInWords({ domain: "example.com", messages: 1000, per: "HOUR" })).toBe(
    "At most 1,000 messages an hour to example.com",
  );
});

test("an address names a kind, or none", () => {
  expect(["SMTP", "SMS", "toString", "smtp", ""].map(isKind)).toEqual([true, true, false, false, false]);
});

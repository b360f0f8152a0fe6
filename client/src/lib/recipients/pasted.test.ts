import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { madeUp, readPasted } from "./pasted.ts";

test("name, e-mail and phone are found in any order and behind any separator", () => {
  const ada = { name: "Ada Amber", email: "ada@example.com", phone: "+49 30 901820" };
  for (const line of [
    "Ada Amber, ada@example.com, +49 30 901820",
    "ada@example.com;Ada Amber;+49 30 901820",
    "+49 30 901820\tAda Amber\tada@example.com",
    "Ada Amber <ada@example.com>, +49 30 901820",
    '"Ada Amber", "ada@example.com", +49 30 901820',
  ]) {
    expect(readPasted(line)).toEqual({ recipients: [ada], problems: [], duplicates: [] });
  }
});

test("a heading and blank lines are passed over", () => {
  expect(readPasted("Name,E-mail\n\nBo,bo@example.com\r\n").recipients).toEqual([
    { name: "Bo", email: "bo@example.com", phone: null },
  ]);
});

test("a line without an address, or with one that is none, is reported with its number", () => {
  expect(readPasted("bo@example.com\nCleo\nDara, dara@example").problems).toEqual([
    { line: 2, text: "Cleo", problem: "has no e-mail address" },
    { line: 3, text: "Dara, dara@example", problem: "has an address that is none" },
  ]);
});

test("an address that stood further up is reported, whatever its letter case", () => {
  const { recipients, duplicates } = readPasted("Bo, bo@example.com\nada@example.com\nBO@example.com");
  expect(recipients).toHaveLength(2);
  expect(duplicates).toEqual([{ line: 3, text: "BO@example.com", problem: "has the address of line 1" }]);
});

test("every line that is not blank is read, reported, or a duplicate", () => {
  const lines = fc.array(fc.oneof(fc.string(), fc.constantFrom("a@example.com", "B, b@example.com", "A@EXAMPLE.com")));
  fc.assert(
    fc.property(lines, (some) => {
      const text = `x@example.com\n${some.join("\n")}`;
      const { recipients, problems, duplicates } = readPasted(text);
      const filled = text.split(/\r\n|\r|\n/).filter((line) => line.split(/[,;\t]/).some((part) => part.trim() !== ""));
      expect(recipients.length + problems.length + duplicates.length).toBe(filled.length);
    }),
  );
});

test("made-up customers all have addresses of their own, which belong to nobody", () => {
  const customers = madeUp(500);
  expect(new Set(customers.map((customer) => customer.email)).size).toBe(500);
  expect(customers.every(({ email }) => email.endsWith("@example.com"))).toBe(true);
});

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
  ]) {
    expect(readPasted(line)).toEqual({ recipients: [ada], problems: [] });
  }
});

test("a heading and blank lines are passed over", () => {
  expect(readPasted("Name,E-mail\n\nBo,bo@example.com\r\n").recipients).toEqual([
    { name: "Bo", email: "bo@example.com", phone: null },
  ]);
});

test("a line without an address is reported with its number", () => {
  expect(readPasted("bo@example.com\nCleo").problems).toEqual([
    { line: 2, text: "Cleo", problem: "has no e-mail address" },
  ]);
});

test("every line that is not blank is either read or reported", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (lines) => {
      const text = `x@example.com\n${lines.join("\n")}`;
      const { recipients, problems } = readPasted(text);
      const filled = text.split(/\r\n|\r|\n/).filter((line) => line.split(/[,;\t]/).some((part) => part.trim() !== ""));
      expect(recipients.length + problems.length).toBe(filled.length);
    }),
  );
});

test("made-up customers all have addresses of their own", () => {
  expect(new Set(madeUp(500).map((customer) => customer.email)).size).toBe(500);
});

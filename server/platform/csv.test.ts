import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { csvLine, guardFormula, unguardFormula } from "./csv.ts";

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."'=+-@\t\r\n＝＋－＠\"1, a") }),
  fc.string({ unit: "binary" }),
);

test("what was guarded is bared to what it was, whatever it was", () => {
  fc.assert(
    fc.property(text, (cell) => expect(unguardFormula(guardFormula(cell))).toBe(cell)),
    { numRuns: 2_000 },
  );
});

test("no cell begins as a formula does, but for numbers", () => {
  fc.assert(
    fc.property(text, (cell) => {
      if (/^[=+\-@\t\r\n＝＋－＠]/.test(guardFormula(cell))) expect(guardFormula(cell)).toMatch(/^[+-]?[\d\s().,/-]*$/);
    }),
    { numRuns: 2_000 },
  );
});

test("numbers and phone numbers stay as they are; formulas get an apostrophe", () => {
  expect(csvLine(["+49 (30) 123-456", "-5", "=1+1", "@SUM(A1)", "+A1", "plain"])).toBe(
    "+49 (30) 123-456,-5,'=1+1,'@SUM(A1),'+A1,plain\r\n",
  );
});

test("cells with a delimiter, a quote, a line break or a blank at an end are quoted", () => {
  expect(csvLine(["a,b", 'say "x"', "two\nlines", " a", "a;b"])).toBe('"a,b","say ""x""","two\nlines"," a","a;b"\r\n');
});

test("a wide sign or a line break at the beginning is guarded as well", () => {
  expect(csvLine(["＝1+1", "＋A1", "－A1", "＠SUM(A1)", "\n=1+1"])).toBe(`'＝1+1,'＋A1,'－A1,'＠SUM(A1),"'\n=1+1"\r\n`);
});

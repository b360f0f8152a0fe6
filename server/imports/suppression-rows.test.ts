import { describe, expect, test } from "@jest/globals";
import { readSuppressionRow, suppressionColumns } from "./suppression-rows.ts";

describe("the columns of a file of suppressions", () => {
  test.each([
    [["address", "reason", "note"], { address: 0, reason: 1, note: 2 }, true],
    [["Name", "E-Mail Address"], { address: 1, reason: null, note: null }, true],
    [["email_address", "NOTE"], { address: 0, reason: null, note: 1 }, true],
    [["ada@example.com", "reason"], { address: 0, reason: null, note: null }, false],
    // Nothing is lost by guessing: a name that nobody knows is a row that is no address.
    [["Kontakt"], { address: 0, reason: null, note: null }, false],
  ])("%j", (first, columns, isHeader) => {
    expect(suppressionColumns(first)).toEqual({ columns, isHeader });
  });
});

describe("a row of a file of suppressions", () => {
  const columns = { address: 1, reason: 0, note: 2 };
  const read = (...cells: string[]) => readSuppressionRow({ number: 2, cells }, columns);

  test("says who and why", () => {
    expect(read("SPAM", " Ada@Example.com ", "")).toEqual({
      ...{ addressKey: "ada@example.com", address: "Ada@example.com", reason: "complained", note: null },
    });
  });

  test("of a reason that is none of ours is suppressed all the same", () => {
    expect(read("whatever", "ada@example.com")).toMatchObject({ reason: "manual" });
    expect(read("constructor", "ada@example.com")).toMatchObject({ reason: "manual" });
  });

  test("without an address, or with one that is none, says so", () => {
    expect(read("manual", " ")).toEqual({ problem: "There is no address in this row.", value: "" });
    expect(read()).toMatchObject({ value: "" });
    expect(read("manual", "ada@")).toEqual({ problem: `"ada@" is not an e-mail address.`, value: "ada@" });
  });

  test("that could not be told apart keeps its problem", () => {
    expect(readSuppressionRow({ number: 2, cells: ["{"], problem: { words: "Broken." } }, columns)).toEqual({
      problem: "Broken.",
      value: "",
    });
  });

  test("has a note that Postgres takes, cut to its length", () => {
    expect(read("", "ada@example.com", `a\0${"b".repeat(600)}`)).toMatchObject({ note: `a\ufffd${"b".repeat(498)}` });
  });
});

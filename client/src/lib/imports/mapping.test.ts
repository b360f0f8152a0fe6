import { expect, test } from "@jest/globals";
import type { FoundColumn } from "./documents.ts";
import { addressOfFile, guessed, problemsByColumn, readChosen, toColumns, withoutFields } from "./mapping.ts";

const column = (index: number, name: string, guess: FoundColumn["guess"] = "FIELD") => ({
  ...{ index, name, guess, samples: [] },
});
const columns = [column(0, "Mail", "EMAIL"), column(1, "Note"), column(2, "Order")];

test("columns become what was guessed, and those left out are not sent", () => {
  const choices = guessed(columns);
  choices[1]!.meaning = "LEAVE_OUT";
  expect(toColumns(columns, choices)).toEqual([
    { column: 0, meaning: "EMAIL" },
    { column: 2, meaning: "FIELD", field: "Order" },
  ]);
});

test("all but names and addresses are left out at once", () => {
  expect(withoutFields(guessed(columns)).map(({ meaning }) => meaning)).toEqual(["EMAIL", "LEAVE_OUT", "LEAVE_OUT"]);
});

test("the way back to a file reads it as its import did", () => {
  const input = { ...{ uploadId: "1", campaignId: "2" }, encoding: "WINDOWS_1252", hasHeader: false } as const;
  const address = addressOfFile({ ...input, dryRun: true, onDuplicate: "SKIP" });
  expect(address).toBe("?upload=1&encoding=WINDOWS_1252&header=no");
  expect(readChosen(new URLSearchParams(address))).toMatchObject({ encoding: "WINDOWS_1252", hasHeader: false });
});

test("code and reason of a file of rejected rows are left out", () => {
  const rejected = [column(0, "Mail", "EMAIL"), column(1, "code"), column(2, "reason")];
  expect(guessed(rejected).map(({ meaning }) => meaning)).toEqual(["EMAIL", "LEAVE_OUT", "LEAVE_OUT"]);
  expect(guessed([column(0, "code"), column(1, "Mail", "EMAIL")]).map(({ meaning }) => meaning)).toEqual([
    "FIELD",
    "EMAIL",
  ]);
});

test("a refusal stands at the column it is about, though the API counts only those that were mapped", () => {
  const choices = guessed(columns);
  choices[0]!.meaning = "LEAVE_OUT";
  const userErrors = [
    { field: "columns[1].field", message: "Too long." },
    { field: "columns", message: "Say which column has the e-mail addresses." },
  ];
  const { ofColumn, others } = problemsByColumn(columns, choices, userErrors);
  expect([...ofColumn]).toEqual([[2, "Too long."]]);
  expect(others).toEqual(["Say which column has the e-mail addresses."]);
});

test("what the address says of the file is read, and nonsense in it is not", () => {
  expect(readChosen(new URLSearchParams("encoding=UTF_8&delimiter=nothing&kind=constructor&header=no"))).toEqual({
    ...{ kind: null, encoding: "UTF_8", delimiter: null, hasHeader: false },
  });
});

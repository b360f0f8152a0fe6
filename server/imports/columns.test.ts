import { describe, expect, test } from "@jest/globals";
import { columnsOf, guessHeader } from "./columns.ts";

const guessesOf = (rows: string[][], hasHeader = true) =>
  Object.fromEntries(columnsOf(rows, hasHeader).map(({ name, guess }) => [name, guess]));

describe("a header is told", () => {
  test.each([
    ["by names of addresses", [["Name", "E-Mail"], ["Bo", "bo@example.com"]], true],
    ["by words over addresses", [["Wer", "Wohin"], ["Bo", "bo@example.com"]], true],
    ["by a known name over an empty table", [["Name", "Stadt"]], true],
    ["and not where the first row has an address", [["Bo", "bo@example.com"], ["Cy", "cy@example.com"]], false],
    ["and not where the first row has a number", [["Bo", "12"], ["Cy", "13"]], false],
    ["and not where there are words alone", [["Bo", "Bonn"], ["Cy", "Celle"]], false],
    ["and not where there is nothing", [], false],
  ] as [string, string[][], boolean][])("%s", (_name, rows, expected) => {
    expect(guessHeader(rows)).toBe(expected);
  }); // prettier-ignore
});

describe("columns", () => {
  test("have the header's names, and samples without repetition", () => {
    const rows = [[" Name ", "Tier"], ["Bo", "gold"], ["Cy", "gold"], ["", " silver "], ["Di", "lead"], ["Ed", "tin"]]; // prettier-ignore
    expect(columnsOf(rows, true)).toEqual([
      { index: 0, name: "Name", guess: "NAME", samples: ["Bo", "Cy", "Di"] },
      { index: 1, name: "Tier", guess: "FIELD", samples: ["gold", "silver", "lead"] },
    ]);
  });

  test("of the same name, or of none, are told apart", () => {
    const rows = [
      ["Note", "", "Note", "Note (2)"],
      ["a", "b", "c", "d", "e"],
    ];
    const names = columnsOf(rows, true).map(({ name }) => name);
    expect(names).toEqual(["Note", "Column 2", "Note (2)", "Note (2) (2)", "Column 5"]);
  });

  test("of a table without a header are numbered, and guessed by what they hold", () => {
    const rows = [["Bo", "bo@example.com", "+49 30 901820", "4711001"], ["Cy", "cy@example.com", "+49 30 901821", "4711002"]]; // prettier-ignore
    expect(guessesOf(rows, false)).toEqual({
      "Column 1": "FIELD",
      "Column 2": "EMAIL",
      "Column 3": "PHONE",
      "Column 4": "FIELD",
    });
  });

  test.each(["E-Mail", "email", "Email Address", "E-Mail-Adresse", "mail", "EMAIL_ADDRESS", "Courriel", "Correo"])(
    "called %s are e-mail addresses",
    (name) => expect(guessesOf([[name, "x"]])[name]).toBe("EMAIL"),
  );

  test("that hold addresses are that, whatever another one is called", () => {
    const rows = [["Email consent", "Contact"], ["yes", "bo@example.com"], ["no", "cy@example.com"]]; // prettier-ignore
    expect(guessesOf(rows)).toEqual({ "Email consent": "FIELD", Contact: "EMAIL" });
  });

  test("are guessed once each, the first of two", () => {
    const rows = [["email", "email 2"], ["bo@example.com", "bo2@example.com"]]; // prettier-ignore
    expect(guessesOf(rows)).toEqual({ email: "EMAIL", "email 2": "FIELD" });
  });

  test("stand some mistyped addresses", () => {
    const rows = [["to"], ["bo@example.com"], ["cy(at)example.com"], ["di@example.com"]];
    expect(guessesOf(rows)).toEqual({ to: "EMAIL" });
  });
});

test.each([
  [
    3,
    [
      ["a", "b", "c"],
      ["1", "2"],
      ["1", "2", "3", "4"],
      ["1", "2", "3"],
    ],
    true,
  ],
  [3, [["a", "b"], ["1", "2", "3"], ["1", "2", "3"], ["1"]], true],
  [2, [["1", "2"], ["1"], ["1", "2"]], false],
])("there are %d columns, whatever single rows have: %j", (columns, rows, hasHeader) => {
  expect(columnsOf(rows, hasHeader)).toHaveLength(columns);
});

test("a first and a last name are both the name, where there is no full one", () => {
  const rows = [
    ["Last name", "First name", "Mail"],
    ["Birch", "Ada", "ada@example.com"],
  ];
  expect(columnsOf(rows, true).map(({ guess }) => guess)).toEqual(["NAME", "NAME", "EMAIL"]);
  const full = [
    ["Name", "First name"],
    ["Ada Birch", "Ada"],
  ];
  expect(columnsOf(full, true).map(({ guess }) => guess)).toEqual(["NAME", "FIELD"]);
});

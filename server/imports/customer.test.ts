import { describe, expect, test } from "@jest/globals";
import { Channel } from "../campaigns/campaign.ts";
import { ColumnMeaning } from "./columns.ts";
import { customerReader } from "./customer.ts";
import { FILE_KINDS, type FileKind } from "./file-format.ts";
import { found, ImportProblemCode } from "./import-problem.ts";
import { type ImportPlan, type MappedColumn, OnDuplicate } from "./plan.ts";
import type { Cell, Row } from "./rows.ts";

interface Given {
  channel?: Channel;
  kind?: FileKind;
  country?: ImportPlan["country"];
}

/** A reader of a table with these columns: `{ "E-mail": "EMAIL" }`. A FIELD is kept under its column's name. */
function readerOf(
  meanings: Record<string, keyof typeof ColumnMeaning | null>,
  { channel = Channel.EMAIL, kind = FILE_KINDS.CSV, country = null }: Given = {},
) {
  const names = Object.keys(meanings);
  const columns = Object.entries(meanings).flatMap(([name, meaning], index): MappedColumn[] => {
    if (meaning === null) return [];
    return [{ index, meaning: ColumnMeaning[meaning], ...(meaning === "FIELD" && { field: name }) }];
  });
  const format = { kind, encoding: "utf-8", delimiter: ",", hasHeader: true, names } as const;
  const read = customerReader({ format, columns, onDuplicate: OnDuplicate.SKIP, country }, channel);
  return (cells: Cell[], more: Partial<Row> = {}) => {
    const got = read({ number: 2, cells, ...more });
    if ("problem" in got) return { problem: got.problem };
    const { addressKey: _key, ...recipient } = got.recipient;
    return { ...recipient, hint: got.hint };
  };
}

const problemIn = (got: object) => (got as { problem: { code: string; message: string } }).problem;

describe("a row", () => {
  const read = readerOf({ "E-mail": "EMAIL", Name: "NAME", City: "FIELD" });

  test("becomes a recipient: name and address trimmed, own fields as they stand", () => {
    expect(read([" Ada@Example.COM ", " Ada Birch ", " Graz "])).toEqual({
      ...{ name: "Ada Birch", email: "Ada@example.com", emailGiven: " Ada@Example.COM ", phone: null },
      ...{ phoneGiven: null, fields: { City: " Graz " }, hint: null },
    });
  });

  test("keeps what was written only where that differs", () => {
    expect(read(["ada@example.com", "Ada", "Graz"])).toMatchObject({ email: "ada@example.com", emailGiven: null });
  });

  test("with a cell too few or too many is refused, and never padded or shifted", () => {
    expect(read(["ada@example.com", "Ada"])).toEqual({
      problem: {
        ...{ code: "COLUMN_COUNT", column: null, value: "ada@example.com Ada" },
        message: "The row has 2 cells, the file 3 columns.",
      },
    });
    const long = read(["ada@example.com", "Ada", "Graz", "more"]);
    expect(problemIn(long).message).toBe("The row has 4 cells, the file 3 columns.");
    expect(problemIn(read(["ada@example.com"])).message).toBe("The row has 1 cell, the file 3 columns.");
  });

  test("with empty cells beyond the last column goes in: some programs end each row with a delimiter", () => {
    expect(read(["ada@example.com", "Ada", "Graz", "", ""])).toMatchObject({ name: "Ada", fields: { City: "Graz" } });
    expect(problemIn(read(["ada@example.com", "Ada", "Graz", "", "x"])).code).toBe("COLUMN_COUNT");
  });

  test("leaves out what is blank, and keeps a field of blanks", () => {
    expect(read(["ada@example.com", "  ", ""])).toMatchObject({ name: null, fields: {} });
    expect(read(["ada@example.com", "", " "])).toMatchObject({ fields: { City: " " } });
  });

  test("keeps a formula as the text it is", () => {
    expect(read(["ada@example.com", "=1+1", "@SUM(A1)"])).toMatchObject({ name: "=1+1", fields: { City: "@SUM(A1)" } });
  });

  test.each(["__proto__", "constructor", "toString"])("keeps a field called %s like any other", (name) => {
    const { fields } = readerOf({ email: "EMAIL", x: null, [name]: "FIELD" })(["ada@example.com", "", "kept"]) as {
      fields: object;
    };
    expect(Object.entries(fields)).toEqual([[name, "kept"]]);
  });

  test.each([
    ["no address", ["", "Ada", ""], "EMAIL_MISSING", "An e-mail address is needed."],
    ["blanks for an address", ["  ", "Ada", ""], "EMAIL_MISSING", "An e-mail address is needed."],
    ["what is no address", ["nobody", "Ada", ""], "EMAIL_INVALID", '"nobody" is not an e-mail address.'],
    [
      "a name too long",
      ["ada@example.com", "x".repeat(201), ""],
      "TOO_LONG",
      "The name has 201 characters; at most 200 are allowed.",
    ],
    [
      "a text too long",
      ["ada@example.com", "Ada", "x".repeat(2_001)],
      "TOO_LONG",
      "A field's text has at most 2000 characters, none of them NUL.",
    ],
    [
      "half a character in its name",
      ["ada@example.com", "A\ud800", ""],
      "BROKEN_CHARACTERS",
      "The name contains a character that is none (NUL, or half of one).",
    ],
  ])("with %s is refused with the reason", (_what, cells, code, message) => {
    expect(problemIn(read(cells))).toMatchObject({ code, message });
  });

  test("says in which column it is wrong, and shows at most 200 characters of what stands there", () => {
    const { problem } = read(["ada@example.com", "Ada", "y".repeat(3_000)]) as { problem: object };
    expect(problem).toMatchObject({ column: "City", value: `${"y".repeat(199)}…` });
    expect(problemIn(read(["nobody", "Ada", ""]))).toMatchObject({ column: "E-mail", value: "nobody" });
  });

  test.each(["A\0da", "A\ufffdda"])("with a character that could not be read (%j) is refused", (name) => {
    expect(read(["ada@example.com", name, ""])).toEqual({
      problem: {
        ...{ code: "BROKEN_CHARACTERS", column: "Name", value: "A\ufffdda" },
        message: "“Name” has characters that cannot be read. Mend them, or choose another encoding for the file.",
      },
    });
  });

  test("may have anything in a column that is left out", () => {
    const some = readerOf({ "E-mail": "EMAIL", Junk: null });
    expect(some(["ada@example.com", "\0\ufffd"])).toMatchObject({ email: "ada@example.com", fields: {} });
  });

  test("whose domain is one letter beside a well-known one goes in with a hint", () => {
    expect(read(["ada@gmial.com", "Ada", ""])).toMatchObject({
      email: "ada@gmial.com",
      hint: { code: "EMAIL_PROBABLY_MISTYPED", column: "E-mail", value: "ada@gmial.com" },
    });
  });
});

describe("a name", () => {
  test("of two columns is both, joined by a blank, in the order of the mapping", () => {
    const read = readerOf({ First: "NAME", Mail: "EMAIL", Last: "NAME" });
    expect(read([" Ada ", "ada@example.com", "Birch "])).toMatchObject({ name: "Ada Birch" });
    expect(read(["", "ada@example.com", "Birch"])).toMatchObject({ name: "Birch" });
    expect(read(["", "ada@example.com", ""])).toMatchObject({ name: null });
  });
});

describe("a phone number", () => {
  const columns = { Mail: "EMAIL", Phone: "PHONE" } as const;

  test("that is none is a hint in an e-mail campaign: the row goes in without it", () => {
    expect(readerOf(columns)(["ada@example.com", "none"])).toMatchObject({
      ...{ email: "ada@example.com", phone: null, phoneGiven: null },
      hint: {
        ...{ code: "PHONE_INVALID", column: "Phone", value: "none" },
        message: '"none" is not a phone number; it was left out.',
      },
    });
  });

  test("that is none is a reason to refuse in an SMS campaign, and a wrong e-mail address a hint", () => {
    const read = readerOf(columns, { channel: Channel.SMS });
    expect(problemIn(read(["ada@example.com", "none"]))).toEqual({
      ...{ code: "PHONE_INVALID", column: "Phone", value: "none", message: '"none" is not a phone number.' },
    });
    expect(problemIn(read(["ada@example.com", " "]))).toMatchObject({
      ...{ code: "PHONE_MISSING", column: "Phone", message: "A phone number is needed." },
    });
    expect(read(["nobody", "+49 30 901820"])).toMatchObject({
      ...{ email: null, phone: "+4930901820", phoneGiven: "+49 30 901820" },
      hint: { code: "EMAIL_INVALID", message: '"nobody" is not an e-mail address; it was left out.' },
    });
  });

  test("is read in the country that was chosen, and needs one when it has no plus", () => {
    const inGermany = readerOf(columns, { channel: Channel.SMS, country: "DE" });
    expect(inGermany(["", "030 901820"])).toMatchObject({ phone: "+4930901820", phoneGiven: "030 901820" });
    expect(inGermany(["", "+43 1 234567"])).toMatchObject({ phone: "+431234567" });
    expect(problemIn(inGermany(["", "0"])).message).toBe('"0" is not a phone number of Germany.');
    expect(problemIn(readerOf(columns, { channel: Channel.SMS })(["", "030 901820"])).message).toBe(
      '"030 901820" has no country: write it with a plus, or choose a country.',
    );
  });

  test("alone is enough for a webhook; that it is none is said, not that something is missing", () => {
    const read = readerOf(columns, { channel: Channel.WEBHOOK });
    expect(read(["", "+4930901820"])).toMatchObject({ email: null, phone: "+4930901820" });
    expect(read(["ada@example.com", "none"])).toMatchObject({ phone: null, hint: { code: "PHONE_INVALID" } });
    expect(problemIn(read(["", "none"]))).toMatchObject({ code: "PHONE_INVALID", column: "Phone", value: "none" });
    expect(problemIn(read(["", ""]))).toMatchObject({
      ...{ code: "EMAIL_MISSING", message: "An e-mail address or a phone number is needed." },
    });
  });
});

describe("a line of JSON", () => {
  const read = readerOf({ email: "EMAIL", id: "FIELD", vip: "FIELD" }, { kind: FILE_KINDS.JSON_LINES });

  test("keeps numbers as numbers and booleans as booleans, also 0 and false", () => {
    expect(read(["ada@example.com", 0, false])).toMatchObject({ fields: { id: 0, vip: false } });
  });

  test("that could not be read is refused with its words", () => {
    const words = "The line is no JSON object.";
    expect(read(["x,y"], { problem: { words } })).toEqual({
      problem: { code: "ROW_UNREADABLE", column: null, value: "x,y", message: words },
    });
  });

  test("with a list or an object is refused where that is wanted, and goes in where the column is left out", () => {
    expect(read(["ada@example.com", '["a"]', true], { nested: [1] })).toEqual({
      problem: {
        ...{ code: "ROW_UNREADABLE", column: "id", value: '["a"]' },
        message: "“id” holds a list or an object; a text, a number or a boolean is needed.",
      },
    });
    const without = readerOf({ email: "EMAIL", id: null }, { kind: FILE_KINDS.JSON_LINES });
    expect(without(["ada@example.com", '["a"]'], { nested: [1] })).toMatchObject({ fields: {}, hint: null });
  });

  test("with a name that the first lines lack goes in with a hint", () => {
    expect(read(["ada@example.com", 1, true], { unknown: ["late", "later"] })).toMatchObject({
      ...{ fields: { id: 1, vip: true } },
      hint: { code: "COLUMN_UNKNOWN", column: "late", value: null },
    });
  });

  test("with an endless name is told of in few words", () => {
    const got = read(["ada@example.com", 1, true], { unknown: ["n".repeat(900_000)] }) as { hint: object };
    expect(JSON.stringify(got.hint).length).toBeLessThan(600);
  });
});

test("what is shown of a problem can be stored, and is short", () => {
  const long = found(ImportProblemCode.COLUMN_UNKNOWN, "a\0b\ud800c🏰", "n".repeat(5_000), "v".repeat(5_000));
  expect(long).toMatchObject({
    message: "a\ufffdb\ufffdc🏰",
    column: `${"n".repeat(199)}…`,
    value: `${"v".repeat(199)}…`,
  });
  // Cut in the middle of a pair, it is no half character.
  expect(found(ImportProblemCode.TOO_LONG, "", null, `${"v".repeat(198)}🏰${"v".repeat(9)}`).value).toMatch(
    /^v{198}\ufffd?…$/,
  );
});

import { describe, expect, test } from "@jest/globals";
import { asyncProperty, array, assert, constantFrom, integer, string } from "fast-check";
import { BrokenTableError, type Delimiter, DELIMITERS, guessDelimiter, readRows, type Row } from "./rows.ts";

async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

/** All rows of a text, its bytes handed over in pieces of three. */
async function rowsOf(text: string, { delimiter = ",", encoding = "utf-8", pieceBytes = 3 } = {}): Promise<Row[]> {
  const bytes = encoding === "utf-16le" ? Buffer.from(text, "utf16le") : Buffer.from(text);
  return rowsOfBytes(bytes, { delimiter, encoding, pieceBytes });
}

async function rowsOfBytes(bytes: Uint8Array, { delimiter = ",", encoding = "utf-8", pieceBytes = 3 } = {}) {
  const format = { delimiter, encoding } as Parameters<typeof readRows>[1];
  const found: Row[] = [];
  for await (const rows of readRows(inPieces(bytes, pieceBytes), format)) found.push(...rows);
  return found;
}

const cellsOf = async (text: string, format = {}) => (await rowsOf(text, format)).map(({ cells }) => cells);

describe("rows", () => {
  test.each([
    ["\\n", "\n"],
    ["\\r\\n", "\r\n"],
    ["\\r alone", "\r"],
  ])("end with %s", async (_name, end) => {
    expect(await cellsOf(["a,b", "1,2", "3,4"].join(end))).toEqual([["a", "b"], ["1", "2"], ["3", "4"]]); // prettier-ignore
  });

  test("keep line breaks and delimiters inside of quotes, and count as one", async () => {
    const rows = await rowsOf('name,note\nBo,"first\nsecond, and ""third"""\nCy,x\n');
    expect(rows[1]).toEqual({ number: 2, cells: ["Bo", 'first\nsecond, and "third"'] });
    expect(rows[2]).toEqual({ number: 3, cells: ["Cy", "x"] });
  });

  test("that are blank are left out, and still counted as a spreadsheet counts them", async () => {
    expect(await rowsOf("a,b\n\n1,2\n,\n  \n3,4")).toEqual([
      { number: 1, cells: ["a", "b"] },
      { number: 3, cells: ["1", "2"] },
      { number: 6, cells: ["3", "4"] },
    ]);
  });

  test("that are short or long are not padded or shifted", async () => {
    expect(await cellsOf("a,b,c\n1\n1,2,3,4\n")).toEqual([["a", "b", "c"], ["1"], ["1", "2", "3", "4"]]);
  });

  test("keep cells as they stand: spaces, formulas, zeros in front, a quote within, NUL", async () => {
    expect(await cellsOf(' a ,=1+1,007,5" pipe,x\0y\n')).toEqual([[" a ", "=1+1", "007", '5" pipe', "x\0y"]]);
  });

  test("of UTF-16 and of UTF-8 lose their mark and nothing else, wherever the pieces are cut", async () => {
    const text = "\ufeffname\tcity\nZoë\tKraków 🏰\n";
    const cells = [["name", "city"], ["Zoë", "Kraków 🏰"]]; // prettier-ignore
    for (const pieceBytes of [1, 2, 3, 5, 1000]) {
      expect(await cellsOf(text, { delimiter: "\t", encoding: "utf-16le", pieceBytes })).toEqual(cells);
      expect(await cellsOf(text, { delimiter: "\t", pieceBytes })).toEqual(cells);
    }
  });

  test("of UTF-16 are read through in slices, and no slice cuts a character of two halves", async () => {
    for (const before of [32_767, 32_766]) {
      const name = `${"x".repeat(before - "a,b\n".length)}🏰y`;
      const rows = await rowsOf(`a,b\n${name},z\n`, { encoding: "utf-16le", pieceBytes: 262_144 });
      expect(rows[1]!.cells).toEqual([name, "z"]);
    }
  });

  test("of Windows-1252 have its letters and its euro", async () => {
    const bytes = Buffer.from([0x5a, 0x6f, 0xeb, 0x2c, 0x80]);
    expect(await rowsOfBytes(bytes, { encoding: "windows-1252" })).toEqual([{ number: 1, cells: ["Zoë", "€"] }]);
  });

  test("that were written come back the same, whatever stands in them", async () => {
    const cell = string({ unit: "binary", maxLength: 12 });
    const table = array(array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 8 });
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    await assert(
      asyncProperty(
        ...([
          table,
          constantFrom(...DELIMITERS),
          constantFrom("\n", "\r\n", "\r"),
          integer({ min: 1, max: 9 }),
        ] as const),
        async (rows, delimiter, end, pieceBytes) => {
          const text = rows.map((cells) => cells.map(quoted).join(delimiter) + end).join("");
          const written = rows.filter((cells) => cells.some((one) => one.trim() !== ""));
          // What is half a character is written as U+FFFD; a mark at the very beginning is the file's.
          const expected = written.map((cells) => cells.map((one) => Buffer.from(one).toString()));
          expect(await cellsOf(text, { delimiter, pieceBytes })).toEqual(expected);
        },
      ),
    );
  });
});

test("long rows come in small batches, so that memory is bounded by what stands in them", async () => {
  const long = `x,${"y".repeat(900_000)}\n`;
  async function* file() {
    yield Buffer.from("a,b\n");
    for (let i = 0; i < 8; i++) yield Buffer.from(long);
    for (let i = 0; i < 9_000; i++) yield Buffer.from("x,y\n");
  }
  const lengths: number[] = [];
  for await (const rows of readRows(file(), { encoding: "utf-8", delimiter: "," })) lengths.push(rows.length);
  expect(lengths.reduce((a, b) => a + b)).toBe(9_009);
  expect(Math.max(...lengths)).toBe(4_000);
  expect(lengths.slice(0, 1).every((length) => length <= 6)).toBe(true);
});

describe("a table that is broken says in which row", () => {
  const problemOf = (text: string, pieceBytes = 65_536) =>
    rowsOf(text, { pieceBytes }).then(
      () => null,
      (error: BrokenTableError) => ({ row: error.row, message: error.message }),
    );

  test("a quote is never closed", async () => {
    const message = "Row 3 opens a quoted text that is never closed.";
    expect(await problemOf('a,b\n1,2\n"3,4\n5,6\n')).toEqual({ row: 3, message });
  });

  test("a quote swallows a million characters, of a file of many", async () => {
    const message = "Row 2 has more than 1,000,000 characters; a quote in it may not be closed.";
    expect(await problemOf(`a,b\n"1,2\n${"3,4\n".repeat(600_000)}`)).toEqual({ row: 2, message });
  });

  const SWALLOWED =
    "Row 2 has a quoted text that does not end where its cell ends: a quote is missing, or one is too many.";

  test.each([
    ["and the next quote opens another", 'ada@example.com,"Ada\nbo@example.com,"Bo"\ncy@example.com,"Cy"'],
    ["and the next quote is one of inches", 'ada@example.com,"Ada\nbo@example.com,Bo,5" pipe\ncy@example.com,Cy\n'],
    ["in front of other cells", '"ada@example.com,Ada\nbo@example.com,"Bo",x\n'],
    ["and only a delimiter is swallowed", 'ada@example.com,"Ada, "the first", x\n'],
  ])("a quote is not closed %s", async (_name, rows) => {
    for (const pieceBytes of [1, 7, 65_536])
      expect(await problemOf(`email,name\n${rows}`, pieceBytes)).toEqual({ row: 2, message: SWALLOWED });
  });

  test("but not where quotes stand as they should, or take nothing with them", async () => {
    const rows = [
      ["a", '"Bo", he said', "x"],
      ["b", '"', '",\n"'],
      ["c", '"Bo" Cedar', '5" pipe, 2" long'],
    ];
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const text = rows.map((cells) => cells.map(quoted).join(",") + "\r\n").join("");
    for (const pieceBytes of [1, 7, 65_536]) expect(await cellsOf(text, { pieceBytes })).toEqual(rows);
    expect(await cellsOf('"Bo" Cedar,5" pipe\n""x,"y"z\n')).toEqual([
      ['"Bo" Cedar', '5" pipe'],
      ['""x', '"y"z'],
    ]);
  });

  test("a row is 50 MB long", async () => {
    expect(await problemOf(`a,b\n${"x".repeat(50_000_000)}\n`)).toMatchObject({ row: 2 });
  });

  test("a row has 5,000 columns", async () => {
    const message = "Row 2 has 5,000 columns; at most 1,000 are read.";
    expect(await problemOf(`a,b\n${",".repeat(4_999)}\n`)).toEqual({ row: 2, message });
  });
});

describe("the delimiter", () => {
  test.each<[string, Delimiter]>([
    ["name,e-mail\nBo,bo@example.com\n", ","],
    ["name;note\nBo;one, two, three\nCy;four, five\n", ";"],
    ["name\te-mail\nBo\tbo@example.com\n", "\t"],
    ["name|e-mail\nBo|bo@example.com\n", "|"],
    ['name;note\nBo;"a,b\nc,d"\nCy;x\n', ";"],
    ["bo@example.com\ncy@example.com\n", ","],
    ["", ","],
  ])("of %j is %j", (head, delimiter) => {
    expect(guessDelimiter(head)).toBe(delimiter);
  });

  test("is told from a beginning that was cut off within quotes", () => {
    expect(guessDelimiter('name;note\nBo;"a"\nCy;"cut off, he')).toBe(";");
  });
});

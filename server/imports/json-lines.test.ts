import { describe, expect, test } from "@jest/globals";
import { looksLikeJsonLines, namesIn, readJsonLines } from "./json-lines.ts";
import { BrokenTableError, type Row } from "./rows.ts";
import type { Encoding } from "./encoding.ts";

async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

async function rowsOf(
  text: string,
  names: string[] = namesIn(text),
  { encoding = "utf-8", pieceBytes = 3 }: { encoding?: Encoding; pieceBytes?: number } = {},
): Promise<Row[]> {
  const bytes = Buffer.from(text, encoding === "utf-16le" ? "utf16le" : "utf8");
  const found: Row[] = [];
  for await (const rows of readJsonLines(inPieces(bytes, pieceBytes), { encoding, names })) found.push(...rows);
  return found;
}

const cellsOf = async (text: string, names?: string[]) => (await rowsOf(text, names)).map(({ cells }) => cells);

describe("lines of JSON", () => {
  test("become rows in the order of the names; what a line does not have is empty", async () => {
    const text = '{"email":"ada@example.com","n":1}\n{"vip":true,"email":"bo@example.com"}\n';
    expect(namesIn(text)).toEqual(["email", "n", "vip"]);
    expect(await cellsOf(text)).toEqual([
      ["ada@example.com", 1, ""],
      ["bo@example.com", "", true],
    ]);
  });

  test("keep texts as they stand, numbers as numbers, booleans as booleans; null is empty", async () => {
    const text = String.raw`{"a":" =1+1\n","b":-0.5,"c":false,"d":null,"e":"007","f":0}`;
    expect(await cellsOf(text)).toEqual([[" =1+1\n", -0.5, false, "", "007", 0]]);
  });

  test("are numbered as lines are, blank ones too, which are left out", async () => {
    expect(await rowsOf('\n{"a":1}\r\n  \r\n{"a":2}')).toEqual([
      { number: 2, cells: [1] },
      { number: 4, cells: [2] },
    ]);
  });

  test("end with carriage returns alone, or with both, wherever the pieces are cut", async () => {
    for (const pieceBytes of [1, 2, 7, 1_000])
      for (const [text, numbers] of [
        ['{"a":1}\r\r{"a":2}\r', [1, 3]],
        ['{"a":1}\r\n\r\n{"a":2}\r\n', [1, 3]],
        ['{"a":1}\n\r{"a":2}', [1, 3]],
      ] as const) {
        const rows = await rowsOf(text, ["a"], { pieceBytes });
        expect(rows).toEqual([1, 2].map((a, i) => ({ number: numbers[i], cells: [a] })));
      }
  });

  test("are the same wherever the pieces are cut, with a byte order mark, in UTF-16 too", async () => {
    const text = '\ufeff{"name":"Zoë 🏰"}\r\n{"name":"Bo"}';
    for (const pieceBytes of [1, 2, 5, 1_000])
      for (const encoding of ["utf-8", "utf-16le"] as const)
        expect(await rowsOf(text, ["name"], { encoding, pieceBytes })).toEqual([
          { number: 1, cells: ["Zoë 🏰"] },
          { number: 2, cells: ["Bo"] },
        ]);
  });

  test.each(['{"a": "broken', "[1]", '"text"', "7", "null", "a,b", '{"a":1} {"a":2}'])(
    "that are no object (%s) are told one by one, and the next is read",
    async (line) => {
      expect(await rowsOf(`${line}\n{"a":1}\n`, ["a"])).toEqual([
        { number: 1, cells: [line], problem: { words: "The line is no JSON object." } },
        { number: 2, cells: [1] },
      ]);
    },
  );

  test("with lists or objects have them as JSON, and say in which places", async () => {
    expect(await rowsOf('{"a":["x"],"b":1,"c":{"y":[2]}}')).toEqual([
      { number: 1, cells: ['["x"]', 1, '{"y":[2]}'], nested: [0, 2] },
    ]);
  });

  test("with names that are not known say so, unless they hold nothing", async () => {
    expect(await rowsOf('{"a":1,"late":2,"later":["x"],"empty":null}', ["a"])).toEqual([
      { number: 1, cells: [1], unknown: ["late", "later"] },
    ]);
  });

  test("have their names trimmed, as the header of a table is", async () => {
    const text = '{" email ":"ada@example.com"}\n{"email":"bo@example.com"}';
    expect(namesIn(text)).toEqual(["email"]);
    expect(await cellsOf(text)).toEqual([["ada@example.com"], ["bo@example.com"]]);
  });

  test.each([
    ["blank", " "],
    ["longer than a header is", "n".repeat(201)],
    ["with NUL", "a\0"],
    ["with half a character", "a\ud800"],
  ])("whose name is no column's (%s) go in without it", async (_what, name) => {
    const text = `${JSON.stringify({ [name]: "x", email: "ada@example.com" })}\n`;
    expect(namesIn(text)).toEqual(["email"]);
    expect(await rowsOf(text)).toEqual([{ number: 1, cells: ["ada@example.com"], unknown: [name.trim()] }]);
  });

  test("may have a name that objects have of themselves", async () => {
    const text = '{"__proto__":"a","constructor":"b"}';
    expect(namesIn(text)).toEqual(["__proto__", "constructor"]);
    expect(await cellsOf(text)).toEqual([["a", "b"]]);
  });

  test("have 1,000 columns at most; of the others each line says so", async () => {
    const object = Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`c${i}`, i]));
    const [row] = await rowsOf(JSON.stringify(object), undefined, { pieceBytes: 65_536 });
    expect(row!.cells).toHaveLength(1_000);
    expect(row!.unknown).toEqual(["c1000"]);
  });

  test("come in their order and all of them, however many", async () => {
    const text = Array.from({ length: 9_001 }, (_, i) => `{"a":${i}}`).join("\n");
    const rows = await rowsOf(text, ["a"], { pieceBytes: 65_536 });
    expect(rows.map(({ cells }) => cells[0])).toEqual(Array.from({ length: 9_001 }, (_, i) => i));
    expect(rows.at(-1)!.number).toBe(9_001);
  });

  test("that are long come in small batches, so that memory is bounded by what stands in them", async () => {
    async function* file() {
      for (let i = 0; i < 10; i++) yield Buffer.from(`{"a":"${"y".repeat(900_000)}"}\n`);
    }
    const lengths: number[] = [];
    for await (const rows of readJsonLines(file(), { encoding: "utf-8", names: ["a"] })) lengths.push(rows.length);
    expect(lengths).toEqual([5, 5]);
  });

  test("of over a million characters end the reading with their number, before all of them are read", async () => {
    let pieces = 0;
    async function* endless() {
      yield Buffer.from('{"a":1}\n{"a":"');
      for (; pieces < 1_000; pieces++) yield Buffer.alloc(64 * 1024, "x");
    }
    const read = async () => {
      for await (const rows of readJsonLines(endless(), { encoding: "utf-8", names: ["a"] })) void rows;
    };
    await expect(read()).rejects.toEqual(new BrokenTableError(2, "Row 2 has more than 1,000,000 characters."));
    expect(pieces).toBeLessThan(20);
  });
});

describe("a file", () => {
  test.each([
    ['{"a":1}\n', true],
    ['\r\n  \n {"a":1}', true],
    ["a,b\n1,2\n", false],
    ["[1]\n", false],
    ['{"a": cut off', false],
    ["{name},{email}\n", false],
    ["", false],
  ])("that begins with %j is lines of JSON: %s", (head, expected) => {
    expect(looksLikeJsonLines(head)).toBe(expected);
  });

  test("has the names of all of its first lines, also where one of them is cut off", () => {
    expect(namesIn('{"a":1}\n{"b":2,"a":3}\nbroken\n{"c":4}\n{"d":')).toEqual(["a", "b", "c"]);
  });
});

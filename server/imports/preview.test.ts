import "reflect-metadata";
import { describe, expect, test } from "@jest/globals";
import { type Chosen, FILE_KINDS } from "./file-format.ts";
import { formatOf, previewOf } from "./preview.ts";

const lookAt = (text: string | Uint8Array, chosen: Chosen = {}, { isWhole = true, sniffed = "utf-8" as const } = {}) =>
  previewOf(Buffer.from(text), isWhole, sniffed, chosen);

const TABLE = "Name;E-mail;Note\nAda Birch;ada@example.com;a, b\nBo Cedar;bo@example.com;\n";

describe("a preview", () => {
  test("says how the file is read, what its columns hold and probably are, and shows its first rows", async () => {
    expect(await lookAt(TABLE)).toEqual({
      ...{ kind: "csv", encoding: "utf-8", delimiter: ";", hasHeader: true, problem: null },
      columns: [
        { index: 0, name: "Name", guess: "NAME", samples: ["Ada Birch", "Bo Cedar"] },
        { index: 1, name: "E-mail", guess: "EMAIL", samples: ["ada@example.com", "bo@example.com"] },
        { index: 2, name: "Note", guess: "FIELD", samples: ["a, b"] },
      ],
      rows: [
        ["Ada Birch", "ada@example.com", "a, b"],
        ["Bo Cedar", "bo@example.com", ""],
      ],
    });
  });

  test("is another one with other choices: delimiter, header, encoding, kind", async () => {
    const byCommas = await lookAt(TABLE, { delimiter: ",", hasHeader: false });
    expect(byCommas.columns.map(({ name }) => name)).toEqual(["Column 1", "Column 2"].slice(0, 1));
    expect(byCommas.rows[0]).toEqual(["Name;E-mail;Note"]);
    const latin = await lookAt(Buffer.from("email,name\nzoe@example.com,Zoë\n", "latin1"), {
      encoding: "windows-1252",
    });
    expect(latin.rows).toEqual([["zoe@example.com", "Zoë"]]);
    const asLines = await lookAt(TABLE, { kind: FILE_KINDS.JSON_LINES });
    expect(asLines).toMatchObject({ kind: "json_lines", problem: "There are no rows in this file." });
    const asTable = await lookAt('{"a":1}\n{"a":2}\n', { kind: FILE_KINDS.CSV });
    expect(asTable).toMatchObject({ kind: "csv", rows: [['{"a":1}'], ['{"a":2}']] });
  });

  test("shows five rows at most, and leaves out blank ones", async () => {
    const { rows } = await lookAt(`email\n\n${Array.from({ length: 9 }, (_, i) => `c${i}@example.com\n\n`).join("")}`);
    expect(rows.map(([cell]) => cell)).toEqual([0, 1, 2, 3, 4].map((i) => `c${i}@example.com`));
  });

  test("of a header of one name thirty thousand times takes no time, and says how many columns are read", async () => {
    const head = `${"a,".repeat(32_000)}a\n`;
    const startedAt = performance.now();
    const { columns, problem } = await lookAt(head, { hasHeader: true }, { isWhole: false });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(problem).toBe("A row of this file has 32,001 columns; at most 1,000 are read.");
    expect([columns[0]!.name, columns[1]!.name, columns[999]!.name]).toEqual(["a", "a (2)", "a (1000)"]);
    expect(columns).toHaveLength(1_000);
  });

  test("of a beginning leaves out its last row, which may be cut off", async () => {
    const head = "email,name\nada@example.com,Ada\nbo@example.com,B";
    expect((await lookAt(head, {}, { isWhole: false })).rows).toHaveLength(1);
    expect((await lookAt(head)).rows).toHaveLength(2);
  });

  test("of a beginning that ends within a character shows no broken one", async () => {
    const head = Buffer.from("email\nada@example.com\nzoë").subarray(0, -1);
    const { columns } = await lookAt(head, { hasHeader: false }, { isWhole: false });
    expect(JSON.stringify(columns)).not.toContain("\ufffd");
  });

  test("keeps short and long rows as they are, and does not count them as columns", async () => {
    const { columns, rows } = await lookAt(
      "email,name\na@example.com,A\nb@example.com\nc@example.com,C,x\nd@example.com,D\n",
    );
    expect(columns).toHaveLength(2);
    expect(rows).toEqual([
      ["a@example.com", "A"],
      ["b@example.com"],
      ["c@example.com", "C", "x"],
      ["d@example.com", "D"],
    ]);
  });

  test("of lines of JSON shows their values as texts, and leaves out lines that are none", async () => {
    const seen = await lookAt(
      '{"email":"ada@example.com","n":7,"vip":false,"x":null}\nbroken\n{"email":"bo@example.com","tags":["a"]}\n',
    );
    expect(seen).toMatchObject({ kind: "json_lines", hasHeader: true, problem: null });
    expect(seen.columns.map(({ name, guess, samples }) => [name, guess, samples])).toEqual([
      ["email", "EMAIL", ["ada@example.com", "bo@example.com"]],
      ["n", "FIELD", ["7"]],
      ["vip", "FIELD", ["false"]],
      ["x", "FIELD", []],
      ["tags", "FIELD", ['["a"]']],
    ]);
    expect(seen.rows).toEqual([
      ["ada@example.com", "7", "false", "", ""],
      ["bo@example.com", "", "", "", '["a"]'],
    ]);
  });

  test.each([
    ["nothing", ""],
    ["blanks", " \n\n , \n"],
    ["a header alone", "email,name\n"],
  ])("of a file with %s says that there are no rows", async (_what, text) => {
    expect((await lookAt(text)).problem).toBe("There are no rows in this file.");
  });

  test("of a whole file says what breaks it; of a beginning it cannot know", async () => {
    const broken = 'email,name\nada@example.com,"Ada\nbo@example.com,Bo\n';
    expect((await lookAt(broken)).problem).toBe("Row 2 opens a quoted text that is never closed.");
    expect(
      (await lookAt('email,name\nada@example.com,Ada\nbo@example.com,"B', {}, { isWhole: false })).problem,
    ).toBeNull();
  });

  test("cuts names of columns that are endless, and what Postgres would not keep is none of them", async () => {
    const { columns } = await lookAt(`email,${"n".repeat(5_000)},a\0b,${"x".repeat(199)}🏰\nada@example.com,1,2,3\n`);
    expect(columns.map(({ name }) => name)).toEqual(["email", "n".repeat(200), "a\ufffdb", `${"x".repeat(199)}\ufffd`]);
  });

  test("becomes the format by which the rest is read", async () => {
    expect(formatOf(await lookAt(TABLE))).toEqual({
      ...{ kind: "csv", encoding: "utf-8", delimiter: ";", hasHeader: true, names: ["Name", "E-mail", "Note"] },
    });
  });
});

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { csvLine } from "../platform/csv.ts";
import { isStorable } from "../platform/text.ts";
import { type App, openApp } from "../testing/app.ts";
import { importFile, makeCampaign, recipientsOf } from "../testing/imports.ts";

/** What was exported is imported as it was, whatever stands in it. */

let app: App;
beforeAll(async () => {
  app = await openApp();
});
afterAll(() => app.stop());

const awkward = fc.string({ unit: fc.constantFrom(..."'=+-@\",;|\t\n\r aß1"), maxLength: 12 });
const anyText = fc
  .oneof(awkward, fc.string({ unit: "grapheme", maxLength: 20 }), fc.string({ unit: "binary", maxLength: 20 }))
  .filter((text) => isStorable(text) && !text.includes("\ufffd") && !text.includes("\ufeff"));
const customers = fc.array(fc.record({ name: anyText, first: anyText, second: anyText }), {
  minLength: 1,
  maxLength: 20,
});

// A name is trimmed when it is read; an own field is kept as it stands, and a blank one is none.
const readAs = ({ name, first, second }: { name: string; first: string; second: string }) => ({
  name: name.trim() || null,
  fields: { ...(first !== "" && { first }), ...(second !== "" && { second }) },
});

const COLUMNS = [
  { column: 0, meaning: "EMAIL" },
  { column: 1, meaning: "NAME" },
  { column: 2, meaning: "FIELD" },
  { column: 3, meaning: "FIELD" },
];

test("a table that was written comes back the same", async () => {
  await fc.assert(
    fc.asyncProperty(customers, async (given) => {
      const campaignId = await makeCampaign(app);
      const rows = given.map(({ name, first, second }, i) => csvLine([`c${i}@example.com`, name, first, second]));
      const file = csvLine(["email", "name", "first", "second"]) + rows.join("");
      const read = { delimiter: "COMMA", encoding: "UTF_8", hasHeader: true, columns: COLUMNS, kind: "CSV" };
      const seen = await importFile(app, campaignId, `\ufeff${file}`, read);
      expect(seen).toMatchObject({ status: "COMPLETED", accepted: given.length });
      const arrived = await recipientsOf(app.webs[0]!, campaignId);
      expect(arrived.map(({ name, fields }) => ({ name, fields }))).toEqual(given.map(readAs));
    }),
    { numRuns: 25 },
  );
});

test("JSON Lines come back the same, numbers as numbers and booleans as booleans", async () => {
  const value = fc.oneof(anyText, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
  const objects = fc.array(fc.record({ first: value, second: value }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(objects, async (given) => {
      const campaignId = await makeCampaign(app);
      const file = given.map((object, i) => JSON.stringify({ email: `c${i}@example.com`, ...object })).join("\n");
      const seen = await importFile(app, campaignId, file, { fileName: "customers.jsonl", encoding: "UTF_8" });
      expect(seen).toMatchObject({ status: "COMPLETED", accepted: given.length });
      const arrived = await recipientsOf(app.webs[0]!, campaignId);
      const readAsJson = given.map((object) =>
        JSON.parse(JSON.stringify(Object.fromEntries(Object.entries(object).filter(([, cell]) => cell !== "")))),
      );
      expect(arrived.map(({ fields }) => fields)).toEqual(readAsJson);
    }),
    { numRuns: 15 },
  );
});

test("the rows that were rejected, mended and sent again, go in with what they had", async () => {
  const campaignId = await makeCampaign(app);
  const rows = [
    csvLine(["E-mail", "Name", "Note"]),
    csvLine(["nobody", "Ada", '=HYPERLINK("x")']),
    csvLine(["bo@example.com", "Bo", "fine"]),
    csvLine(["", "Cleo", 'two\nlines, "quoted"']),
  ];
  const first = await importFile(app, campaignId, rows.join(""));
  expect(first).toMatchObject({ accepted: 1, invalid: 2 });
  const rejected = await (await app.webs[0]!.fetch(first.rejectedFileUrl!)).text();
  // As a person does: the addresses are put right, the rest is left as it is.
  const mended = rejected.replace("nobody,", "ada@example.com,").replace("\r\n,Cleo", "\r\ncleo@example.com,Cleo");
  const columns = COLUMNS.slice(0, 3).map((column) => ({ ...column, ...(column.column === 2 && { field: "Note" }) }));
  expect(await importFile(app, campaignId, mended, { columns })).toMatchObject({ accepted: 2, invalid: 0 });
  expect(await recipientsOf(app.webs[0]!, campaignId)).toMatchObject([
    { name: "Bo" },
    { name: "Ada", email: "ada@example.com", fields: { Note: '=HYPERLINK("x")' } },
    { name: "Cleo", email: "cleo@example.com", fields: { Note: 'two\nlines, "quoted"' } },
  ]);
});

test.each([
  ["too short", ["ada@example.com,Ada", "bo@example.com,Bo", "cleo@example.com"]],
  ["too long", ["ada@example.com,Birch, Ada,x", "bo@example.com,Cedar, Bo,y", "cleo@example.com,Dale, Cleo,z"]],
])("rows that are %s are refused again until they are mended, and never shifted into columns", async (_how, broken) => {
  const campaignId = await makeCampaign(app);
  const whole = Array.from({ length: 5 }, (_, i) => `c${i}@example.com,Customer ${i},n`);
  const file = ["E-mail,Name,Note", ...whole, ...broken].join("\n");
  const first = await importFile(app, campaignId, file);
  expect(first).toMatchObject({ accepted: 5, invalid: 3, reasons: [{ code: "COLUMN_COUNT", rows: 3 }] });
  const rejected = await (await app.webs[0]!.fetch(first.rejectedFileUrl!)).text();
  const again = await importFile(app, campaignId, rejected);
  expect(again).toMatchObject({ accepted: 0, invalid: 3, reasons: [{ code: "COLUMN_COUNT", rows: 3 }] });
});

test("of a rejected row's endless cell as much is kept as a spreadsheet's cell holds", async () => {
  const campaignId = await makeCampaign(app);
  const first = await importFile(app, campaignId, `E-mail,Note\nada@example.com,${"n".repeat(900_000)}\n`);
  expect(first).toMatchObject({ invalid: 1, reasons: [{ code: "TOO_LONG", rows: 1 }] });
  const rejected = await (await app.webs[0]!.fetch(first.rejectedFileUrl!)).text();
  expect(rejected).toContain(`ada@example.com,${"n".repeat(32_766)}…,TOO_LONG,`);
});

test("a row that ends in more delimiters than columns goes in once it is mended, as the others of its file did", async () => {
  const campaignId = await makeCampaign(app);
  const first = await importFile(app, campaignId, "E-mail,Name\nbo@example.com,Bo,,\nnobody,Ada,,\n");
  expect(first).toMatchObject({ accepted: 1, invalid: 1 });
  const rejected = await (await app.webs[0]!.fetch(first.rejectedFileUrl!)).text();
  const again = await importFile(app, campaignId, rejected.replace("nobody", "ada@example.com"));
  expect(again).toMatchObject({ accepted: 1, invalid: 0 });
});

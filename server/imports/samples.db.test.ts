import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type App, openApp } from "../testing/app.ts";
import { importFile, makeCampaign, problemsOf, recipientsOf } from "../testing/imports.ts";

/** One file of each kind that people have; all customers are made up. */

const folder = new URL("../testing/samples/", import.meta.url);

interface Expected {
  /** [name, e-mail, own fields] of each recipient. */
  recipients: [string | null, string, Record<string, unknown>?][];
  /** [row, code] of each problem. */
  problems?: [number, string][];
}

const ADA = "ada@example.com";
const BO = "bo@example.com";
const CLEO = "cleo@example.com";
const PLAIN: Expected = {
  recipients: [
    ["Ada Birch", ADA, { City: "Köln" }],
    ["Bo Cedar", BO, { City: "Graz" }],
  ],
};

const SAMPLES: Record<string, Expected> = {
  "utf-8.csv": PLAIN,
  "utf-8-with-mark.csv": PLAIN,
  "utf-16le-from-excel.txt": PLAIN,
  "utf-16be.txt": PLAIN,
  "windows-1252.csv": {
    recipients: [
      ["Jörg Öst", "joerg@example.com", { City: "Köln" }],
      ["Zoë €", "zoe@example.com", { City: "Graz" }],
    ],
  },
  "pipes.csv": { recipients: [["Ada Birch", ADA, { City: "Köln" }]] },
  "quoted-line-breaks.csv": {
    recipients: [
      ["Birch, Ada", ADA, { note: 'first line\nsecond "line"' }],
      ["Bo", BO, { note: "plain" }],
    ],
  },
  "carriage-returns.csv": {
    recipients: [
      ["Ada", ADA],
      ["Bo", BO],
    ],
  },
  "blank-lines.csv": { recipients: [["Ada", ADA]], problems: [[7, "EMAIL_INVALID"]] },
  "short-and-long-rows.csv": {
    recipients: [
      ["Cleo", CLEO, { city: "Köln" }],
      ["Dan", "dan@example.com", { city: "Ulm" }],
    ],
    problems: [
      [2, "COLUMN_COUNT"],
      [3, "COLUMN_COUNT"],
    ],
  },
  "duplicate-and-padded-headers.csv": {
    recipients: [[null, ADA, { Note: "a", "Note (2)": "b", "Column 4": "c", "Note (3)": "d" }]],
  },
  "no-header.csv": {
    recipients: [
      [null, ADA, { "Column 2": "Ada Birch" }],
      [null, BO, { "Column 2": "Bo Cedar" }],
    ],
  },
  "nul-in-a-cell.csv": { recipients: [["Bo", BO]], problems: [[2, "BROKEN_CHARACTERS"]] },
  "broken-utf-8.csv": {
    recipients: [
      ["Zoë", "zoe@example.com"],
      ["Jürgen", "j@example.com"],
    ],
    problems: [[4, "BROKEN_CHARACTERS"]],
  },
  "formulas.csv": {
    recipients: [
      ["=1+1", ADA, { sum: "@SUM(A1)" }],
      ["-1+2", BO, { sum: "+1" }],
      // The apostrophe is a spreadsheet's way to write that a cell is a text.
      ["=1+1", CLEO, { sum: "'tis" }],
    ],
  },
  "customers.jsonl": {
    recipients: [
      ["Ada", ADA, { orders: 3, vip: true }],
      ["Cleo", CLEO],
    ],
    problems: [
      [3, "ROW_UNREADABLE"],
      [4, "ROW_UNREADABLE"],
      [6, "ROW_UNREADABLE"],
    ],
  },
};

let app: App;
beforeAll(async () => {
  app = await openApp();
});
afterAll(() => app.stop());

test("every sample is in the table", () => {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.map(({ name }) => name).sort()).toEqual(Object.keys(SAMPLES).sort());
});

test.each(Object.entries(SAMPLES))("%s goes in as people mean it", async (fileName, { recipients, problems = [] }) => {
  const campaignId = await makeCampaign(app);
  const seen = await importFile(app, campaignId, readFileSync(new URL(fileName, folder)), { fileName });
  const arrived = await recipientsOf(app.webs[0]!, campaignId);
  const found = await problemsOf(app.webs[0]!, seen.id);
  expect({
    recipients: arrived.map(({ name, email, fields }) => [name, email, fields]),
    problems: found.map(({ row, code }) => [row, code]),
  }).toEqual({ recipients: recipients.map(([name, email, fields = {}]) => [name, email, fields]), problems });
  expect(seen).toMatchObject({ status: "COMPLETED", accepted: recipients.length, invalid: problems.length });
});

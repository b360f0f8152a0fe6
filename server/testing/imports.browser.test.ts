import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { barriers, launchChromium, openPageIn } from "./chromium.ts";
import { makeCampaign } from "./imports.ts";
import { freePort, type Program, startProgram } from "./program.ts";
import { freshDatabase, freshRedis } from "./services.ts";

/** A file from the first click to the report and back, in headless Chromium, against the built program. */

const TIMEOUT_MS = 90_000;

let database: Awaited<ReturnType<typeof freshDatabase>>;
let program: Program;
let browser: Browser;
/** Signed in as an owner. */
let page: Page;
let wrong: string[];

beforeAll(async () => {
  database = await freshDatabase();
  const { url: redisUrl } = await freshRedis();
  const services = { DATABASE_URL: database.url, REDIS_URL: redisUrl };
  program = await startProgram({ ...services, PORT: String(await freePort()), POLL_MS: "200" });
  browser = await launchChromium();
  ({ page, wrong } = await openPageIn(browser, program.address, { viewport: { width: 1280, height: 900 } }));
}, TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  const code = await program?.stop();
  await database?.drop();
  expect(code).toBe(0);
}, TIMEOUT_MS);

const FILE = [
  "Contact;Customer;Order;Remark",
  "ada@example.com;Ada Birch;A-1;first",
  "bo@example.com;Bo Cedar;A-2;",
  "nobody;Nobody;A-3;",
  "ADA@example.com;Ada again;A-4;",
  "cleo@gmial.com;Cleo Dale;A-5;=1+1",
  "dan@example.com;Dan Elm",
  "",
].join("\r\n");

async function openImport(): Promise<string> {
  const id = await makeCampaign(program.door);
  await page.goto(`${program.url}/campaigns/${id}`);
  await page.getByRole("link", { name: "Import a file" }).click();
  await page.getByRole("heading", { name: "Import recipients" }).waitFor();
  return id;
}

const choose = (content: string | Buffer, name = "customers.csv") =>
  page.getByLabel("Choose a file").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(content) });

const total = async (id: string) => {
  const { data } = await program.door.query(`query ($id: ID!) { campaign(id: $id) { progress { total } } }`, { id });
  return data.campaign.progress.total as number;
};

const state = () => page.locator("#state").innerText();

/** The numbers that the page shows, in their order: new, updated, duplicates, invalid, suppressed, rows read. */
async function numbers(): Promise<number[]> {
  const shown = await page.locator("[data-numbers] strong").allInnerTexts();
  return shown.map((text) => Number(text.replaceAll(",", "")));
}

async function barriersInBothLooks(): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(
      "Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined)))",
    );
    found.push(...(await barriers(page)));
  }
  await page.emulateMedia({ colorScheme: "light" });
  return found;
}

test(
  "a file is looked at, mapped, tried out, imported and undone, and its numbers are those of the campaign",
  async () => {
    const id = await openImport();
    expect(await barriersInBothLooks()).toEqual([]);
    await choose(FILE);
    await page.waitForURL(/\?upload=/);
    expect(await page.getByLabel("Between cells").inputValue()).toBe("SEMICOLON");
    expect(await page.getByLabel("What “Contact” becomes").inputValue()).toBe("EMAIL");
    expect(await page.getByLabel("What “Customer” becomes").inputValue()).toBe("NAME");
    expect(await barriersInBothLooks()).toEqual([]);
    await page.getByLabel("What “Remark” becomes").selectOption("LEAVE_OUT");
    await page.getByLabel("Name of the field that “Order” is kept as").fill("order number");

    await page.getByRole("button", { name: "Try it out" }).click();
    await page.getByText("Tried out: 3 of 6 rows would go in").first().waitFor();
    expect(await page.getByText("Nothing was changed").count()).toBe(1);
    expect(await total(id)).toBe(0);

    await page.getByRole("button", { name: "Import for real" }).click();
    await page.getByText("Completed: 3 of 6 rows went in").first().waitFor();
    const [fresh, updated, duplicates, invalid, suppressed, read] = await numbers();
    expect([fresh, updated, duplicates, invalid, suppressed, read]).toEqual([3, 0, 1, 2, 0, 6]);
    expect(await total(id)).toBe(3);
    const { data } = await program.door.query(
      `query ($id: ID!) { campaign(id: $id) { recipients(first: 1) { nodes { name email fields } } } }`,
      { id },
    );
    expect(data.campaign.recipients.nodes).toEqual([
      { name: "Ada Birch", email: "ada@example.com", fields: { "order number": "A-1" } },
    ]);
    expect(await barriersInBothLooks()).toEqual([]);

    // A reload, or a link sent to somebody else, shows the same.
    await page.reload();
    expect(await state()).toBe("Completed: 3 of 6 rows went in");
    expect(await page.locator("[data-problem]").count()).toBe(3);
    await page.getByRole("link", { name: /^Not an e-mail address/ }).click();
    await page.waitForURL(/reason=EMAIL_INVALID/);
    await page.getByText('"nobody" is not an e-mail address.').waitFor();
    expect(await page.locator("[data-problem]").count()).toBe(1);

    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download the rejected rows" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("rejected-customers.csv");
    expect(readFileSync(await download.path(), "utf8")).toBe(
      [
        "\ufeffContact,Customer,Order,Remark,code,reason",
        'nobody,Nobody,A-3,,EMAIL_INVALID,"""nobody"" is not an e-mail address."',
        "ADA@example.com,Ada again,A-4,,DUPLICATE_IN_FILE,Row 2 has this address already.",
        'dan@example.com,Dan Elm,,,COLUMN_COUNT,"The row has 2 cells, the file 4 columns."',
        "",
      ].join("\r\n"),
    );

    await page.getByRole("button", { name: "Undo…" }).click();
    await page.getByText("3 recipients are removed").waitFor();
    await page.getByRole("button", { name: "Undo the import" }).click();
    await page.getByText("Undone: the campaign is as it was before").first().waitFor();
    expect(await total(id)).toBe(0);
    expect(await page.getByRole("button", { name: "Undo…" }).count()).toBe(0);
    expect(wrong).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  "an import is watched while it goes on, and cancelled",
  async () => {
    const id = await openImport();
    const rows = Array.from({ length: 120_000 }, (_, i) => `c${i}@example.com,Customer ${i}`);
    await choose(["email,name", ...rows].join("\n"), "many.csv");
    await page.waitForURL(/\?upload=/);
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByText(/^Importing: [\d,]+ of 120,000 rows$/).waitFor();
    const bar = page.getByRole("progressbar", { name: "Import" });
    expect(await bar.getAttribute("aria-valuetext")).toMatch(/^\d+ percent: Importing/);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page
      .getByText(/^Cancelled: [\d,]+ of [\d,]+ rows went in before$/)
      .first()
      .waitFor();
    const [fresh, , , , , read] = await numbers();
    expect(fresh).toBe(read);
    expect(read).toBeLessThan(120_000);
    expect(await total(id)).toBe(fresh);
    expect(wrong).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  "a file that is no table, one that is broken, and a mapping that cannot work are refused in words",
  async () => {
    await openImport();
    const before = wrong.length;
    await choose(Buffer.from([0x50, 0x4b, 3, 4, 20, 0]), "customers.xlsx");
    await page.getByText("This is no table of text but an Excel workbook").waitFor();
    // The browser itself tells the console of an answer that is a refusal.
    expect(wrong.splice(before).every((said) => said.includes("422"))).toBe(true);
    await choose('email,name\nada@example.com,"Ada\nbo@example.com,Bo\n');
    await page.getByText("Row 2 opens a quoted text that is never closed.").waitFor();
    expect(await page.getByRole("button", { name: "Import", exact: true }).isDisabled()).toBe(true);

    await page.getByRole("link", { name: "Another file" }).click();
    await choose("number,name\n17,Ada\n");
    await page.waitForURL(/\?upload=/);
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByText("Say which column has the e-mail addresses.").waitFor();
    expect(await barriersInBothLooks()).toEqual([]);
    expect(wrong).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  "from choosing what was found to the report by keyboard alone, on a phone",
  async () => {
    await openImport();
    await page.setViewportSize({ width: 375, height: 800 });
    await choose(FILE);
    await page.waitForURL(/\?upload=/);
    await page.getByLabel("Encoding").focus();
    await page.keyboard.press("w");
    await page.waitForURL(/encoding=WINDOWS_1252/);
    await page.getByRole("button", { name: "Import", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("Completed: 3 of 6 rows went in").first().waitFor();
    // Nothing is wider than the phone.
    expect(await page.evaluate(`document.documentElement.scrollWidth <= window.innerWidth`)).toBe(true);
    expect(wrong).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 900 });
  },
  TIMEOUT_MS,
);

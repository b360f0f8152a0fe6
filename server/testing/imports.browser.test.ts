import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { barriers, launchChromium, openPageIn } from "./chromium.ts";
import { eventually } from "./eventually.ts";
import { makeCampaign } from "./imports.ts";
import { freePort, type Program, startProgram } from "./program.ts";
import { freshDatabase, freshRedis } from "./services.ts";

/** A file from the first click to the report and back, in headless Chromium, against the built program. */

const TIMEOUT_MS = 180_000;

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

test(
  "a file is looked at, mapped, tried out, imported and undone, and its numbers are those of the campaign",
  async () => {
    const id = await openImport();
    expect(await barriers(page)).toEqual([]);
    await choose(FILE);
    await page.waitForURL(/\?upload=/);
    expect(await page.getByLabel("Between cells").inputValue()).toBe("SEMICOLON");
    expect(await page.getByLabel("What “Contact” becomes").inputValue()).toBe("EMAIL");
    expect(await page.getByLabel("What “Customer” becomes").inputValue()).toBe("NAME");
    expect(await barriers(page)).toEqual([]);
    await page.getByLabel("What “Remark” becomes").selectOption("LEAVE_OUT");
    await page.getByLabel("Name of the field that “Order” is kept as").fill("order number");

    await page.getByRole("button", { name: "Try it out" }).click();
    await page.getByText("Tried out: 3 of 6 rows would go in").first().waitFor();
    expect(await page.getByText("Nothing was changed").count()).toBe(1);
    expect(await total(id)).toBe(0);

    // Neither a reload nor going back loses what was chosen.
    await page.reload();
    await page.getByRole("link", { name: "Back to the file" }).click();
    await page.waitForURL(/\?upload=/);
    expect(await page.getByLabel("What “Remark” becomes").inputValue()).toBe("LEAVE_OUT");
    await page.reload();
    await eventually(async () => {
      const kept = await page.getByLabel("Name of the field that “Order” is kept as").inputValue();
      return kept === "order number";
    });
    await page.goBack();
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
    expect(await barriers(page)).toEqual([]);

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
        'dan@example.com,Dan Elm,COLUMN_COUNT,"The row has 2 cells, the file 4 columns."',
        "",
      ].join("\r\n"),
    );

    await page.getByRole("button", { name: "Undo…" }).click();
    await page.getByText("3 recipients are removed").waitFor();
    await page.getByRole("button", { name: "Undo the import" }).click();
    await page.getByText("Undone: 3 recipients removed").first().waitFor();
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
    expect(await page.title()).toMatch(/^\d+ % – Import/);
    // Reloaded in the middle, it goes on being watched.
    await page.reload();
    await page.locator("[data-connection=live]").waitFor();
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
    expect(await barriers(page)).toEqual([]);
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
    expect(await page.evaluate("document.activeElement.id")).toBe("found");
    await page.getByLabel("Encoding").focus();
    await page.keyboard.press("w");
    await page.waitForURL(/encoding=WINDOWS_1252/);
    await page.getByRole("button", { name: "Import", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("Completed: 3 of 6 rows went in").first().waitFor();
    expect(await page.evaluate("document.activeElement.id")).toBe("state");
    // Nothing is wider than the phone.
    expect(await page.evaluate(`document.documentElement.scrollWidth <= window.innerWidth`)).toBe(true);
    expect(wrong).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 900 });
  },
  TIMEOUT_MS,
);

test(
  "a file is chosen with Enter; while it is slowly sent a bar says how far it is, and stopping it leaves the place for another",
  async () => {
    await openImport();
    const cdp = await page.context().newCDPSession(page);
    const slowly = (uploadThroughput: number) =>
      cdp.send("Network.emulateNetworkConditions", {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput,
      });
    await slowly(500_000);
    await page.getByLabel("Choose a file").focus();
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.keyboard.press("Enter")]);
    const rows = Array.from({ length: 100_000 }, (_, i) => `c${i}@example.com,A customer ${i}`);
    await chooser.setFiles({ name: "slow.csv", mimeType: "text/csv", buffer: Buffer.from(rows.join("\n")) });
    const bar = page.getByRole("progressbar", { name: "Upload" });
    await page.locator("[role=progressbar]:not([aria-valuenow='0'])").waitFor();
    expect(Number(await bar.getAttribute("aria-valuenow"))).toBeLessThan(100);
    expect(await page.getByText(/^Sending/).innerText()).toMatch(
      /^Sending slow\.csv: \d+ %, [\d.]+ ([kM]B|bytes) of [\d.]+ MB$/,
    );
    expect(await barriers(page)).toEqual([]);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("You stopped slow.csv. Nothing of it was kept.").waitFor();
    expect(await page.evaluate("document.activeElement.type")).toBe("file");

    // Reloaded while it is sent, the page is as before; whoever goes elsewhere is not fetched back.
    await choose(rows.join("\n"), "slow.csv");
    await bar.waitFor();
    await page.reload();
    await page.getByText("Drop a file of customers here").waitFor();
    await slowly(3_000_000);
    await choose(rows.join("\n"), "slow.csv");
    await bar.waitFor();
    await page.getByRole("link", { name: "Campaign Dispatcher" }).click();
    await page.waitForURL(`${program.url}/`);
    await page.waitForTimeout(2_500);
    expect(page.url()).toBe(`${program.url}/`);
    await cdp.detach();
    expect(wrong).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  "rows that did not go in are paged through, from the first, and back",
  async () => {
    await openImport();
    await choose(["email", ...Array.from({ length: 60 }, (_, i) => `nobody ${i + 1}`)].join("\n"));
    await page.waitForURL(/\?upload=/);
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByText("Completed: 0 of 60 rows went in").first().waitFor();
    const shown = () => page.locator("[data-problem] > :first-child").allInnerTexts();
    const rowsFrom = (row: number, rows: number) => Array.from({ length: rows }, (_, i) => `Row ${row + i}`);
    await page.getByText("Row 26", { exact: true }).waitFor();
    expect(await shown()).toEqual(rowsFrom(2, 25));
    for (const [from, rows] of [
      [27, 25],
      [52, 10],
    ] as const) {
      await page.getByRole("link", { name: "More rows" }).click();
      await page.getByText(`Row ${from}`, { exact: true }).waitFor();
      expect(await shown()).toEqual(rowsFrom(from, rows));
      // The first of them is in sight, not where the last were.
      expect(
        await page.evaluate(`document.querySelector("[data-problem]").getBoundingClientRect().top`),
      ).toBeGreaterThan(0);
    }
    expect(await page.getByRole("link", { name: "More rows" }).count()).toBe(0);
    await page.reload();
    expect(await shown()).toEqual(rowsFrom(52, 10));
    await page.getByRole("link", { name: "First rows" }).click();
    await page.getByText("Row 2", { exact: true }).waitFor();
    expect(wrong).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  "an answer that got lost is not taken for a refusal: pressed again, the same import goes on",
  async () => {
    const id = await openImport();
    await choose(FILE);
    await page.waitForURL(/\?upload=/);
    await page.route(
      "**/graphql",
      async (route) => {
        await route.fetch();
        await route.abort();
      },
      { times: 1 },
    );
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByText("it is not known whether the import began").waitFor();
    expect(wrong.splice(0).every((said) => said.includes("Failed to load resource"))).toBe(true);
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByText("Completed: 3 of 6 rows went in").first().waitFor();
    const { data } = await program.door.query(
      `query ($id: ID!) { campaign(id: $id) { imports { nodes { status } } } }`,
      { id },
    );
    expect(data.campaign.imports.nodes).toEqual([{ status: "COMPLETED" }]);
    expect(wrong).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  "of a hundred own fields all are left out at once, and a refusal stands in sight",
  async () => {
    await openImport();
    const names = Array.from({ length: 250 }, (_, i) => `Attribute ${i}`);
    await choose(`${["email", ...names].join()}\n${["ada@example.com", ...names].join()}\n`);
    await page.waitForURL(/\?upload=/);
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page
      .getByRole("alert")
      .getByText(/250 columns would be own fields/)
      .waitFor();
    expect(await page.evaluate(`document.activeElement.hasAttribute("data-refused")`)).toBe(true);
    const inSight = `(({ top, bottom }) => top >= 0 && bottom <= innerHeight)(document.activeElement.getBoundingClientRect())`;
    expect(await page.evaluate(inSight)).toBe(true);
    await page.getByRole("button", { name: "Leave out all 250 own fields" }).click();
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByText("Completed: 1 of 1 row went in").first().waitFor();
    expect(wrong).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  "an import is started on plain http beyond localhost, where browsers keep some of their functions back",
  async () => {
    const id = await makeCampaign(program.door);
    const elsewhere = await launchChromium(["--host-resolver-rules=MAP campaigns.example 127.0.0.1"]);
    try {
      const there = new URL(`/campaigns/${id}/import`, program.url);
      there.hostname = "campaigns.example";
      const context = await elsewhere.newContext();
      const kept = await page.context().cookies();
      await context.addCookies(kept.map(({ name, value }) => ({ name, value, url: there.origin })));
      const other = await context.newPage();
      const errors: string[] = [];
      other.on("pageerror", ({ message }) => errors.push(message));
      await other.goto(there.href);
      expect(await other.evaluate("typeof crypto.randomUUID")).toBe("undefined");
      await other
        .getByLabel("Choose a file")
        .setInputFiles({ name: "customers.csv", mimeType: "text/csv", buffer: Buffer.from(FILE) });
      await other.getByRole("button", { name: "Import", exact: true }).click();
      await other.getByText("Completed: 3 of 6 rows went in").first().waitFor();
      expect(errors).toEqual([]);
    } finally {
      await elsewhere.close();
    }
  },
  TIMEOUT_MS,
);

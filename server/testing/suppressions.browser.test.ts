import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { SAMPLE_WORKSPACE_ID } from "../accounts/workspace.store.ts";
import { suppress } from "../recipients/suppression.store.ts";
import { openDatabase } from "./app.ts";
import { barriers, DESK, launchChromium, openPageIn, PHONE } from "./chromium.ts";
import { freePort, type Program, startProgram } from "./program.ts";
import { freshDatabase, freshRedis } from "./services.ts";

/** The page of suppressions in headless Chromium, against the built program. */

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
  program = await startProgram({ DATABASE_URL: database.url, REDIS_URL: redisUrl, PORT: String(await freePort()) });
  browser = await launchChromium();
  ({ page, wrong } = await openPageIn(browser, program.address, { viewport: { width: 1280, height: 900 } }));
}, TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  const code = await program?.stop();
  await database?.drop();
  expect(code).toBe(0);
}, TIMEOUT_MS);

const open = (query = "", on = page) => on.goto(`${program.url}/settings/suppressions${query}`);
const list = (on = page) => on.getByRole("list", { name: "Suppressed addresses" });
const row = (key: string, on = page) => on.locator(`[data-suppression="${key}"]`);

/** Whoever is signed in in the page, in a browser of their own. */
async function again(options: Parameters<Browser["newContext"]>[0]): Promise<Page> {
  const { page: other } = await openPageIn(browser, program.url, {
    ...options,
    storageState: await page.context().storageState(),
  });
  return other;
}

test(
  "addresses are suppressed one by one and in lists, found by reason and by a part, and the address keeps the filter",
  async () => {
    await open();
    await page.getByText("There is none yet.").waitFor();
    await page.getByLabel("E-mail or phone").fill("Ada@Example.com");
    await page.getByLabel("Note, if any").fill("asked by phone");
    await page.getByRole("button", { name: "Suppress", exact: true }).click();
    await page.getByText("Ada@example.com is not written to again.").waitFor();
    expect(await row("ada@example.com").innerText()).toContain("By hand, by");
    expect(await page.getByLabel("E-mail or phone").inputValue()).toBe("");

    await page
      .getByRole("textbox", { name: "Addresses" })
      .fill("bo@example.com, +49 30 55 01 01\nnobody\nADA@example.com");
    await page.getByRole("button", { name: "Suppress all of these" }).click();
    await page.getByText("2 addresses are suppressed now. 1 address was suppressed already.").waitFor();
    // What is to be mended stays, and nothing else.
    expect(await page.getByRole("textbox", { name: "Addresses" }).inputValue()).toBe("nobody");
    await page.getByText(`"nobody" is neither an e-mail address nor a phone number.`).waitFor();

    const pool = await openDatabase(database.url, "dispatcher_web");
    await pool.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) => suppress(tx, "cleo@example.com", "unsubscribed"));
    await pool.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) =>
      suppress(tx, "dan@example.com", "bounced", { note: "550 5.1.1" }),
    );
    await pool.close();
    await open();
    await page.getByRole("link", { name: "Bounced" }).click();
    await page.waitForURL(/reason=bounced$/);
    expect(await list().getByRole("listitem").count()).toBe(1);
    await page.getByRole("link", { name: "All", exact: true }).click();
    await page.waitForURL(/suppressions$/);
    await page.getByLabel("Search by address").fill("EXAMPLE.com");
    await page.keyboard.press("Enter");
    await page.waitForURL(/search=EXAMPLE.com$/);
    expect(await list().getByRole("listitem").count()).toBe(4);
    await page.reload();
    expect(await page.getByLabel("Search by address").inputValue()).toBe("EXAMPLE.com");
    expect(wrong.filter((line) => !line.includes("400"))).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  "lifting asks first, and where the customer said so themselves, for words why",
  async () => {
    await open("?search=example.com");
    await row("bo@example.com").getByRole("link", { name: /Lift/ }).click();
    await page.getByRole("heading", { name: "Write to bo@example.com again?" }).waitFor();
    await page.getByRole("link", { name: "Keep" }).click();
    expect(await row("bo@example.com").count()).toBe(1);
    await row("bo@example.com").getByRole("link", { name: /Lift/ }).click();
    await page.getByRole("button", { name: "Lift", exact: true }).click();
    await page.getByText("bo@example.com may be written to again.").waitFor();
    expect(await row("bo@example.com").count()).toBe(0);
    // Where one was: the filter is as it was left.
    expect(page.url()).toContain("search=example.com");

    await row("cleo@example.com").getByRole("link", { name: /Lift/ }).click();
    await page.getByText("This customer has unsubscribed.").waitFor();
    await page.getByRole("button", { name: "Lift", exact: true }).click();
    expect(await row("cleo@example.com").count()).toBe(1);
    await page.getByLabel("They have asked to be written to since.").check();
    await page.getByLabel("How and when they asked").fill("by letter of 3 May");
    expect(await barriers(page)).toEqual([]);
    await page.getByRole("button", { name: "Lift", exact: true }).click();
    await page.getByText("cleo@example.com may be written to again.").waitFor();
    await page.goto(`${program.url}/settings/audit-log`);
    await page.getByText("cleo@example.com: by letter of 3 May").waitFor();
  },
  TIMEOUT_MS,
);

test(
  "a file goes in, with what was left out of it, and comes out as one",
  async () => {
    await open();
    const buffer = Buffer.from("email,reason\nfile@example.com,unsubscribed\nno address,\n");
    await page.getByLabel("File", { exact: true }).setInputFiles({ name: "list.csv", mimeType: "text/csv", buffer });
    await page.getByRole("button", { name: "Import" }).click();
    await page.getByText("1 address is suppressed now.").waitFor();
    await page.getByText("Row 3:").waitFor();
    await row("file@example.com").waitFor();
    const downloading = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export all as CSV" }).click();
    const chunks: Buffer[] = [];
    for await (const chunk of await (await downloading).createReadStream()) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString("utf8")).toContain("file@example.com,unsubscribed,");
  },
  TIMEOUT_MS,
);

test(
  "without JavaScript the forms do their work",
  async () => {
    const plain = await again({ javaScriptEnabled: false });
    await open("", plain);
    await plain.getByLabel("E-mail or phone").fill("plain");
    await plain.getByRole("button", { name: "Suppress", exact: true }).click();
    expect(await plain.getByLabel("E-mail or phone").getAttribute("aria-invalid")).toBe("true");
    expect(await plain.getByLabel("E-mail or phone").inputValue()).toBe("plain");
    await plain.getByLabel("E-mail or phone").fill("plain@example.com");
    await plain.getByRole("button", { name: "Suppress", exact: true }).click();
    await plain.getByRole("textbox", { name: "Addresses" }).fill("plain.b@example.com\nplain.c@example.com");
    await plain.getByRole("button", { name: "Suppress all of these" }).click();
    expect(await plain.getByRole("status").first().innerText()).toBe("2 addresses are suppressed now.");
    await row("plain.b@example.com", plain).getByRole("link", { name: /Lift/ }).click();
    await plain.getByRole("button", { name: "Lift", exact: true }).click();
    expect(await plain.getByRole("status").first().innerText()).toBe("plain.b@example.com may be written to again.");
    expect(await plain.getByRole("button", { name: "Import" }).count()).toBe(0);
    await plain.context().close();
  },
  TIMEOUT_MS,
);

test(
  "has no barriers and no sideways scrolling, in light and in dark, on a desk and on a phone",
  async () => {
    const other = await again({});
    for (const query of ["", "?reason=complained", "?lift=file@example.com"]) {
      await open(query, other);
      for (const viewport of [DESK, PHONE]) {
        await other.setViewportSize(viewport);
        expect(await barriers(other)).toEqual([]);
        expect(await other.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
      }
    }
    await other.context().close();
  },
  TIMEOUT_MS,
);

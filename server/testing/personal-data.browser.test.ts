import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { aCampaign } from "./campaigns.ts";
import { openDatabase } from "./app.ts";
import { barriers, launchChromium, openPageIn } from "./chromium.ts";
import { freePort, type Program, startProgram } from "./program.ts";
import { freshDatabase, freshRedis } from "./services.ts";

/** Looking a person up and erasing them in headless Chromium, the second half without any script. */

const TIMEOUT_MS = 180_000;

let database: Awaited<ReturnType<typeof freshDatabase>>;
let program: Program;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  database = await freshDatabase();
  const { url: redisUrl } = await freshRedis();
  program = await startProgram({ DATABASE_URL: database.url, REDIS_URL: redisUrl, PORT: String(await freePort()) });
  browser = await launchChromium();
  ({ page } = await openPageIn(browser, program.address, {}));
}, TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  const code = await program?.stop();
  await database?.drop();
  expect(code).toBe(0);
}, TIMEOUT_MS);

test(
  "a person is looked up and erased, once that is confirmed, and the page says what went",
  async () => {
    const pool = await openDatabase(database.url, "dispatcher_web");
    await aCampaign(pool, { name: "Spring follow-up", recipients: 1 });
    await pool.close();

    await page.goto(`${program.url}/settings/suppressions`);
    await page.getByRole("link", { name: "Personal data" }).last().click();
    await page.getByRole("heading", { name: "Look a person up" }).waitFor();
    await page.getByLabel("E-mail or phone").fill("nobody");
    await page.getByRole("button", { name: "Look up" }).click();
    await page.getByText("This is neither an e-mail address nor a phone number.").waitFor();

    await page.getByLabel("E-mail or phone").fill("Customer.1@EXAMPLE.com");
    await page.getByRole("button", { name: "Look up" }).click();
    await page.getByRole("link", { name: "Spring follow-up" }).waitFor();
    expect(page.url()).not.toContain("customer");
    await page.getByText("1 recipient", { exact: true }).waitFor();
    expect(await barriers(page)).toEqual([]);

    const storageState = await page.context().storageState();
    const { page: plain } = await openPageIn(browser, program.url, { storageState, javaScriptEnabled: false });
    await plain.goto(`${program.url}/settings/personal-data`);
    await plain.getByLabel("E-mail or phone").fill("customer.1@example.com");
    await plain.getByRole("button", { name: "Look up" }).click();
    await plain.getByRole("link", { name: "Spring follow-up" }).waitFor();
    await plain.getByRole("checkbox", { name: "Nobody can take this back" }).check();
    await plain.getByRole("button", { name: "Erase", exact: true }).click();
    await plain.getByText("Erased: 1 recipient. The address alone stays, on the list of suppressions.").waitFor();
    await plain.getByLabel("E-mail or phone").fill("customer.1@example.com");
    await plain.getByRole("button", { name: "Look up" }).click();
    await plain.getByText("On the list of suppressions: Erased.").waitFor();
  },
  TIMEOUT_MS,
);

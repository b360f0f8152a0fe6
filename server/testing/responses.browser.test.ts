import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { SAMPLE_WORKSPACE_ID } from "../accounts/workspace.store.ts";
import { newId } from "../platform/id.ts";
import { personalToken } from "../recipients/personal-link.ts";
import { barriers, DESK, launchChromium, openPageIn, PHONE } from "./chromium.ts";
import { type Ledger, openLedgerOn } from "./ledger.ts";
import { aCampaign } from "./campaigns.ts";
import { freePort, type Program, startProgram } from "./program.ts";
import { freshDatabase, freshRedis } from "./services.ts";

/** The answering page in headless Chromium, against the built program: with and without JavaScript, on a phone. */

const TIMEOUT_MS = 180_000;
const REVIEWS = "https://reviews.example.com/corner-cafe";

let database: Awaited<ReturnType<typeof freshDatabase>>;
let ledger: Ledger;
let program: Program;
/** Does not say of itself that a program drives it, so that it counts as a person's. */
let browser: Browser;
let secret: Buffer;

beforeAll(async () => {
  database = await freshDatabase();
  const { url: redisUrl } = await freshRedis();
  program = await startProgram({ DATABASE_URL: database.url, REDIS_URL: redisUrl, PORT: String(await freePort()) });
  ledger = await openLedgerOn(database.url);
  const links = [{ name: "Corner Reviews", url: REVIEWS }];
  const [workspace] = await ledger.owner.query<{ message_secret: Buffer }>(
    `UPDATE workspace SET name = 'Corner Café', color = '#ffd400', review_links = $2 WHERE id = $1 RETURNING message_secret`,
    [SAMPLE_WORKSPACE_ID, JSON.stringify(links)],
  );
  secret = workspace!.message_secret;
  browser = await launchChromium(["--disable-blink-features=AutomationControlled"]);
}, TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  await ledger?.drop();
  const code = await program?.stop();
  await database?.drop();
  expect(code).toBe(0);
}, TIMEOUT_MS);

const PERSON = {
  userAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
  locale: "en-GB",
};

/** Somebody who was sent to, and their page. */
async function aCustomer() {
  const campaignId = await aCampaign(ledger.web, { name: `Asked ${newId()}`, recipients: 1 });
  const [row] = await ledger.owner.query<{ id: string }>(
    `WITH counted AS (UPDATE campaign SET queued = 0, sent = 1 WHERE id = $1)
     UPDATE recipient SET status = 'sent', sent_at = now() WHERE campaign_id = $1 RETURNING id`,
    [campaignId],
  );
  const address = `${program.url}/r/${personalToken(secret, row!.id, "respond")}`;
  return { id: row!.id, campaignId, address };
}

const visit = (address: string, options: BrowserContextOptions = {}) =>
  openPageIn(browser, address, { viewport: DESK, ...PERSON, ...options });

/** Answers as a person does, and waits for the thanks. */
async function answer(page: Page, stars: string, words = ""): Promise<void> {
  await page.getByRole("radio", { name: stars }).check();
  if (words) await page.getByLabel("Your words").fill(words);
  await page.getByRole("button", { name: /^Send/ }).click();
  await page.getByRole("heading", { name: "Thank you for your answer." }).waitFor();
}

const figuresOf = async (campaignId: string) => {
  const { data } = await program.door.query(
    `query ($id: ID!) { campaign(id: $id) { ratings { opened rated clicked distribution } } }`,
    { id: campaignId },
  );
  return data.campaign.ratings;
};

test(
  "without JavaScript a customer answers, sees the answer, changes it, and goes on to a review",
  async () => {
    const { address, campaignId } = await aCustomer();
    const { page } = await visit(`${address}?rating=4`, { javaScriptEnabled: false });
    expect(await page.getByRole("radio", { name: "4 stars: good" }).isChecked()).toBe(true);
    expect(await figuresOf(campaignId)).toMatchObject({ opened: 0, rated: 0 });
    await answer(page, "2 stars: bad", "The soup was cold.\nTwice.");
    expect(page.url()).toBe(address);
    expect(await page.getByRole("img", { name: "2 stars: bad" }).isVisible()).toBe(true);
    expect(await page.locator("blockquote").innerText()).toBe("The soup was cold.\nTwice.");

    await page.getByText("Change your answer").click();
    expect(await page.getByLabel("Your words").inputValue()).toBe("The soup was cold.\nTwice.");
    await answer(page, "5 stars: very good");
    expect(await figuresOf(campaignId)).toEqual({ opened: 1, rated: 1, clicked: 0, distribution: [0, 0, 0, 0, 1] });

    await page.route(`${REVIEWS}*`, (route) => route.fulfill({ contentType: "text/html", body: "<h1>Reviews</h1>" }));
    await page.getByRole("button", { name: "Review on Corner Reviews" }).click();
    await page.waitForURL(REVIEWS);
    expect(await figuresOf(campaignId)).toMatchObject({ opened: 1, rated: 1, clicked: 1 });
    await page.goto(address);
    await page.getByRole("link", { name: "No more messages from Corner Café" }).click();
    await page.getByRole("button", { name: /^Unsubscribe/ }).waitFor();
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "with a keyboard alone; that the page was seen is reported once, and a program's look is none",
  async () => {
    const { address, campaignId } = await aCustomer();
    const scanner = await openPageIn(browser, address, { userAgent: "Mozilla/5.0 (compatible; LinkScan/2.0)" });
    await scanner.page.waitForLoadState("networkidle");
    expect(await figuresOf(campaignId)).toMatchObject({ opened: 0 });

    const { page, wrong } = await visit(address);
    const reported = page.waitForResponse((response) => response.url() === `${address}/opened`);
    await page.reload();
    expect((await reported).status()).toBe(204);
    expect(await figuresOf(campaignId)).toMatchObject({ opened: 1, rated: 0 });

    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    const outline = `getComputedStyle(document.querySelector("input:focus-visible + svg")).outlineStyle`;
    expect(await page.evaluate(outline)).toBe("solid");
    await page.keyboard.press("Tab");
    await page.keyboard.type("Fine.");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Thank you for your answer." }).waitFor();
    expect(await figuresOf(campaignId)).toMatchObject({ opened: 1, rated: 1, distribution: [0, 0, 1, 0, 0] });
    expect(wrong).toEqual([]);
    await page.context().close();
    await scanner.page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "no barriers in light and dark, asking and thanking, in any language; on a phone nothing is cut off or too small to touch",
  async () => {
    for (const [locale, stars, words, send] of [
      ["en-GB", "3 stars: all right", "Your words", "Send answer"],
      ["de-DE", "3 Sterne: in Ordnung", "Ihre Worte", "Antwort absenden"],
      ["fr-FR", "3 étoiles : correct", "Vos mots", "Envoyer la réponse"],
    ] as const) {
      const { address } = await aCustomer();
      const { page, wrong } = await visit(address, { viewport: PHONE, locale });
      expect(await page.locator("html").getAttribute("lang")).toBe(locale.slice(0, 2));
      expect(await barriers(page)).toEqual([]);
      const fits = () => page.evaluate(`document.documentElement.scrollWidth <= innerWidth`);
      expect(await fits()).toBe(true);
      for (const radio of await page.getByRole("radio").all()) {
        const { width, height } = (await radio.boundingBox())!;
        expect(Math.min(width, height)).toBeGreaterThanOrEqual(44);
      }
      await page.getByRole("radio", { name: stars }).check();
      await page.getByLabel(words).fill("Donaudampfschifffahrtsgesellschaftskapitänsmütze".repeat(3));
      await page.getByRole("button", { name: send }).click();
      await page.locator("blockquote").waitFor();
      await page.locator("summary").click();
      expect(await barriers(page)).toEqual([]);
      expect(await fits()).toBe(true);
      expect(wrong).toEqual([]);
      await page.context().close();
    }
  },
  TIMEOUT_MS,
);

test(
  "whoever watches sees an answer within a second",
  async () => {
    const { address, campaignId, id } = await aCustomer();
    const watched = program.door.subscribe(
      `subscription ($id: ID) { responseReceived(campaignId: $id) { isNew response { id rating comment } } }`,
      { id: campaignId },
    );
    const { page } = await visit(address);
    await answer(page, "1 star: very bad", "No.");
    const answeredAt = performance.now();
    const { responseReceived } = await watched.until(() => true, 5_000);
    expect(performance.now() - answeredAt).toBeLessThan(1_000);
    expect(responseReceived).toEqual({ isNew: true, response: { id, rating: 1, comment: "No." } });
    watched.stop();
    await page.context().close();
  },
  TIMEOUT_MS,
);

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser, BrowserContext, BrowserContextOptions } from "playwright-core";
import { SAMPLE_WORKSPACE_ID } from "../accounts/workspace.store.ts";
import { personalToken } from "../recipients/personal-link.ts";
import { eventually } from "./app.ts";
import { aCampaign } from "./campaigns.ts";
import { barriers, DESK, launchChromium, openPageIn, PHONE } from "./chromium.ts";
import { type Ledger, openLedgerOn } from "./ledger.ts";
import { freePort, type Program, startProgram } from "./program.ts";
import { freshDatabase, freshRedis } from "./services.ts";

/** What a business sees of its customers' answers, in headless Chromium: answers are posted as customers post them. */

const TIMEOUT_MS = 180_000;

let database: Awaited<ReturnType<typeof freshDatabase>>;
let ledger: Ledger;
let program: Program;
let browser: Browser;
let secret: Buffer;
let signedIn: Awaited<ReturnType<BrowserContext["storageState"]>>;

beforeAll(async () => {
  database = await freshDatabase();
  const { url: redisUrl } = await freshRedis();
  program = await startProgram({ DATABASE_URL: database.url, REDIS_URL: redisUrl, PORT: String(await freePort()) });
  ledger = await openLedgerOn(database.url);
  const [workspace] = await ledger.owner.query<{ message_secret: Buffer }>(
    `SELECT message_secret FROM workspace WHERE id = $1`,
    [SAMPLE_WORKSPACE_ID],
  );
  secret = workspace!.message_secret;
  browser = await launchChromium();
  const { page } = await openPageIn(browser, program.address);
  signedIn = await page.context().storageState();
  await page.context().close();
}, TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  await ledger?.drop();
  const code = await program?.stop();
  await database?.drop();
  expect(code).toBe(0);
}, TIMEOUT_MS);

const open = (path: string, options: BrowserContextOptions = {}) =>
  openPageIn(browser, program.url + path, { storageState: signedIn, viewport: DESK, ...options });

/** A campaign whose customers were sent to three hours ago, and the way by which each of them answers. */
async function asked(name: string, howMany: number) {
  const id = await aCampaign(ledger.web, { name, recipients: howMany });
  const rows = await ledger.owner.query<{ id: string }>(
    `WITH counted AS (UPDATE campaign SET queued = 0, sent = $2 WHERE id = $1)
     UPDATE recipient SET status = 'sent', sent_at = now() - interval '3 h' WHERE campaign_id = $1 RETURNING id`,
    [id, howMany],
  );
  const answer = async (customer: number, rating: number, comment = "") => {
    const { status } = await fetch(`${program.url}/r/${personalToken(secret, rows[customer]!.id, "respond")}`, {
      ...{ method: "POST", redirect: "manual", body: new URLSearchParams({ rating: String(rating), comment }) },
    });
    expect(status).toBe(303);
  };
  return { id, answer, customers: rows.map((row) => row.id) };
}

test(
  "before the first answer the page says how answers come; then they come in one by one, and none moves by itself",
  async () => {
    const { page, wrong } = await open("/");
    await page.getByRole("link", { name: "Responses" }).click();
    await page.getByRole("heading", { name: "No customer has answered yet" }).waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.locator("[data-connection=live]").waitFor();
    const { answer } = await asked("Spring", 4);
    await answer(0, 4, "Friendly, & <b>quick</b>.");
    const rows = page.locator("[data-response]");
    await rows.getByText("Friendly, & <b>quick</b>.").waitFor();
    expect(await rows.innerText()).toMatch(/Unread[\s\S]*after 3 h[\s\S]*customer\.1@example\.com[\s\S]*Spring/);
    expect(await rows.getByRole("img", { name: "4 of 5 stars" }).count()).toBe(1);

    await answer(1, 2);
    await page.getByRole("button", { name: "1 new" }).waitFor({ timeout: 1_500 });
    await answer(2, 5, "Best soup in town.");
    await page.getByRole("button", { name: "2 new" }).waitFor();
    // What is shown changes where it stands; the new ones wait.
    await answer(0, 1, "On second thoughts, no.");
    await rows.getByText("On second thoughts, no.").waitFor();
    expect(await rows.count()).toBe(1);
    expect(await page.title()).toMatch(/^2 new – Responses/);
    await page.keyboard.press(".");
    await rows.nth(2).waitFor();
    expect(await rows.first().innerText()).toContain("Best soup in town.");
    expect(await page.getByRole("button", { name: /new$/ }).count()).toBe(0);
    expect(wrong).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "filters stand in the address and survive a reload; what does not fit stays out; an empty one leads back to all",
  async () => {
    const { id, answer } = await asked("Filtered", 4);
    await answer(0, 5, "Fine.");
    await answer(1, 1);
    const { page, wrong } = await open("/responses");
    await page.locator("[data-connection=live]").waitFor();
    await page.getByLabel("Campaign").selectOption({ label: "Filtered" });
    const rows = page.locator("[data-response]");
    const file = page.getByRole("link", { name: "Download as CSV" });
    expect(await file.getAttribute("href")).toMatch(/^\/exports\/responses\.csv/);
    const isLeft = async (...addresses: string[]) => {
      await eventually(async () => (await rows.count()) === addresses.length);
      for (const address of addresses) expect(await rows.getByText(address).count()).toBe(1);
    };
    await isLeft("customer.1@", "customer.2@");
    await page.getByRole("link", { name: "1 of 5 stars" }).click();
    await isLeft("customer.2@");
    await page.getByRole("link", { name: "5 of 5 stars" }).click();
    await isLeft("customer.1@", "customer.2@");
    await page.getByRole("link", { name: "With comment" }).click();
    await page.getByRole("link", { name: "Unread" }).click();
    // The list alone does not say so: the comment left one answer already.
    await page.waitForURL(({ searchParams: asked }) => asked.has("comment") && asked.has("unread"));
    await page.reload();
    await isLeft("customer.1@");
    const query = new URL(page.url()).searchParams;
    expect(query.getAll("stars")).toEqual(["1", "5"]);
    expect([query.get("campaign"), query.get("comment"), query.get("unread")]).toEqual([id, "yes", "yes"]);

    await page.locator("[data-connection=live]").waitFor();
    await answer(2, 5);
    await answer(3, 1, "Cold.");
    await page.getByRole("button", { name: "1 new" }).click();
    await isLeft("customer.1@", "customer.4@");
    await page.getByRole("button", { name: "Mark all shown as read" }).click();
    await page.getByText("Unread", { exact: true }).nth(1).waitFor({ state: "detached" });
    await page.reload();
    await page.getByText("No answer fits this filter.").waitFor();
    await page.getByRole("link", { name: "Show all" }).click();
    await page.waitForURL(`${program.url}/responses`);
    expect(wrong).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "with the keyboard an answer is found, opened, which marks it as read, marked as unread, and closed; others stay",
  async () => {
    const { id, answer } = await asked("By keyboard", 2);
    await answer(0, 3);
    await answer(1, 4, "Line one.\nLine two.");
    const { page, wrong } = await open(`/responses?campaign=${id}`);
    await page.locator("[data-connection=live]").waitFor();
    const second = page.locator("[data-response]").nth(1);
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await page.keyboard.press("Enter");
    const detail = page.locator("[data-detail]");
    await detail.getByRole("button", { name: "Mark as unread" }).waitFor();
    expect(await detail.locator("blockquote").innerText()).toBe("Line one.\nLine two.");
    expect(await second.getByText("Unread").count()).toBe(1);
    await page.keyboard.press("u");
    await detail.getByRole("button", { name: "Mark as read" }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).getByText("Show new answers").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });

    await detail.getByLabel("Looked after by").selectOption({ index: 1 });
    await detail.getByRole("button", { name: "Assign" }).click();
    await page
      .locator("[data-response]")
      .first()
      .getByText(/^Looked after by/)
      .waitFor();
    // Its address opens it again, and that is reading it.
    await page.reload();
    await detail.getByRole("button", { name: "Mark as unread" }).waitFor();
    await page.locator("[data-connection=live]").waitFor();
    await page.keyboard.press("Escape");
    await detail.waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Mine" }).click();
    await eventually(async () => (await page.locator("[data-response]").count()) === 1);
    expect(wrong).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "without JavaScript an answer is opened, marked as read by a button, and a note is written",
  async () => {
    const { id, answer } = await asked("Without script", 1);
    await answer(0, 2, "Slow.");
    const { page } = await open(`/responses?campaign=${id}&unread=yes`, { javaScriptEnabled: false });
    await page.locator("[data-response] a[data-row]").click();
    const detail = page.locator("[data-detail]");
    await detail.getByLabel("Note").fill("Called them, <i>sorted out</i>.");
    await detail.getByRole("button", { name: "Keep the note" }).click();
    expect(await detail.getByLabel("Note").inputValue()).toBe("Called them, <i>sorted out</i>.");
    await page.locator("[data-response]").getByText("Called them, <i>sorted out</i>.").waitFor();
    await detail.getByLabel("Note").fill("x".repeat(2_001));
    await detail.getByRole("button", { name: "Keep the note" }).click();
    await detail.getByText("A note has at most 2000 characters.").waitFor();
    await detail.getByRole("button", { name: "Mark as read" }).click();
    await page.getByText("No answer fits this filter.").waitFor();
    // What was done is not done again by a reload, and what is open stays open.
    await page.reload();
    await detail.getByRole("button", { name: "Mark as unread" }).waitFor();
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "viewers see answers and notes, and nothing to change",
  async () => {
    const { id, answer } = await asked("For viewers", 1);
    await answer(0, 4, "Nice.");
    const { page: owner } = await open("/settings/members");
    await owner.getByLabel("E-mail").fill("vi@example.com");
    await owner.getByLabel("Role", { exact: true }).selectOption("VIEWER");
    await owner.getByRole("button", { name: "Invite" }).click();
    const { page } = await openPageIn(browser, await owner.locator("[data-secret]").innerText());
    await page.getByLabel("Your name").fill("Vi");
    await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
    await page.getByRole("button", { name: "Join" }).click();
    await page.waitForURL(`${program.url}/`);
    await page.goto(`${program.url}/responses?campaign=${id}`);
    await page.locator("[data-connection=live]").waitFor();
    await page.locator("[data-response] a[data-row]").click();
    const detail = page.locator("[data-detail]");
    await detail.getByText("by nobody").waitFor();
    expect(await page.locator("main form[method=POST]").count()).toBe(0);
    expect(await page.locator("[data-response]").getByText("Unread").count()).toBe(1);
    await Promise.all([owner.context().close(), page.context().close()]);
  },
  TIMEOUT_MS,
);

test(
  "ratings arrive beside the campaign without a reload, stand in its list, and in a recipient's timeline",
  async () => {
    const { id, answer, customers } = await asked("Rated", 4);
    const { page, wrong } = await open(`/campaigns/${id}`);
    await page.locator("[data-connection=live]").waitFor();
    const card = page.getByTestId("ratings");
    expect(await card.count()).toBe(0);
    await answer(0, 5, "Lovely.");
    await card.getByText("5.00").waitFor();
    await answer(1, 2);
    await card.getByText("3.50").waitFor();
    expect(await card.innerText()).toMatch(/Answered\s+2[\s\S]*Conversion\s+50 %/);
    const bars = card.getByRole("list", { name: "How many gave how many stars" }).getByRole("listitem");
    expect((await bars.allInnerTexts()).map((text) => text.replace(/\s+/g, " "))).toEqual([
      ...["5 ★ 1", "4 ★ 0", "3 ★ 0", "2 ★ 1", "1 ★ 0"],
    ]);
    await card.getByRole("button", { name: "Conversion" }).focus();
    await card.getByRole("tooltip").getByText("how many were answered").waitFor();
    for (const viewport of [PHONE, DESK]) {
      await page.setViewportSize(viewport);
      expect(await barriers(page)).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    }

    await page.goto(`${program.url}/campaigns/${id}?recipient=${customers[0]}`);
    const timeline = page.getByRole("list", { name: "Timeline" });
    expect(await timeline.innerText()).toMatch(/Opened the page[\s\S]*Rated 5 after 3 h:[\s\S]*“Lovely.”/);
    await page.goto(program.url);
    const inList = page.locator(`[data-campaign="${id}"]`).getByTestId("ratings");
    expect((await inList.innerText()).replace(/\s+/g, " ")).toMatch(/^2 answers 3\.50 ★, 50 %/);
    expect(await barriers(page)).toEqual([]);
    await inList.getByRole("link", { name: "2 answers" }).click();
    await page.waitForURL(`${program.url}/responses?campaign=${id}`);
    expect(wrong).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test.each([true, false])(
  "colour and review links are set, and what is wrong is said in its line (with JavaScript %p)",
  async (javaScriptEnabled) => {
    const { page } = await open("/settings/workspace", { javaScriptEnabled });
    await page.getByText("Everybody who answered sees all of these").waitFor();
    await page.getByLabel("Colour", { exact: true }).fill("teal");
    await page.getByLabel("Name 1").fill("");
    await page.getByLabel("Address 1").fill("");
    await page.getByLabel("Name 2").fill("Corner Reviews");
    await page.getByLabel("Address 2").fill("http://reviews.example.com");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("A colour is written as # and six hexadecimal digits").waitFor();
    expect(await page.getByLabel("Address 2").getAttribute("aria-invalid")).toBe("true");
    expect(await page.getByLabel("Name 2").inputValue()).toBe("Corner Reviews");
    for (const viewport of javaScriptEnabled ? [DESK, PHONE] : []) {
      await page.setViewportSize(viewport);
      expect(await barriers(page)).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    }
    await page.getByLabel("Colour", { exact: true }).fill("#aa3355");
    if (javaScriptEnabled) expect(await page.getByLabel("Choose the colour").inputValue()).toBe("#aa3355");
    await page.getByLabel("Address 2").fill("https://reviews.example.com");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("The page on which customers answer is changed.").waitFor();
    await page.goto(`${program.url}/settings/workspace`);
    expect(await page.getByLabel("Colour", { exact: true }).inputValue()).toBe("#aa3355");
    // Blank lines are none: it is the first now.
    expect(await page.getByLabel("Address 1").inputValue()).toBe("https://reviews.example.com");
    await page.getByLabel("Colour", { exact: true }).fill("");
    await page.getByLabel("Name 1").fill("");
    await page.getByLabel("Address 1").fill("");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("The page on which customers answer is changed.").waitFor();
    const { data } = await program.door.query("{ workspace { color reviewLinks { url } } }");
    expect(data.workspace).toEqual({ color: null, reviewLinks: [] });
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "has no barriers and no sideways scrolling, in light and in dark, on a desk and on a phone",
  async () => {
    const { id, answer } = await asked(`Long${"er than it should be ".repeat(6)}`, 30);
    for (let customer = 0; customer < 30; customer += 1)
      await answer(customer, (customer % 5) + 1, customer % 2 ? "Wort".repeat(60) : "");
    const { page, wrong } = await open(`/responses?campaign=${id}`);
    const opened = (await page.locator("[data-response] a[data-row]").nth(1).getAttribute("href"))!;
    const older = (await page.getByRole("link", { name: "Older" }).getAttribute("href"))!;
    for (const path of [`/responses?campaign=${id}`, `/responses${older}`, opened]) {
      await page.goto(program.url + path);
      await page.locator("[data-response]").first().waitFor();
      for (const viewport of [DESK, PHONE]) {
        await page.setViewportSize(viewport);
        expect(await barriers(page)).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
      }
    }
    expect(wrong).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

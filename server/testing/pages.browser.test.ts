import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { barriers, launchChromium, openPageIn } from "./chromium.ts";
import { freePort, type Program, startProgram } from "./program.ts";
import { freshDatabase, freshRedis } from "./services.ts";

/**
 * The built program and its pages in headless Chromium, as a person uses them. What runs inside the page is given
 * as text: the tests are compiled without a browser's types.
 */

const TIMEOUT_MS = 180_000;

let database: Awaited<ReturnType<typeof freshDatabase>>;
let program: Program;
let secondWeb: Program;
let browser: Browser;
/** What the browser keeps once the owner came in by the link of the first start. */
let signedIn: Awaited<ReturnType<BrowserContext["storageState"]>>;

beforeAll(async () => {
  database = await freshDatabase();
  const { url: redisUrl } = await freshRedis();
  const services = { DATABASE_URL: database.url, REDIS_URL: redisUrl };
  program = await startProgram({ ...services, PORT: String(await freePort()) });
  secondWeb = await startProgram({ ...services, SAMPLE: "false", PORT: String(await freePort()) }, ["--roles=web"]);
  browser = await launchChromium();
  const first = await browser.newContext();
  await (await first.newPage()).goto(program.address);
  signedIn = await first.storageState();
  await first.close();
}, TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  const codes = [await program?.stop(), await secondWeb?.stop()];
  await database?.drop();
  expect(codes).toEqual([0, 0]);
}, TIMEOUT_MS);

const openPage = (path: string) => openPageIn(browser, program.url + path, { storageState: signedIn });

async function createThroughForm(page: Page, { recipients, delayMs }: { recipients: number; delayMs: number }) {
  await page.getByLabel("Campaign name").fill("Seen in a browser");
  await page.getByLabel("Made-up customers").check();
  await page.getByLabel("How many").fill(String(recipients));
  await page.getByText("Simulator", { exact: true }).click();
  await page.getByLabel("Time of one send").fill(String(delayMs));
  await page.getByLabel("Deferred").fill("1");
  await page.getByLabel("Refused").fill("2");
  await page.getByRole("button", { name: "Create campaign" }).click();
  await page.waitForURL(/\/campaigns\/[0-9a-f-]{36}/);
  return /[0-9a-f-]{36}/.exec(page.url())![0];
}

describe("a campaign in the browser", () => {
  test(
    "is created in the form, dispatched by the button, and seen to its end without a reload",
    async () => {
      const { page, wrong } = await openPage("/campaigns/new");
      const id = await createThroughForm(page, { recipients: 600, delayMs: 300 });
      const bar = page.getByRole("progressbar", { name: "Recipients settled" });
      expect(await bar.getAttribute("aria-valuenow")).toBe("0");
      expect(await page.locator("[data-status=QUEUED]").count()).toBeGreaterThan(10);
      await page.locator("[data-connection=live]").waitFor();

      // Whoever watches through another web process sees the same.
      const elsewhere = secondWeb.door.subscribe(
        `subscription ($id: ID!) { campaignProgress(campaignId: $id) { status percent sent failed total } }`,
        { id },
      );
      await elsewhere.until(({ campaignProgress: p }) => p.status === "PENDING");

      await page.evaluate(`{
        window.neverReloaded = true;
        window.seen = [];
        const bar = document.querySelector("[role=progressbar]");
        new MutationObserver(() => seen.push(Number(bar.getAttribute("aria-valuenow"))))
          .observe(bar, { attributeFilter: ["aria-valuenow"] });
      }`);
      await page.getByRole("button", { name: "Dispatch" }).click();
      await page.locator("[data-status=SENT]").first().waitFor();
      await page.locator("[role=progressbar][aria-valuenow='100']").waitFor({ timeout: TIMEOUT_MS });
      await page
        .getByTestId("state")
        .getByText(/^Completed/)
        .waitFor();

      expect(await page.evaluate("window.neverReloaded")).toBe(true);
      const seen = await page.evaluate<number[]>("window.seen");
      expect(seen.at(-1)).toBe(100);
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      expect(new Set(seen).size).toBeGreaterThan(3);
      // Rows are told on a subscription of their own: they may come a moment after the bar.
      await page.locator("[data-status=QUEUED]").first().waitFor({ state: "detached" });

      const { campaignProgress: end } = await elsewhere.until(({ campaignProgress: p }) => p.status === "COMPLETED");
      elsewhere.stop();
      expect(end).toMatchObject({ percent: 100, total: 600, sent: 600 - end.failed });
      const failures = page.getByTestId("state").getByText(`${end.failed} failure`);
      expect(await failures.count()).toBe(end.failed > 0 ? 1 : 0);
      expect(wrong).toEqual([]);
      await page.close();
    },
    TIMEOUT_MS + 30_000,
  );

  test(
    "is paused and resumed by the button, and nobody is left out",
    async () => {
      const { page, wrong } = await openPage("/campaigns/new");
      await createThroughForm(page, { recipients: 800, delayMs: 500 });
      await page.getByRole("button", { name: "Dispatch" }).click();
      await page.locator("[data-status=SENT]").first().waitFor();
      await page.getByRole("button", { name: "Pause" }).click();
      await page
        .getByTestId("state")
        .getByText(/^Paused/)
        .waitFor();
      await page.getByRole("button", { name: "Resume" }).click();
      await page.locator("[role=progressbar][aria-valuenow='100']").waitFor({ timeout: TIMEOUT_MS });
      expect(wrong).toEqual([]);
      await page.close();
    },
    TIMEOUT_MS + 30_000,
  );

  test(
    "is previewed by the server while it is written: for each customer, as text and as HTML that can do nothing",
    async () => {
      const { page, wrong } = await openPage("/campaigns/new");
      const preview = page.getByRole("region", { name: "Preview", exact: true });
      await page.getByLabel("Customers", { exact: true }).fill("Ada Amber, ada@example.com\nbo@example.com");
      await page.getByRole("textbox", { name: "Text", exact: true }).fill(`Dear {{ name | upcase }},\n{{ link }}`);
      await preview.getByText("Dear ADA AMBER,").waitFor();
      await preview.getByText("1 of 2 lacks it").waitFor();
      await preview.getByRole("button", { name: "Next customer" }).click();
      await preview.getByText("Would not be written to").waitFor();
      await preview.getByRole("button", { name: "Previous customer" }).click();

      await page.getByText("HTML part", { exact: true }).click();
      const html = `<p>Hi <b>{{ first_name }}</b></p><script>top.document.title = "taken over"</script>`;
      await page.getByRole("textbox", { name: "HTML", exact: true }).fill(html);
      await preview.getByRole("tab", { name: "HTML" }).click();
      await preview.frameLocator("iframe").getByText("Ada", { exact: true }).waitFor();
      expect(await page.title()).not.toBe("taken over");

      await page.getByRole("textbox", { name: "Text", exact: true }).fill("one\ntwo {% for a in b %} three");
      await preview.getByText("Line 2, column 5").waitFor();
      await preview.getByRole("button", { name: "Go there" }).click();
      expect(await page.evaluate("getSelection().toString()")).toBe("{% for a in b %}");
      await page.getByLabel("Campaign name").fill("Refused");
      await page.getByRole("button", { name: "Create campaign" }).click();
      await page.locator("#body-problem", { hasText: "Line 2, column 5" }).waitFor();
      expect(wrong.filter((what) => !what.includes("frame is sandboxed"))).toEqual([]);
      await page.close();
    },
    TIMEOUT_MS,
  );

  test("that is not there is said in words", async () => {
    const { page } = await openPage("/campaigns/00000000-0000-7000-8000-00000000dead");
    expect(await page.getByRole("heading", { level: 1 }).count()).toBe(1);
    expect(await page.locator("body").innerText()).not.toMatch(/stack|undefined|Error:/);
    await page.close();
  });
});

describe("in light colours and in dark ones, axe-core finds nothing wrong with", () => {
  let live: string;
  beforeAll(async () => {
    const { door } = program;
    const made = await door.query(
      `mutation { createCampaign(input: { name: "Looked at", simulation: { delayMs: 100, permanentFailureShare: 0.2 } }) { campaign { id } } }`,
    );
    const id = String(made.data.createCampaign.campaign.id);
    const recipients = Array.from({ length: 60 }, (_, i) => ({ name: `Customer ${i}`, email: `c${i}@example.com` }));
    await door.query(`mutation ($input: AddRecipientsInput!) { addRecipients(input: $input) { added } }`, {
      input: { campaignId: id, recipients },
    });
    await door.query(`mutation ($id: ID!) { dispatchCampaign(input: { campaignId: $id }) { campaign { id } } }`, {
      id,
    });
    live = `/campaigns/${id}`;
  }, TIMEOUT_MS);

  test.each(["the list", "creating", "the live page", "an open row"])(
    "%s",
    async (what) => {
      const path = { "the list": "/", creating: "/campaigns/new", "the live page": live, "an open row": live }[what]!;
      const { page, wrong } = await openPage(path);
      if (path === live) await page.locator("[data-connection=live]").waitFor();
      if (what === "an open row") {
        await page.locator("a[data-row]").first().click();
        await page.waitForURL(/\?/);
      }
      expect(await barriers(page)).toEqual([]);
      expect(wrong).toEqual([]);
      await page.close();
    },
    TIMEOUT_MS,
  );
});

test(
  "GraphiQL is served with everything it needs, and asks nobody else",
  async () => {
    const { page, wrong } = await openPage("/graphiql");
    await page.locator(".graphiql-container").waitFor({ timeout: 60_000 });
    await page.getByRole("button", { name: /execute/i }).waitFor();
    expect(wrong.filter((what) => what.startsWith("request"))).toEqual([]);
    await page.close();
  },
  TIMEOUT_MS,
);

test("a page is kept by no cache and says its encoding, its scripts are kept for ever, and TRACE is not answered", async () => {
  const page = await fetch(`${program.url}/sign-in`);
  expect(page.headers.get("cache-control")).toBe("private, no-store");
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  const script = /\/_app\/immutable\/[\w./-]+\.js/.exec(await page.text())![0];
  expect((await fetch(program.url + script)).headers.get("cache-control")).toContain("immutable");
  const status = await new Promise((resolve, reject) => {
    const headers = { origin: program.url };
    httpRequest(`${program.url}/sign-in`, { method: "TRACE", headers }, ({ statusCode }) => resolve(statusCode))
      .on("error", reject)
      .end();
  });
  expect(status).toBe(400);
});

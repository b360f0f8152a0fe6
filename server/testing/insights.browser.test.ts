import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { DateTime } from "luxon";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { SAMPLE_WORKSPACE_ID } from "../accounts/workspace.store.ts";
import { eventually } from "./app.ts";
import { aCampaign } from "./campaigns.ts";
import { barriers, DESK, launchChromium, openPageIn, PHONE } from "./chromium.ts";
import { type Ledger, openLedgerOn } from "./ledger.ts";
import { freePort, type Program, startProgram } from "./program.ts";
import { rollUpByHand } from "./rollups.ts";
import { freshDatabase, freshRedis } from "./services.ts";

/** What campaigns were worth, in headless Chromium; the figures shown are compared with those of the API. */

const TIMEOUT_MS = 180_000;
const ZONE = "Europe/Berlin";

let database: Awaited<ReturnType<typeof freshDatabase>>;
let ledger: Ledger;
let program: Program;
let browser: Browser;
let signedIn: Awaited<ReturnType<BrowserContext["storageState"]>>;
/** Today there begins; a test that runs over midnight must not look at another day. */
let today: DateTime;

beforeAll(async () => {
  database = await freshDatabase();
  const { url: redisUrl } = await freshRedis();
  program = await startProgram({ DATABASE_URL: database.url, REDIS_URL: redisUrl, PORT: String(await freePort()) });
  ledger = await openLedgerOn(database.url);
  await program.door.query(
    `mutation ($zone: String!) { updateWorkspace(input: { timeZone: $zone }) { userErrors { message } } }`,
    { zone: ZONE },
  );
  browser = await launchChromium();
  const { page } = await openPageIn(browser, program.address);
  signedIn = await page.context().storageState();
  await page.context().close();
  today = DateTime.now().setZone(ZONE).startOf("day");
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

interface Customer {
  /** So many days ago the message went out, at noon. */
  daysAgo: number;
  rating?: number;
  comment?: string;
  /** From the sending to the answer. */
  hours?: number;
  failed?: string;
}

/** A campaign with these customers, as if it had been sent and answered then. */
async function told(name: string, customers: Customer[]): Promise<string> {
  const id = await aCampaign(ledger.web, { name, recipients: customers.length });
  const rows = customers.map(({ daysAgo, rating, comment, hours = 2, failed }, i) => {
    const sentAt = today.minus({ days: daysAgo }).set({ hour: 12 });
    return {
      ...{ position: i + 1, sentAt: sentAt.toISO(), answeredAt: sentAt.plus({ hours }).toISO() },
      ...{ seconds: hours * 3_600, rating, comment, failed },
    };
  });
  await ledger.owner.query(
    `WITH told AS (
       SELECT * FROM jsonb_to_recordset($2::jsonb) AS t (position int, "sentAt" timestamptz, "answeredAt" timestamptz,
         rating int, comment text, seconds int, failed text)
     ), counted AS (
       UPDATE campaign SET queued = 0, sent = (SELECT count(*) FROM told WHERE failed IS NULL),
         failed = (SELECT count(failed) FROM told) WHERE id = $1
     ), moved AS (
       UPDATE recipient r SET status = CASE WHEN failed IS NULL THEN 'sent' ELSE 'failed' END, reason = failed,
         sent_at = CASE WHEN failed IS NULL THEN "sentAt" END, activity_at = "sentAt"
       FROM told WHERE r.campaign_id = $1 AND r.position = told.position RETURNING r.id, r.position
     ), opened AS (
       INSERT INTO visit (recipient_id, workspace_id, campaign_id, asked_at, opened_at)
       SELECT moved.id, $3, $1, "sentAt", "answeredAt" FROM moved JOIN told USING (position) WHERE rating IS NOT NULL
     )
     INSERT INTO response (recipient_id, workspace_id, campaign_id, asked_at, answered_at, response_seconds, rating, comment)
     SELECT moved.id, $3, $1, "sentAt", "answeredAt", seconds, rating, comment
     FROM moved JOIN told USING (position) WHERE rating IS NOT NULL`,
    [id, JSON.stringify(rows), SAMPLE_WORKSPACE_ID],
  );
  await rollUpByHand(ledger.owner, id);
  return id;
}

const many = (howMany: number, customer: Customer): Customer[] => Array.from({ length: howMany }, () => customer);

const INSIGHTS = `query ($from: DateTimeISO!, $to: DateTimeISO!, $ids: [ID!]) {
  insights(range: { from: $from, to: $to }, campaignIds: $ids) {
    funnel { sent opened rated commented } conversionRate averageRating medianResponseTimeSeconds
    averageResponseTimeSeconds distribution failures { words count }
    overTime { start funnel { sent } conversionRate answered averageRating }
    campaigns { campaign { name } funnel { sent rated } conversionRate averageRating }
    bestCampaign { campaign { name } } worstCampaign { campaign { name } }
    previous { funnel { sent rated } conversionRate averageRating }
  }
}`;

/** What the API tells of the last so many days, today among them. */
async function inApi(days: number, ids: string[] | null = null) {
  const range = { from: today.minus({ days: days - 1 }).toISO(), to: today.plus({ days: 1 }).toISO() };
  const { data, errors } = await program.door.query(INSIGHTS, { ...range, ids });
  expect(errors).toBeUndefined();
  return data.insights;
}

const share = (value: number) => `${Number((value * 100).toFixed(1))} %`;
const figure = (page: Page, label: string) => page.locator(`[data-figure="${label}"]`);
const conversion = (page: Page) => figure(page, "Conversion").locator("p").first().innerText();

/** The rows of a table, cell by cell. */
const cells = (page: Page, card: string) =>
  page
    .getByTestId(card)
    .locator("tbody tr")
    .evaluateAll((rows) =>
      (rows as unknown as { cells: Iterable<{ textContent: string }> }[]).map((row) =>
        [...row.cells].map((cell) => cell.textContent.trim()),
      ),
    );

let spring = "";

test(
  "before anything was sent the page says what to do",
  async () => {
    const { page, wrong } = await open("/");
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Insights" }).click();
    await page.getByRole("heading", { name: "Nothing was sent from" }).waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole("link", { name: "Show the last 365 days" }).click();
    await page.waitForURL("**/insights?days=365");
    await page.getByRole("link", { name: "To the campaigns" }).click();
    await page.getByRole("heading", { name: "Campaigns" }).waitFor();
    expect(wrong).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "the figures are those of the API, beside the period before, and each says what it counts",
  async () => {
    spring = await told("Spring <b>follow-up</b>", [
      ...many(12, { daysAgo: 3, rating: 5, comment: "Good." }),
      ...many(12, { daysAgo: 5, rating: 4, hours: 50 }),
      ...many(16, { daysAgo: 5 }),
      ...many(4, { daysAgo: 4, failed: "mailbox_unknown" }),
    ]);
    await told("Autumn", [...many(6, { daysAgo: 9, rating: 2 }), ...many(24, { daysAgo: 9 })]);
    await told("Last year's", [...many(10, { daysAgo: 35, rating: 3 }), ...many(10, { daysAgo: 35 })]);
    const api = await inApi(30);
    expect(api.funnel).toEqual({ sent: 70, opened: 30, rated: 30, commented: 12 });

    const { page, wrong } = await open("/insights");
    expect(await figure(page, "Conversion").innerText()).toContain(share(api.conversionRate));
    expect(await figure(page, "Conversion").innerText()).toMatch(
      new RegExp(`before ${share(api.previous.conversionRate)}\\s+down 7.1 points`),
    );
    expect(await figure(page, "Average rating").innerText()).toContain(api.averageRating.toFixed(2));
    expect(await figure(page, "Average rating").innerText()).toMatch(/before 3.00\s+up 1.00/);
    expect([api.medianResponseTimeSeconds, api.averageResponseTimeSeconds]).toEqual([7_200, 76_320]);
    expect(await figure(page, "Median response time").innerText()).toMatch(/2 h\s+before 2 h\s+no change/);
    expect(await figure(page, "Average response time").innerText()).toMatch(
      /21 h 12 min\s+before 2 h\s+19 h 12 min slower/,
    );

    const items = (card: string) => page.getByTestId(card).locator("li").allInnerTexts();
    const plain = (texts: string[]) => texts.map((text) => text.replace(/\s+/g, " ").trim());
    expect(plain(await items("funnel"))).toEqual([
      `Sent ${api.funnel.sent} before ${api.previous.funnel.sent}`,
      `Opened the page ${api.funnel.opened}, 42.9 % before 10`,
      `Rated ${api.funnel.rated}, 42.9 % before ${api.previous.funnel.rated}`,
      `Left a comment ${api.funnel.commented}, 17.1 % before 0`,
    ]);
    expect(plain(await items("distribution"))).toEqual(
      ["40 %", "40 %", "0 %", "20 %", "0 %"].map((part, i) => `${5 - i} ★ ${api.distribution[4 - i]}, ${part}`),
    );
    expect(plain(await items("failures"))).toEqual([expect.stringMatching(`^${api.failures[0].words} 4 `)]);
    expect(await page.getByTestId("best-and-worst").innerText()).toMatch(
      /Highest conversion\s+Spring <b>follow-up<\/b>\s+60 %\s+24 answers to 40 messages, 4\.50 stars[^]*Lowest conversion\s+Autumn\s+20 %/,
    );
    expect(await cells(page, "campaigns")).toEqual([
      ["Spring <b>follow-up</b>", "40", "24", "60 %", "4.50"],
      ["Autumn", "30", "6", "20 %", "2.00"],
    ]);

    // Behind the charts.
    const steps: { conversionRate: number | null; averageRating: number | null; answered: number }[] = api.overTime;
    const day = (i: number) =>
      today
        .minus({ days: 29 - i })
        .setLocale("en-GB")
        .toFormat("d LLL yyyy");
    expect(await cells(page, "sending")).toEqual(
      api.overTime.map((step: { funnel: { sent: number }; conversionRate: number | null }, i: number) => [
        ...[expect.stringContaining(day(i).slice(0, 5)), String(step.funnel.sent)],
        step.conversionRate === null ? "–" : share(step.conversionRate),
      ]),
    );
    expect((await cells(page, "answers")).map((row) => row.slice(1))).toEqual(
      steps.map(({ answered, averageRating }) => [String(answered), averageRating?.toFixed(2) ?? "–"]),
    );
    const summary = page.getByTestId("sending").getByRole("img");
    expect(await summary.getAttribute("aria-label")).toMatch(
      /: 70 messages sent; at most 30 \(.*; conversion 20 % to 100 %$/,
    );

    for (const details of await page.locator("details", { hasText: "What this counts" }).all()) {
      await details.locator("summary").click();
      expect(await details.locator("p").isVisible()).toBe(true);
    }
    for (const table of await page.getByText("Show as a table").all()) await table.click();
    expect(await barriers(page)).toEqual([]);
    await page.getByTestId("campaigns").getByRole("link", { name: "Spring" }).click();
    await page.waitForURL(`**/campaigns/${spring}`);
    expect(wrong).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test.each([true, false])(
  "period and campaign are chosen, stand in the address, and go with each other; JavaScript: %s",
  async (javaScriptEnabled) => {
    const { page, wrong } = await open("/insights", { javaScriptEnabled });
    const chosen = page.getByRole("navigation", { name: "Period" }).locator("[aria-current]");
    expect(await chosen.innerText()).toBe("30 days");
    await page.getByRole("link", { name: "7 days" }).click();
    await page.waitForURL("**/insights?days=7");
    await page.locator("[aria-current]", { hasText: "7 days" }).waitFor();
    expect(await conversion(page)).toBe("60 %");
    await page.getByRole("link", { name: "90 days" }).click();
    await page.waitForURL("**/insights?days=90");
    await eventually(async () => (await conversion(page)) === share((await inApi(90)).conversionRate));

    await page.getByLabel("Campaign", { exact: true }).selectOption({ label: "Autumn" });
    if (!javaScriptEnabled) await page.getByRole("button", { name: "Show", exact: true }).last().click();
    await page.waitForURL(/insights\?days=90&campaign=/);
    await eventually(async () => (await conversion(page)) === "20 %");
    const ofCampaign = new URL(page.url()).searchParams.get("campaign")!;
    const linesOfFile = async () => {
      const file = page.getByRole("link", { name: "Export the period's responses (CSV)" });
      const exported = await page.request.get(program.url + (await file.getAttribute("href"))!);
      return (await exported.text()).trim().split("\n").length;
    };
    expect(await linesOfFile()).toBe(1 + 6);

    const [from, to] = [today.minus({ days: 9 }).toISODate()!, today.minus({ days: 9 }).toISODate()!];
    await page.getByLabel("From", { exact: true }).fill(from);
    await page.getByLabel("to", { exact: true }).fill(to);
    await page.getByRole("button", { name: "Show", exact: true }).first().click();
    await page.waitForURL(`**/insights?campaign=${ofCampaign}&from=${from}&to=${to}`);
    await page.getByTestId("sending").getByText("Hour from").waitFor({ state: "attached" });
    expect(await page.getByTestId("funnel").locator("li").first().innerText()).toMatch(/Sent\s+30/);
    expect(await chosen.count()).toBe(0);
    const answered = await page.getByTestId("answers").locator("tbody tr td:nth-child(2)").allTextContents();
    expect(await linesOfFile()).toBe(1 + answered.reduce((sum, text) => sum + Number(text), 0));
    await page.getByTestId("sending").getByText("Show as a table").click();
    expect(
      await page
        .getByTestId("sending")
        .getByRole("row", { name: /12:00 30 20 %/ })
        .isVisible(),
    ).toBe(true);
    expect(await page.locator("canvas").first().isVisible()).toBe(javaScriptEnabled);

    await page.goto(`${program.url}/insights?from=${to}&to=2020-01-01`);
    expect(await page.getByRole("alert").innerText()).toContain("The last day must not be before the first one.");
    expect(wrong).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "charts are drawn in the page's colours, and what draws them is loaded there alone",
  async () => {
    const { page, wrong } = await open("/", { reducedMotion: "reduce", colorScheme: "light" });
    const loaded: string[] = [];
    page.on("request", (request) => {
      if (request.resourceType() === "script") loaded.push(request.url());
    });
    for (const path of ["/", "/responses", `/campaigns/${spring}`]) {
      await page.goto(program.url + path);
      await page.waitForLoadState("networkidle");
    }
    const elsewhere = [...loaded];
    await page.goto(`${program.url}/insights`);
    const picture = () =>
      page
        .locator("canvas")
        .first()
        .evaluate((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL());
    const blank = `(() => { const c = document.querySelector("canvas"), b = document.createElement("canvas");
      b.width = c.width; b.height = c.height; return b.toDataURL(); })()`;
    const isDrawn = async () => (await picture()) !== (await page.evaluate(blank));
    await eventually(isDrawn);
    const draws = async (scripts: string[]) => {
      const texts = await Promise.all(scripts.map(async (script) => (await page.request.get(script)).text()));
      return texts.some((text) => text.includes("categoryPercentage"));
    };
    expect(elsewhere.length).toBeGreaterThan(0);
    expect(await draws(elsewhere)).toBe(false);
    expect(await draws(loaded.slice(elsewhere.length))).toBe(true);

    const inLight = await picture();
    await page.emulateMedia({ colorScheme: "dark" });
    await eventually(async () => (await picture()) !== inLight && (await isDrawn()));
    const toggle = page.getByRole("button", { name: /^Theme: system/ });
    await toggle.click();
    await eventually(async () => (await picture()) === inLight);
    expect(wrong).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "on a phone the menu leads there, nothing is cut off, and there are no barriers",
  async () => {
    const { page, wrong } = await open("/", { viewport: { ...PHONE, width: 390 } });
    const fits = () => page.evaluate(`document.documentElement.scrollWidth <= innerWidth`);
    expect(await page.getByRole("link", { name: "GraphiQL" }).count()).toBe(0);
    await page.locator("header summary").click();
    expect(await page.locator("header").getByRole("link", { name: "GraphiQL" }).isVisible()).toBe(true);
    await page.locator("header").getByRole("link", { name: "Insights" }).click();
    await page.getByTestId("funnel").waitFor();
    expect(await fits()).toBe(true);
    for (const table of await page.getByText("Show as a table").all()) await table.click();
    expect(await barriers(page)).toEqual([]);
    for (const width of [PHONE.width, 390, 640, 768, 1024, 1400]) {
      await page.setViewportSize({ width, height: 800 });
      expect([width, await fits()]).toEqual([width, true]);
    }
    expect(wrong).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

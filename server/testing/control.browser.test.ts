import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { barriers, DESK, launchChromium, openPageIn, PHONE } from "./chromium.ts";
import { eventually } from "./eventually.ts";
import { freePort, type Program, startProgram } from "./program.ts";
import { freshDatabase, freshRedis } from "./services.ts";

/** A campaign under control, as a person sees it in headless Chromium: limits, failures, timelines, schedules. */

const TIMEOUT_MS = 180_000;

let database: Awaited<ReturnType<typeof freshDatabase>>;
let program: Program;
let browser: Browser;
let signedIn: Awaited<ReturnType<BrowserContext["storageState"]>>;

beforeAll(async () => {
  database = await freshDatabase();
  const { url: redisUrl } = await freshRedis();
  program = await startProgram({ DATABASE_URL: database.url, REDIS_URL: redisUrl, PORT: String(await freePort()) });
  browser = await launchChromium();
  const first = await browser.newContext();
  await (await first.newPage()).goto(program.address);
  signedIn = await first.storageState();
  await first.close();
}, TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  const code = await program?.stop();
  await database?.drop();
  expect(code).toBe(0);
}, TIMEOUT_MS);

const open = (path: string, options: Parameters<Browser["newContext"]>[0] = {}) =>
  openPageIn(browser, program.url + path, { storageState: signedIn, ...options });
const state = (page: Page) => page.getByTestId("state");

/** What the API answers another program. */
async function ask(document: string, variables: Record<string, unknown> = {}) {
  const { data, errors } = await program.door.query(document, variables);
  expect(errors).toBeUndefined();
  return data;
}

/** A campaign of made-up customers, made over the API. */
async function make(recipients: number, input: Record<string, unknown> = {}, mailbox = "ada"): Promise<string> {
  const { createCampaign } = await ask(
    `mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { campaign { id } userErrors { message } } }`,
    { input: { name: "Under control", subject: "How was it?", body: "Hello {{ name }}, {{ link }}", ...input } },
  );
  expect(createCampaign.userErrors).toEqual([]);
  const campaignId = createCampaign.campaign.id as string;
  await ask(`mutation ($input: AddRecipientsInput!) { addRecipients(input: $input) { added } }`, {
    input: {
      campaignId,
      recipients: Array.from({ length: recipients }, (_, index) => ({
        ...{ name: `Ada ${index + 1}`, email: `${mailbox}.${index + 1}@example.com` },
      })),
    },
  });
  return campaignId;
}

const dispatch = (id: string) =>
  ask(`mutation ($id: ID!) { dispatchCampaign(input: { campaignId: $id }) { userErrors { message } } }`, {
    id,
  });

test(
  "a throttle is set while it sends, takes effect at once, and stands in the state, the chart and the estimate",
  async () => {
    const id = await make(900, { simulation: { delayMs: 20, transientFailureShare: 0, permanentFailureShare: 0 } });
    await ask(
      `mutation ($id: ID!) { setThrottle(input: { campaignId: $id, throttle: { messages: 20, per: SECOND } }) { userErrors { message } } }`,
      { id },
    );
    await dispatch(id);
    const { page, wrong } = await open(`/campaigns/${id}`);
    await state(page).getByText("Sending at most 20 a second").waitFor();
    await page.locator("[data-cap='20']").waitFor({ state: "attached" });
    // 900 at 20 a second are 45 s, however many went out in the first one.
    await page
      .getByTestId("eta")
      .getByText(/about (35|40|45|50) s left/)
      .waitFor();

    await page.getByText("How it goes out").click();
    await page.getByRole("spinbutton", { name: "At most" }).fill("3");
    await page.getByLabel("Messages in which time").selectOption("an hour");
    await page.getByRole("button", { name: "Set throttle" }).click();
    await page.getByText("In effect.").waitFor();
    await state(page).getByText("Sending at most 3 an hour").waitFor();
    const { campaign } = await ask(
      `query ($id: ID!) { campaign(id: $id) { throttle { messages per } progress { sent } } }`,
      { id },
    );
    expect(campaign.throttle).toEqual({ messages: 3, per: "HOUR" });

    await page.getByRole("spinbutton", { name: "At most" }).fill("");
    await page.getByRole("button", { name: "Set throttle" }).click();
    await state(page)
      .getByText(/^Completed: all 900 sent/)
      .waitFor({ timeout: 30_000 });
    expect(wrong).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

/** The number above the groups of failures, and what the lines below it come to. */
const FAILED_AND_GROUPED = `(() => {
  const said = (of) => Number(/[\\d,]+/.exec(of?.textContent ?? "0")[0].replaceAll(",", ""));
  const lines = document.querySelectorAll("[data-reason] a[aria-label], [data-reasons-follow]");
  return [said(document.querySelector("#failures-heading")), [...lines].reduce((sum, line) => sum + said(line), 0)];
})()`;

test(
  "failures stand in groups that add up; dead addresses are suppressed, and what may pass is retried alone",
  async () => {
    const id = await make(120, { simulation: { delayMs: 5, transientFailureShare: 0, permanentFailureShare: 0.5 } });
    await dispatch(id);
    const { page, wrong } = await open(`/campaigns/${id}`);
    const isCompleted = async () => /^Completed with \d+ failures$/m.test(await state(page).innerText());
    // Also while it sends, when the reasons come after the figures.
    await eventually(async () => {
      const [shown, grouped] = await page.evaluate<[number, number]>(FAILED_AND_GROUPED);
      expect(grouped).toBe(shown);
      return isCompleted();
    });
    const { campaign } = await ask(
      `query ($id: ID!) { campaign(id: $id) { failures { reason count isTransient } progress { failed sent } } }`,
      { id },
    );
    const failures = campaign.failures as { reason: string; count: number; isTransient: boolean }[];
    expect(failures.reduce((sum, group) => sum + group.count, 0)).toBe(campaign.progress.failed);
    const countOf = (reason: string) => failures.find((group) => group.reason === reason)?.count;
    for (const { reason, count, isTransient } of failures) {
      const group = page.locator(`[data-reason=${reason}]`);
      expect(await group.getByRole("link", { name: /that failed so/ }).innerText()).toBe(String(count));
      expect(await group.getByRole("checkbox").isChecked()).toBe(isTransient);
    }

    // A reason's number leads to just those rows, and the address keeps it.
    await page.locator("[data-reason=REFUSED_AS_SPAM]").getByRole("link", { name: "Show these" }).click();
    await page.waitForURL(/reason=refused_as_spam/);
    await page.reload();
    // Only rows near the window exist; the table says how many there are, its heading among them.
    const rows = await page.getByRole("table", { name: "Recipients" }).getAttribute("aria-rowcount");
    expect(Number(rows) - 1).toBe(countOf("REFUSED_AS_SPAM"));
    expect(await page.locator("[role=row][data-status]").first().innerText()).toContain("554");

    const dead = countOf("MAILBOX_UNKNOWN");
    await page.getByRole("link", { name: `Suppress these ${dead}…` }).click();
    const asking = page.getByRole("dialog", { name: `Suppress ${dead} addresses?` });
    expect(await barriers(page)).toEqual([]);
    await asking.getByRole("button", { name: `Suppress these ${dead}` }).click();
    await page.getByText(`${dead} addresses are suppressed now.`).waitFor();
    const { suppressions } = await ask(`{ suppressions(first: 100) { nodes { address } } }`);
    expect(suppressions.nodes).toHaveLength(dead ?? -1);

    const full = countOf("MAILBOX_FULL") ?? 0;
    await page.getByRole("button", { name: `Retry ${full} failed` }).click();
    const triedTwice = async () => {
      const { campaign: now } = await ask(
        `query ($id: ID!) { campaign(id: $id) {
          status progress { total }
          one: recipients(first: 100) { nodes { attemptCount } pageInfo { endCursor } } } }`,
        { id },
      );
      const { campaign: rest } = await ask(
        `query ($id: ID!, $after: String) { campaign(id: $id) { recipients(first: 100, after: $after) { nodes { attemptCount } } } }`,
        { id, after: now.one.pageInfo.endCursor },
      );
      const all = [...now.one.nodes, ...rest.recipients.nodes] as { attemptCount: number }[];
      expect(all).toHaveLength(now.progress.total);
      return now.status === "COMPLETED" ? all.filter(({ attemptCount }) => attemptCount === 2).length : 0;
    };
    while ((await triedTwice()) === 0) await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await triedTwice()).toBe(full);
    expect(wrong).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "a row is opened by the keyboard to its timeline, with the provider's words, and to the message",
  async () => {
    const id = await make(40, { simulation: { delayMs: 5, transientFailureShare: 0.5, permanentFailureShare: 0.2 } });
    await dispatch(id);
    const { page, wrong } = await open(`/campaigns/${id}?status=failed`);
    await page.locator("[data-connection=live]").waitFor();
    await page
      .getByRole("button", { name: /new$/ })
      .or(page.locator("[role=row][data-status=FAILED]"))
      .first()
      .waitFor();
    await page.reload();
    await page.locator("[role=row][data-status=FAILED]").first().waitFor();
    await page.locator("[data-connection=live]").waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    const detail = page.locator("[data-detail]");
    const last = detail.getByRole("list", { name: "Timeline" }).locator("[data-step=failed]");
    expect(await last.innerText()).toMatch(/Failed, try \d[\s\S]*55\d 5\.\d\.\d The .*\(simulated\)/);
    await detail.getByText("The message, as it would go").click();
    const frame = detail.locator("iframe");
    expect(await frame.getAttribute("sandbox")).toBe("");
    expect(await frame.contentFrame().locator("body").innerText()).toMatch(/Hello Ada \d+, /);
    expect(await barriers(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await detail.waitFor({ state: "detached" });
    // A sandbox that is told to run nothing says so.
    expect(wrong.filter((line) => !line.includes("sandboxed"))).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "a campaign is created with limits and a time to start, taken off the schedule again, and scheduled anew",
  async () => {
    const { page, wrong } = await open("/campaigns/new");
    await page.getByLabel("Made-up customers").check();
    await page.getByLabel("How many").fill("50");
    await page.getByLabel("Campaign name").fill("For December");
    await page.getByLabel("Caught mail").check();
    await page.getByLabel("At a time").check();
    await page.getByRole("button", { name: "Create campaign" }).click();
    await page.getByText("Say at which time it is to start.").waitFor();
    const year = new Date().getUTCFullYear() + 1;
    await page.getByLabel("Day and time").fill(`${year}-12-24T09:00`);
    await page.getByLabel("On a clock in").selectOption("Europe/Berlin");
    await page.getByText("Speed and limits").click();
    await page.getByRole("spinbutton", { name: "At most" }).fill("120");
    await page.getByLabel("Nothing from").fill("21:00");
    await page.getByLabel("until", { exact: true }).fill("09:00");
    await page.getByText("Sun", { exact: true }).click();
    await page.getByLabel("Pause at failures of").fill("20");
    const review = await page.getByTestId("review").innerText();
    expect(review).toContain(
      "caught mail, which stays here, at most 120 a minute; quiet from 21:00 to 09:00, only Mon–Sat",
    );
    expect(review).toContain(`It starts by itself: ${year}-12-24 09:00 Europe/Berlin.`);
    await page.getByRole("button", { name: "Create campaign" }).click();
    await page.waitForURL(/\/campaigns\/[0-9a-f-]{36}/);
    await state(page).getByText(`Starts 24 Dec ${year} 09:00 Europe/Berlin`).waitFor();
    const id = /[0-9a-f-]{36}/.exec(page.url())![0];
    const { campaign } = await ask(
      `query ($id: ID!) { campaign(id: $id) { transportId throttle { messages per } quietHours { from to days zone } pauseAtFailureShare } }`,
      { id },
    );
    expect(campaign).toEqual({
      ...{ transportId: "caught", throttle: { messages: 120, per: "MINUTE" }, pauseAtFailureShare: 0.2 },
      quietHours: { from: "21:00", to: "09:00", days: [1, 2, 3, 4, 5, 6], zone: "WORKSPACE" },
    });
    await page.getByText("How it goes out").click();
    await page.getByRole("button", { name: "Take it off the schedule" }).click();
    await state(page).getByText("Ready to send to 50 recipients").waitFor();
    await page.getByLabel("Day and time").fill(`${year}-01-02T10:30`);
    await page.getByRole("button", { name: "Schedule the start" }).click();
    await state(page).getByText(`Starts 2 Jan ${year} 10:30`).waitFor();
    await page.goto(`${program.url}/?status=scheduled`);
    await page.locator(`[data-campaign="${id}"]`).getByText(`Starts 2 Jan ${year} 10:30`).waitFor();
    expect(wrong).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "without JavaScript limits are set, a start is scheduled and refused with the reason, and cancelling asks",
  async () => {
    const id = await make(30);
    const { page } = await open(`/campaigns/${id}`, { javaScriptEnabled: false });
    await page.getByText("How it goes out").click();
    await page.getByRole("spinbutton", { name: "At most" }).fill("7");
    await page.getByRole("button", { name: "Set throttle" }).click();
    expect(await page.getByTestId("going-out").innerText()).toContain("at most 7 a minute");
    await page.getByText("How it goes out").click();
    await page.getByLabel("Day and time").fill("2020-01-01T09:00");
    await page.getByRole("button", { name: "Schedule the start" }).click();
    expect(await page.getByRole("alert").innerText()).toContain("This time has passed.");
    await page.getByRole("link", { name: "Cancel…" }).click();
    await page.getByRole("heading", { name: "Cancel 30 unsent?" }).waitFor();
    await page.getByRole("button", { name: "Cancel 30 unsent" }).click();
    expect(await state(page).innerText()).toMatch(/^Cancel(led|ling)/);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "cancelling asks with the number, and what was sent stays sent",
  async () => {
    const input = {
      throttle: { messages: 20, per: "SECOND" },
      simulation: { delayMs: 20, transientFailureShare: 0, permanentFailureShare: 0 },
    };
    // Of those in the other campaigns some are suppressed by now, and would be skipped.
    const id = await make(400, input, "never.suppressed");
    await dispatch(id);
    const { page, wrong } = await open(`/campaigns/${id}`);
    await page.locator("[data-status=SENT]").first().waitFor();
    // Before its scripts run the page asks by its address, as it does without any.
    await page.locator("[data-connection=live]").waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await state(page)
      .getByText(/^Paused by/)
      .waitFor();
    await page.getByText(/Resumes with [\d,]+ unsent/).waitFor();
    // What was in flight when it paused settles first.
    const sent = await eventually(async () => {
      const { campaign } = await ask(`query ($id: ID!) { campaign(id: $id) { progress { sent sending } } }`, { id });
      const progress = campaign.progress as { sent: number; sending: number };
      return progress.sending === 0 && progress.sent;
    });
    await page.getByRole("link", { name: "Cancel…" }).click();
    const asking = page.getByRole("dialog", { name: `Cancel ${400 - sent} unsent?` });
    await asking.getByText("What was sent stays sent.").waitFor();
    await asking.getByRole("link", { name: "Keep it" }).click();
    await asking.waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Cancel…" }).click();
    await asking.getByRole("button", { name: `Cancel ${400 - sent} unsent` }).click();
    await state(page)
      .getByText(new RegExp(`^Cancelled by .*: ${sent} sent, ${400 - sent} not$`))
      .waitFor();
    expect(wrong).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "the page's query and subscription are copied, and what was copied answers",
  async () => {
    const id = await make(10);
    const { page, wrong } = await open(`/campaigns/${id}`, { permissions: ["clipboard-read", "clipboard-write"] });
    await page.locator("[data-connection=live]").waitFor();
    const copied = async (name: "Query" | "Subscription") => {
      await page.getByText("Copy as GraphQL").click();
      await page.getByRole("button", { name: new RegExp(`^${name}`) }).click();
      await page.getByText(`The ${name.toLowerCase()} and its variables are copied.`).waitFor();
      const text = await page.evaluate<string>("navigator.clipboard.readText()");
      const json = text.slice(text.indexOf("\n") + 1, text.indexOf("\n\n")).replace(/^# /gm, "");
      return { text, variables: JSON.parse(json) as Record<string, unknown> };
    };
    const query = await copied("Query");
    const answer = await ask(query.text, query.variables);
    expect(answer.campaign).toMatchObject({ id, progress: { total: 10 } });
    const subscription = await copied("Subscription");
    const watching = program.door.subscribe(subscription.text, subscription.variables);
    await watching.until(({ campaignProgress }) => campaignProgress.total === 10);
    watching.stop();
    await page.goto(`${program.url}/campaigns/${id}?status=failed&reason=mailbox_unknown`);
    await page.locator("[data-connection=live]").waitFor();
    const failed = await copied("Query");
    expect(failed.variables).toMatchObject({ campaignId: id, reason: "MAILBOX_UNKNOWN" });
    expect((await ask(failed.text, failed.variables)).campaign).toMatchObject({ id, recipients: { nodes: [] } });
    expect(wrong).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "has no barriers and no sideways scrolling, in light and in dark, on a desk and on a phone",
  async () => {
    const id = await make(60, { simulation: { delayMs: 1, transientFailureShare: 0, permanentFailureShare: 0.4 } });
    await dispatch(id);
    const running = await make(300, { throttle: { messages: 2, per: "SECOND" } });
    await dispatch(running);
    const { page } = await open(`/campaigns/${id}`);
    await state(page)
      .getByText(/^Completed with/)
      .waitFor();
    for (const path of [
      ...[`/campaigns/${id}`, `/campaigns/${id}?confirm=suppress-MAILBOX_UNKNOWN`, `/campaigns/${running}`],
      ...["/campaigns/new", "/"],
    ]) {
      await page.goto(program.url + path);
      await page.evaluate(`document.querySelectorAll("main details").forEach((details) => (details.open = true))`);
      for (const viewport of [DESK, PHONE]) {
        await page.setViewportSize(viewport);
        expect(await barriers(page)).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
      }
    }
    await page.context().close();
    await ask(`mutation ($id: ID!) { cancelCampaign(input: { campaignId: $id }) { userErrors { message } } }`, {
      id: running,
    });
  },
  TIMEOUT_MS,
);

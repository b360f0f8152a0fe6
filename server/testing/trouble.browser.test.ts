import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { Processes } from "./chaos/processes.ts";
import { launchChromium, openPageIn } from "./chromium.ts";
import { freePort, type Program, startProgram } from "./program.ts";
import { freshDatabase, freshRedis } from "./services.ts";
import { openSmtpSink } from "./smtp-sink.ts";

/** What the live page says, in headless Chromium, when something around a campaign is not as it should be. */

const TIMEOUT_MS = 180_000;

let database: Awaited<ReturnType<typeof freshDatabase>>;
let environment: Record<string, string>;
let web: Program;
const workers = new Processes();
let browser: Browser;
let signedIn: Awaited<ReturnType<BrowserContext["storageState"]>>;

beforeAll(async () => {
  database = await freshDatabase();
  const { url: redisUrl } = await freshRedis();
  const services = { DATABASE_URL: database.url, REDIS_URL: redisUrl, LOG_LEVEL: "error" };
  environment = { ...services, SECRET_KEY: randomBytes(32).toString("base64"), PORT: String(await freePort()) };
  web = await startProgram(environment, ["--roles=web"]);
  browser = await launchChromium();
  const first = await browser.newContext();
  await (await first.newPage()).goto(web.address);
  signedIn = await first.storageState();
  await first.close();
}, TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  await workers.endAll();
  const code = await web?.stop();
  await database?.drop();
  expect(code).toBe(0);
}, TIMEOUT_MS);

const startWorker = () =>
  workers.start("dist/server/main.js", { env: environment, ready: /Ready/, args: ["--roles=worker"] });
const open = (id: string) => openPageIn(browser, `${web.url}/campaigns/${id}`, { storageState: signedIn });
const state = (page: Page) => page.getByTestId("state");

async function ask(document: string, variables: Record<string, unknown> = {}) {
  const { data, errors } = await web.door.query(document, variables);
  expect(errors).toBeUndefined();
  return data;
}

/** A campaign that was dispatched just now. */
async function sending(recipients: number, input: Record<string, unknown>): Promise<string> {
  const { createCampaign } = await ask(
    `mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { campaign { id } userErrors { message } } }`,
    { input: { name: "In trouble", subject: "How was it?", body: "Hello {{ name }}, {{ link }}", ...input } },
  );
  expect(createCampaign.userErrors).toEqual([]);
  const campaignId = createCampaign.campaign.id as string;
  const made = Array.from({ length: recipients }, (_, index) => ({
    ...{ name: `Ada ${index + 1}`, email: `ada.${index + 1}@example.com` },
  }));
  await ask(`mutation ($input: AddRecipientsInput!) { addRecipients(input: $input) { added } }`, {
    input: { campaignId, recipients: made },
  });
  await ask(`mutation ($id: ID!) { dispatchCampaign(input: { campaignId: $id }) { userErrors { message } } }`, {
    id: campaignId,
  });
  return campaignId;
}

async function aMailServer(name: string, port: number): Promise<string> {
  const { createTransport } = await ask(
    `mutation ($input: CreateTransportInput!) { createTransport(input: $input) { transport { id } userErrors { message } } }`,
    { input: { name, smtp: { host: "127.0.0.1", port, security: "NONE", from: "shop@example.com" } } },
  );
  expect(createTransport.userErrors).toEqual([]);
  return createTransport.transport.id as string;
}

test(
  "without a worker it says that nothing moves and what to do, until one is there",
  async () => {
    const id = await sending(30, {});
    const { page, wrong } = await open(id);
    const notice = page.getByText("No worker is running, so nothing moves.");
    await notice.waitFor();
    await startWorker();
    await notice.waitFor({ state: "detached" });
    await state(page)
      .getByText(/^Completed/)
      .waitFor({ timeout: 30_000 });
    expect(wrong).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "who could not be confirmed is counted, explained, and sent to again only when somebody says so",
  async () => {
    const sink = await openSmtpSink();
    sink.script(({ phase }) => (phase === "dot" ? { does: "close", taken: true } : undefined));
    const id = await sending(3, { transportId: await aMailServer("Hangs up", sink.port) });
    const { page, wrong } = await open(id);
    await page.getByRole("heading", { name: "3 could not be confirmed" }).waitFor({ timeout: 30_000 });
    await page.getByRole("link", { name: "Send again…" }).click();
    const asking = page.getByRole("dialog", { name: "Send 3 unconfirmed messages again?" });
    await asking.getByText("Whoever got the first message gets a second one.").waitFor();
    expect(sink.log).toHaveLength(3);
    sink.script(null);
    await asking.getByRole("button", { name: "Send 3 again" }).click();
    await state(page).getByText("Completed: all 3 sent").waitFor({ timeout: 30_000 });
    expect(await page.getByText("could not be confirmed").count()).toBe(0);
    expect(sink.log).toHaveLength(6);
    expect(wrong).toEqual([]);
    await page.context().close();
    await sink.close();
  },
  TIMEOUT_MS,
);

test(
  "a mail server that cannot be reached rests, says since what and until when, uses up no try, and goes on by itself",
  async () => {
    const port = await freePort();
    const id = await sending(12, { transportId: await aMailServer("Away", port) });
    const { page, wrong } = await open(id);
    await page.getByText("The transport rests.").waitFor({ timeout: 30_000 });
    await page
      .getByText(/refused|ECONNREFUSED/i)
      .first()
      .waitFor();
    const { campaign } = await ask(
      `query ($id: ID!) { campaign(id: $id) { heldBy { rule until } recipients(first: 12) { nodes { status attemptCount } } } }`,
      { id },
    );
    expect(campaign.heldBy).toMatchObject({ rule: "CIRCUIT", until: expect.any(String) });
    expect(campaign.recipients.nodes).toEqual(Array(12).fill({ status: "QUEUED", attemptCount: 0 }));

    const sink = await openSmtpSink({ port });
    const owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
    // The minute is other tests' business.
    await owner.query(`UPDATE lane SET closed_until = now() WHERE closed_until > now()`);
    await owner.end();
    await state(page).getByText("Completed: all 12 sent").waitFor({ timeout: 60_000 });
    expect(await page.getByText("The transport rests.").count()).toBe(0);
    expect(sink.log).toHaveLength(12);
    expect(wrong).toEqual([]);
    await page.context().close();
    await sink.close();
  },
  TIMEOUT_MS,
);

test(
  "a limit that is refused says why at its own form, and what was typed stays",
  async () => {
    const id = await sending(1, {});
    const { page } = await open(id);
    await page.locator("[data-connection=live]").waitFor();
    await page.getByText("How it goes out").click();
    const form = page.getByRole("form", { name: "Quiet hours" });
    await form.getByLabel("Nothing from").fill("09:00");
    await form.getByLabel("until", { exact: true }).fill("09:00");
    await form.getByRole("button", { name: "Set quiet hours" }).click();
    await form.getByRole("alert").getByText(/./).waitFor();
    expect(await form.getByLabel("Nothing from").inputValue()).toBe("09:00");
    expect(await page.getByRole("alert").filter({ hasText: /./ }).count()).toBe(1);
    await page.context().close();
  },
  TIMEOUT_MS,
);

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { barriers, DESK, launchChromium, openPageIn } from "./chromium.ts";
import { HttpSink } from "./http-sink.ts";
import { freePort, type Program, startProgram } from "./program.ts";
import { freshDatabase, freshRedis } from "./services.ts";
import { isSignedWith } from "./webhooks.ts";

/** Settings → Webhooks in headless Chromium, with a real receiver on this machine. */

const TIMEOUT_MS = 180_000;

let database: Awaited<ReturnType<typeof freshDatabase>>;
let program: Program;
let browser: Browser;
let sink: HttpSink;
/** Of an owner of the sample workspace. */
let storageState: Awaited<ReturnType<ReturnType<Page["context"]>["storageState"]>>;

beforeAll(async () => {
  sink = await HttpSink.start({ status: 200, body: "taken, thank you" });
  database = await freshDatabase();
  const { url: redisUrl } = await freshRedis();
  program = await startProgram({
    ...{ DATABASE_URL: database.url, REDIS_URL: redisUrl, PORT: String(await freePort()) },
    ...{ OUTBOUND_PRIVATE: "true", POLL_MS: "200", SECRET_KEY: Buffer.alloc(32, "a test").toString("base64") },
  });
  browser = await launchChromium();
  const { page } = await openPageIn(browser, program.address);
  storageState = await page.context().storageState();
  await page.context().close();
}, TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  const code = await program?.stop();
  await database?.drop();
  await sink?.stop();
  expect(code).toBe(0);
}, TIMEOUT_MS);

const open = (path: string, options: BrowserContextOptions = {}) =>
  openPageIn(browser, program.url + path, { storageState, ...options });

/** Makes a webhook and goes to its page; answers its secret. */
async function make(page: Page, what: string, url = `${sink.url}/hook`): Promise<string> {
  await page.goto(`${program.url}/settings/webhooks`);
  await page.getByLabel("Address to call").fill(url);
  await page.getByLabel("What it is for").fill(what);
  await page.getByLabel("A customer left the list").uncheck();
  await page.getByRole("button", { name: "Make the webhook" }).click();
  const secret = await page.locator("[data-secret]").innerText();
  expect(secret).toMatch(/^whsec_/);
  await page.getByRole("link", { name: "Send it a test" }).click();
  await page.getByRole("heading", { level: 1, name: what }).waitFor();
  expect(await page.content()).not.toContain(secret);
  return secret;
}

/** Waits for the first line of the log to say this; without a script somebody has to look again. */
async function logSays(page: Page, words: string, javaScriptEnabled: boolean): Promise<void> {
  const line = page.getByRole("list", { name: "Events, newest first" }).locator("li").first();
  for (let looks = 0; !javaScriptEnabled && looks < 60; looks += 1) {
    if (((await line.count()) > 0 ? await line.innerText() : "").includes(words)) break;
    await page.waitForTimeout(250);
    await page.goto(page.url().split("?")[0]!);
  }
  await line.getByText(words).waitFor();
}

describe.each([true, false])("with JavaScript %p", (javaScriptEnabled) => {
  test(
    "a webhook is made, its secret seen once, a test sent to a real receiver and seen in the log, and sent again",
    async () => {
      const { page, wrong } = await open("/settings/webhooks", { javaScriptEnabled });
      const secret = await make(page, `Our CRM ${javaScriptEnabled}`);
      const before = sink.arrivals.length;
      await page.getByRole("button", { name: "Send a test" }).click();
      await page.getByText("A test is on its way").waitFor();
      await logSays(page, "Delivered, answered with 200", javaScriptEnabled);
      const [arrival] = sink.arrivals.slice(before);
      expect(JSON.parse(arrival!.body)).toMatchObject({ type: "webhook.test" });
      expect(isSignedWith(secret, arrival!)).toBe(true);
      await page.getByText("What was sent and answered").click();
      await page.getByText("taken, thank you").waitFor();
      await page.getByText(arrival!.body).waitFor();

      await page.getByRole("button", { name: /^Resend/ }).click();
      await page.getByText("It is told again, under the same id.").waitFor();
      await logSays(page, "after 2 tries", javaScriptEnabled);
      const ids = sink.arrivals.slice(before).map(({ headers }) => headers["webhook-id"]);
      expect(ids).toEqual([ids[0], ids[0]]);
      expect(wrong).toEqual([]);
      await page.context().close();
    },
    TIMEOUT_MS,
  );

  test(
    "a receiver that is gone switches it off with words why; enabled again, what waited is told",
    async () => {
      const { page } = await open("/settings/webhooks", { javaScriptEnabled });
      await make(page, `Gone ${javaScriptEnabled}`, `${sink.url}/gone`);
      sink.answering = ({ path }) => ({ status: path === "/gone" ? 410 : 200 });
      await page.getByRole("button", { name: "Send a test" }).click();
      await logSays(page, "Not delivered in 1 try", javaScriptEnabled);
      await page.getByText("It answered 410: it wants no calls any more.").first().waitFor();
      expect(await page.locator("[data-state]").getAttribute("data-state")).toBe("off");
      expect(await page.getByRole("button", { name: "Send a test" }).count()).toBe(0);
      sink.mend();
      await page.getByRole("button", { name: "Enable again" }).click();
      await page.getByText("It is called again, and what waited goes on.").waitFor();
      await logSays(page, "Delivered, answered with 200, after 2 tries", javaScriptEnabled);
      await page.context().close();
    },
    TIMEOUT_MS,
  );

  test(
    "what is wrong in the form is said at its field, and settings are changed, a new secret made, and it goes when asked twice",
    async () => {
      const { page } = await open("/settings/webhooks", { javaScriptEnabled });
      await page.getByLabel("Address to call").fill("ftp://receiver.example.com/");
      for (const box of await page.getByRole("checkbox").all()) await box.uncheck();
      await page.getByRole("button", { name: "Make the webhook" }).click();
      await page.getByText("The address must start with https://.").waitFor();
      await page.getByText("Say what it is to be told of: at least one event.").waitFor();
      expect(await page.getByLabel("Address to call").inputValue()).toBe("ftp://receiver.example.com/");
      expect(await page.getByRole("checkbox", { checked: true }).count()).toBe(0);

      const secret = await make(page, `Changed ${javaScriptEnabled}`);
      expect(await page.getByLabel("A customer left the list").isChecked()).toBe(false);
      await page.getByLabel("A customer left the list").check();
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("The settings are changed").waitFor();
      expect(await page.getByLabel("A customer left the list").isChecked()).toBe(true);

      await page.getByRole("link", { name: "Make a new secret" }).click();
      await page.getByRole("button", { name: "Make a new secret" }).click();
      expect(await page.locator("[data-secret]").innerText()).not.toBe(secret);
      // What was answered is not asked again by the next thing that is done.
      await page.getByRole("button", { name: "Send a test" }).click();
      await page.getByText("A test is on its way").waitFor();
      expect(await page.getByRole("heading", { name: "Make a new secret?" }).count()).toBe(0);
      await page.getByRole("link", { name: "Remove this webhook" }).click();
      await page.getByRole("link", { name: "Keep" }).click();
      await page.getByRole("link", { name: "Remove this webhook" }).click();
      await page.getByRole("button", { name: "Remove", exact: true }).click();
      await page.getByText("The webhook is removed, with its log.").waitFor();
      expect(await page.getByText(`Changed ${javaScriptEnabled}`).count()).toBe(0);
      await page.context().close();
    },
    TIMEOUT_MS,
  );
});

test(
  "while the server is away the page stays, with what was typed on it, and looks again once it is back",
  async () => {
    const { page } = await open("/settings/webhooks");
    sink.answering = "stays silent";
    await make(page, "Silent");
    await page.getByRole("button", { name: "Send a test" }).click();
    await logSays(page, "Being delivered now", true);
    const typed = page.getByLabel("What it is for");
    await typed.fill("Silent, half ty");
    const failed = page.waitForEvent("requestfailed");
    await page.context().setOffline(true);
    await failed;
    await page.waitForEvent("requestfailed");
    expect(await typed.inputValue()).toBe("Silent, half ty");
    sink.mend();
    await page.context().setOffline(false);
    await page.getByText(/^Delivered, answered with 200|^Not delivered in 1 try/).waitFor({ timeout: 30_000 });
    expect(await typed.inputValue()).toBe("Silent, half ty");
    await page.context().close();
  },
  TIMEOUT_MS,
);

describe("in light colours and in dark ones, and on a phone, axe-core finds nothing wrong with", () => {
  let page: Page;
  let wrong: string[];
  let webhook: string;
  beforeAll(async () => {
    ({ page, wrong } = await open("/settings/webhooks"));
    await make(page, "Somebody else's service, with a name that does not fit on a small phone", `${sink.url}/gone`);
    webhook = new URL(page.url()).pathname;
    sink.answering = { status: 503, body: "no room at this moment, and no reason that a person would understand" };
    await page.getByRole("button", { name: "Send a test" }).click();
    await logSays(page, "Not delivered in 1 try", true);
    sink.mend();
    await page.getByText("What was sent and answered").click();
  }, TIMEOUT_MS);

  const pages: Record<string, () => string> = {
    "the list": () => "/settings/webhooks",
    "a webhook": () => webhook,
    "a filter that finds none": () => `${webhook}?status=FAILED`,
    "the question before it goes": () => `${webhook}?remove`,
    "the question before it has a new secret": () => `${webhook}?rotate`,
  };

  test.each(Object.keys(pages))(
    "%s",
    async (which) => {
      await page.setViewportSize(DESK);
      await page.goto(program.url + pages[which]!());
      for (const summary of await page.locator("summary").all()) await summary.click();
      expect(await barriers(page)).toEqual([]);
      await page.setViewportSize({ width: 320, height: 640 });
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
      expect(await barriers(page)).toEqual([]);
      expect(wrong.splice(0)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

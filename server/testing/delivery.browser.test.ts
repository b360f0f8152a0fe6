import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createTransport, type SendMailOptions } from "nodemailer";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { SAMPLE_WORKSPACE_ID } from "../accounts/workspace.store.ts";
import { barriers, DESK, launchChromium, openPageIn } from "./chromium.ts";
import { HttpSink } from "./http-sink.ts";
import { freePort, type Program, startProgram } from "./program.ts";
import { freshDatabase, freshRedis } from "./services.ts";

/** Setting up how messages leave, trying it out, and reading what was caught, in headless Chromium, as people do it. */

const TIMEOUT_MS = 180_000;
const PASSWORD = "hunter2-hunter2";

let database: Awaited<ReturnType<typeof freshDatabase>>;
let program: Program;
let browser: Browser;
let mailPort: number;
/** Whoever looks at a mail must not be seen by it. */
let tracker: HttpSink;
/** Of an owner of the sample workspace. */
let storageState: Awaited<ReturnType<ReturnType<Page["context"]>["storageState"]>>;

beforeAll(async () => {
  database = await freshDatabase();
  const { url: redisUrl } = await freshRedis();
  tracker = await HttpSink.start({ status: 200 });
  mailPort = await freePort();
  program = await startProgram({
    ...{ DATABASE_URL: database.url, REDIS_URL: redisUrl, PORT: String(await freePort()) },
    ...{ CATCH_MAIL_PORT: String(mailPort), SECRET_KEY: Buffer.alloc(32, "a test").toString("base64") },
  });
  browser = await launchChromium();
  const { page } = await openPageIn(browser, program.address);
  storageState = await page.context().storageState();
  await page.context().close();
}, TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  await tracker?.stop();
  const code = await program?.stop();
  await database?.drop();
  expect(code).toBe(0);
}, TIMEOUT_MS);

const open = (path: string, options: BrowserContextOptions = {}) =>
  openPageIn(browser, program.url + path, { storageState, ...options });

/** Sets up a mail server, by default the one inside; answers the page of its settings. */
async function setUp(page: Page, name: string, { port = mailPort } = {}): Promise<void> {
  await page.goto(`${program.url}/settings/sending/new?kind=SMTP`);
  await page.getByLabel("What to call it").fill(name);
  await page.getByLabel("Host").fill("127.0.0.1");
  await page.getByLabel("Port").fill(String(port));
  await page.getByLabel("Encryption").selectOption("NONE");
  await page.getByLabel("User name").fill(SAMPLE_WORKSPACE_ID);
  await page.locator("#password").fill(PASSWORD);
  await page.getByLabel("Address").fill("hello@corner-bakery.invalid");
  await page.getByRole("button", { name: "Set it up" }).click();
  await page.getByText(`“${name}” is set up.`).waitFor();
}

async function sendTest(page: Page, to: string): Promise<string | null> {
  await page.getByLabel("To", { exact: true }).fill(to);
  await page.getByRole("button", { name: "Send a test" }).click();
  const diagnosis = page.locator("[data-diagnosis]");
  await diagnosis.waitFor();
  return diagnosis.getAttribute("data-diagnosis");
}

async function send(mail: SendMailOptions): Promise<void> {
  const auth = { user: SAMPLE_WORKSPACE_ID, pass: "any" };
  const transport = createTransport({ host: "127.0.0.1", port: mailPort, ignoreTLS: true, auth });
  await transport.sendMail({ from: "The Corner Bakery <hello@example.com>", to: "ada@example.com", ...mail });
  transport.close();
}

describe.each([true, false])("with JavaScript %p", (javaScriptEnabled) => {
  test(
    "a mail server is set up, tried out, and its mail read",
    async () => {
      const { page, wrong } = await open("/settings/sending", { javaScriptEnabled });
      await page.getByRole("link", { name: "Mail server" }).first().click();
      await page.getByLabel("What to call it").fill(`Wrong ${javaScriptEnabled}`);
      await page.getByLabel("Host").fill("smtp://mail.example.com");
      await page.getByLabel("User name").fill("shop");
      await page.locator("#password").fill(PASSWORD);
      await page.getByLabel("Address").fill("hello@corner-bakery.invalid");
      await page.getByRole("button", { name: "Set it up" }).click();
      await page.getByText("Write the name alone, without smtp://.").waitFor();
      expect(await page.getByLabel("Host").getAttribute("aria-invalid")).toBe("true");
      expect(await page.getByLabel("User name").inputValue()).toBe("shop");
      expect(await page.content()).not.toContain(PASSWORD);

      await setUp(page, `Ours ${javaScriptEnabled}`);
      expect(await sendTest(page, `test.${javaScriptEnabled}@example.com`)).toBe("SENT");
      await page.getByText("The sender's domain is one for examples").waitFor();
      await page.goto(`${program.url}/caught-mail?search=test.${javaScriptEnabled}`);
      await page.getByRole("link", { name: /A test from Campaign Dispatcher/ }).click();
      await page.getByText("to see whether mails arrive").waitFor();
      expect(wrong.filter((one) => !one.includes("400"))).toEqual([]);
      await page.context().close();
    },
    TIMEOUT_MS,
  );

  test(
    "settings are changed and the password kept unseen; a limit is set and removed; it goes only when asked twice",
    async () => {
      const { page } = await open("/settings/sending", { javaScriptEnabled });
      const name = `Changed ${javaScriptEnabled}`;
      await setUp(page, name);
      expect(await page.locator("#password").inputValue()).toBe("");
      await page.locator("#fromName").fill("The Corner Bakery");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("The settings are changed").waitFor();
      expect(await page.locator("#fromName").inputValue()).toBe("The Corner Bakery");
      expect(await page.locator("#password").getAttribute("placeholder")).toContain("Kept");
      expect(await page.content()).not.toContain(PASSWORD);
      expect(await sendTest(page, "kept@example.com")).toBe("SENT");

      await page.getByLabel("At most").fill("600");
      await page.getByLabel("In", { exact: true }).selectOption("MINUTE");
      await page.getByLabel("To the domain").fill("Example.com");
      await page.getByRole("button", { name: "Set the limit" }).click();
      await page.getByText("At most 600 messages a minute to example.com").waitFor();
      await page.getByRole("button", { name: "Remove the limit" }).click();
      await page.getByText("The limit is removed.").waitFor();

      await page.getByRole("link", { name: "Remove this transport" }).click();
      await page.getByRole("link", { name: "Keep" }).click();
      await page.getByRole("link", { name: "Remove this transport" }).click();
      await page.getByRole("button", { name: "Remove", exact: true }).click();
      await page.getByText("The transport is removed.").waitFor();
      expect(await page.getByText(name).count()).toBe(0);
      await page.context().close();
    },
    TIMEOUT_MS,
  );
});

test(
  "a test that fails says why, what to do, and in the server's own words",
  async () => {
    const { page } = await open("/settings/sending");
    await setUp(page, "Nobody there", { port: await freePort() });
    expect(await sendTest(page, "ada@example.com")).toBe("CONNECTION_REFUSED");
    const outcome = page.locator("[data-diagnosis]");
    for (const words of ["nothing listens at this port", "Check the port", "ECONNREFUSED"])
      expect(await outcome.innerText()).toContain(words);
    expect(await barriers(page)).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "a webhook's secret is shown once, and a new one when it is asked for",
  async () => {
    const { page } = await open("/settings/sending/new?kind=WEBHOOK");
    await page.getByLabel("What to call it").fill("Our other service");
    await page.getByLabel("Address to call").fill("https://hooks.example.com/feedback");
    await page.getByRole("button", { name: "Set it up" }).click();
    const secret = await page.locator("[data-secret]").innerText();
    expect(secret).toMatch(/^whsec_/);
    expect(await barriers(page)).toEqual([]);
    await page.getByRole("link", { name: "To its settings" }).click();
    await page.getByRole("heading", { level: 1, name: "Our other service" }).waitFor();
    expect(await page.content()).not.toContain(secret);
    await page.getByLabel("Make a new secret").check();
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator("[data-secret]").waitFor();
    expect(await page.locator("[data-secret]").innerText()).not.toBe(secret);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "what is in a mail stays in its frame: no script runs, nothing is fetched, its links open beside the page",
  async () => {
    const link = `${program.url}/favicon.svg`;
    const html =
      `<h1>Hello</h1><script>parent.document.title = "taken"</script><img src="${tracker.url}/pixel.png" onerror="top.location='/'">` +
      `<form action="${program.url}/sign-out" method="post"><button>Out</button></form><a href="${link}">Rate us</a>`;
    await send({ subject: "Hostile", html, text: "Hello" });
    const { page, wrong } = await open("/caught-mail?search=Hostile");
    await page.getByRole("link", { name: /Hostile/ }).click();
    const frame = page.frameLocator("iframe");
    await frame.getByRole("heading", { name: "Hello" }).waitFor();
    const [beside] = await Promise.all([
      page.context().waitForEvent("page"),
      frame.getByRole("link", { name: "Rate us" }).click(),
    ]);
    expect(beside.url()).toBe(link);
    await frame.getByRole("button", { name: "Out" }).click();
    expect(await page.title()).toBe("Hostile – Caught mail");
    expect(await page.getByRole("link", { name: "Open its link" }).getAttribute("href")).toBe(link);
    // The browser says what it kept back; that is what the frame is for.
    expect(wrong.filter((one) => !/sandboxed|Content Security Policy/.test(one))).toEqual([]);
    expect(tracker.arrivals).toEqual([]);

    await page.getByRole("link", { name: "Headers" }).click();
    await page.getByText("Message-ID", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Source" }).click();
    await page.getByText("MIME-Version: 1.0").waitFor();
    await page.reload();
    expect(await page.getByText("MIME-Version: 1.0").count()).toBe(1);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "a member who may not change how messages leave is not led there",
  async () => {
    const { page } = await open("/settings/members");
    await page.getByLabel("E-mail").fill("bo@example.com");
    await page.getByLabel("Role", { exact: true }).selectOption("EDITOR");
    await page.getByRole("button", { name: "Invite" }).click();
    const { page: bo } = await openPageIn(browser, await page.locator("[data-secret]").innerText());
    await bo.getByLabel("Your name").fill("Bo");
    await bo.getByLabel("Password", { exact: true }).fill("correct horse battery");
    await bo.getByRole("button", { name: "Join" }).click();
    await bo.waitForURL(`${program.url}/`);
    await bo.goto(`${program.url}/settings/account`);
    expect(await bo.getByRole("link", { name: "Sending" }).count()).toBe(0);
    for (const path of ["/settings/sending", "/settings/sending/new"])
      expect((await bo.goto(program.url + path))?.status()).toBe(403);
    expect((await bo.goto(`${program.url}/caught-mail`))?.status()).toBe(200);
    await Promise.all([page.context().close(), bo.context().close()]);
  },
  TIMEOUT_MS,
);

describe("in light colours and in dark ones, and on a phone, axe-core finds nothing wrong with", () => {
  let mail: string;
  let transport: string;
  let page: Page;
  let wrong: string[];
  beforeAll(async () => {
    const subject = "A mail with a long subject indeed, so that it does not fit on a small phone (looked at)";
    await send({
      subject,
      to: "somebody.with.a.long.address.as.well.looked.at@subdomain.example.com",
      html: "<p>Hello</p>",
      text: "Hello",
    });
    ({ page, wrong } = await open("/settings/sending"));
    await setUp(page, "Looked at");
    transport = new URL(page.url()).pathname;
    await page.goto(`${program.url}/caught-mail?search=looked.at`);
    mail = (await page.locator("ol a").first().getAttribute("href"))!;
  }, TIMEOUT_MS);

  const pages: Record<string, () => string> = {
    "the list of transports": () => "/settings/sending",
    "a new mail server": () => "/settings/sending/new?kind=SMTP",
    "a new provider of text messages": () => "/settings/sending/new?kind=SMS",
    "a transport": () => transport,
    "the question before it goes": () => `${transport}?remove`,
    "the caught mails": () => "/caught-mail",
    "the question before they go": () => "/caught-mail?clear",
    "a search that finds none": () => "/caught-mail?search=nothing.like.it",
    "a caught mail": () => mail,
    "its headers": () => `${mail}?view=headers`,
    "its source": () => `${mail}?view=raw`,
  };

  test.each(Object.keys(pages))(
    "%s",
    async (which) => {
      await page.setViewportSize(DESK);
      await page.goto(program.url + pages[which]!());
      expect(await barriers(page)).toEqual([]);
      await page.setViewportSize({ width: 320, height: 640 });
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
      expect(await barriers(page)).toEqual([]);
      expect(wrong.splice(0)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

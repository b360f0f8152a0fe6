import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { openDoor } from "./app.ts";
import { barriers, launchChromium, openPageIn } from "./chromium.ts";
import { freePort, type Program, startProgram } from "./program.ts";
import { freshDatabase, freshRedis } from "./services.ts";

/** Coming in, working together and being thrown out, in headless Chromium, as people do it. */

const TIMEOUT_MS = 90_000;
const PASSWORD = "correct horse battery";

let database: Awaited<ReturnType<typeof freshDatabase>>;
let program: Program;
let browser: Browser;

beforeAll(async () => {
  database = await freshDatabase();
  const { url: redisUrl } = await freshRedis();
  program = await startProgram({ DATABASE_URL: database.url, REDIS_URL: redisUrl, PORT: String(await freePort()) });
  browser = await launchChromium();
}, TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  const code = await program?.stop();
  await database?.drop();
  expect(code).toBe(0);
}, TIMEOUT_MS);

const open = (path: string, options = {}) => openPageIn(browser, program.url + path, options);

/** Somebody with a workspace of their own, through the form. */
async function signUp(workspace: string, email: string): Promise<Page> {
  const { page } = await open("/sign-up");
  await page.getByLabel("Workspace").fill(workspace);
  await page.getByLabel("Your name").fill("Ada");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Make the workspace" }).click();
  await page.waitForURL(`${program.url}/`);
  return page;
}

async function signIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test(
  "the link of the first start leads to the sample campaign, signed in, and works once",
  async () => {
    const { page, wrong } = await openPageIn(browser, program.address);
    expect(new URL(page.url()).pathname).toMatch(/^\/campaigns\/[0-9a-f-]{36}$/);
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("Spring follow-up");
    expect(await page.getByRole("button", { name: "Dispatch" }).count()).toBe(1);
    expect(await page.getByRole("link", { name: "Set a password" }).count()).toBe(1);
    expect(wrong).toEqual([]);
    // In the same browser the link still leads there; in another it has done its work.
    await page.goto(program.address);
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("Spring follow-up");
    const other = await browser.newPage();
    expect((await other.goto(program.address))?.status()).toBe(410);
    expect(await other.getByRole("heading", { level: 1 }).innerText()).toBe("This link has done its work.");
    await Promise.all([page.context().close(), other.context().close()]);
  },
  TIMEOUT_MS,
);

test(
  "signing up, out and in again, and back to where one wanted to be; all without JavaScript as well",
  async () => {
    const email = "ada.forms@example.com";
    await (await signUp("Forms", email)).context().close();
    const { page } = await open("/campaigns/new", { javaScriptEnabled: false });
    expect(new URL(page.url()).pathname).toBe("/sign-in");
    await signIn(page, email, "a wrong password");
    expect(await page.getByRole("alert").innerText()).toBe("Address and password do not fit together.");
    expect(await page.getByLabel("E-mail").inputValue()).toBe(email);
    await signIn(page, email);
    expect(new URL(page.url()).pathname).toBe("/campaigns/new");
    await page.locator("summary").filter({ hasText: "Ada" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    expect(new URL(page.url()).pathname).toBe("/sign-in");
    await page.goto(`${program.url}/settings/members`);
    expect(new URL(page.url()).pathname).toBe("/sign-in");
    // Nobody is led to another site by signing in.
    for (const to of ["https://example.com/", "//example.com/", "/\\\\example.com/"]) {
      await page.goto(`${program.url}/sign-in?to=${encodeURIComponent(to)}`);
      await signIn(page, email);
      expect(new URL(page.url()).origin).toBe(program.url);
      await page.context().clearCookies();
    }
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "a colleague joins by the link, may what their role says, and is out at once when removed",
  async () => {
    const ada = await signUp("Together", "ada.together@example.com");
    await ada.goto(`${program.url}/settings/members`);
    await ada.getByLabel("E-mail").fill("bo@example.com");
    await ada.getByLabel("Role", { exact: true }).selectOption("VIEWER");
    await ada.getByRole("button", { name: "Invite" }).click();
    const link = await ada.locator("[data-secret]").innerText();
    await ada.goto(`${program.url}/`);
    await ada.getByRole("button", { name: "Try with 500" }).click();
    await ada.waitForURL(/\/campaigns\/[0-9a-f-]{36}/);

    const { page: bo } = await openPageIn(browser, link);
    await bo.getByLabel("Your name").fill("Bo");
    await bo.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await bo.getByRole("button", { name: "Join" }).click();
    await bo.waitForURL(`${program.url}/`);
    expect(await bo.getByRole("link", { name: "Create campaign" }).count()).toBe(0);
    await bo.goto(ada.url());
    await bo.locator("[data-connection=live]").waitFor();
    expect(await bo.getByText("You watch; editors dispatch.").count()).toBe(1);
    expect(await bo.getByRole("button", { name: "Dispatch" }).count()).toBe(0);

    // A new role reaches the open page by itself.
    await ada.goto(`${program.url}/settings/members`);
    await ada.getByLabel("Role of Bo", { exact: true }).selectOption("EDITOR");
    await ada.getByRole("button", { name: "Set the role of Bo" }).click();
    await bo.getByRole("button", { name: "Dispatch" }).waitFor();

    await ada.locator("[data-member='bo@example.com']").getByRole("link", { name: "Remove" }).click();
    await ada.getByRole("button", { name: "Remove" }).click();
    await bo.waitForURL(/\/sign-in/);
    await ada.goto(`${program.url}/settings/audit-log`);
    expect(await ada.getByRole("listitem").first().innerText()).toContain("Ada removed bo@example.com");
    await Promise.all([ada.context().close(), bo.context().close()]);
  },
  TIMEOUT_MS,
);

test(
  "a token is made by keyboard alone, shown once, works, and is refused once revoked",
  async () => {
    const page = await signUp("Tokens", "ada.tokens@example.com");
    await page.goto(`${program.url}/settings/tokens`);
    await page.getByLabel("What it is for").focus();
    await page.keyboard.type("The shop");
    await page.keyboard.press("Enter");
    const secret = await page.locator("[data-secret]").innerText();
    const service = openDoor(program.url, secret);
    expect((await service.query(`{ me { name } }`)).data.me).toEqual({ name: "The shop" });
    await page.goto(`${program.url}/settings/tokens`);
    expect(await page.locator("[data-secret]").count()).toBe(0);
    await page.getByRole("link", { name: "Revoke" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Revoke" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("The token was revoked").waitFor();
    expect((await service.query(`{ me { name } }`)).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    await page.context().close();
  },
  TIMEOUT_MS,
);

describe.each(["light", "dark"] as const)("in %s colours, axe-core finds nothing wrong with", (colorScheme) => {
  let storageState: Awaited<ReturnType<ReturnType<Page["context"]>["storageState"]>>;
  beforeAll(async () => {
    const page = await signUp("Looked at", `ada.${colorScheme}@example.com`);
    storageState = await page.context().storageState();
    await page.context().close();
  }, TIMEOUT_MS);

  test.each(["/sign-in", "/sign-up", "/forgot", "/reset/made-up"])(
    "%s",
    async (path) => {
      const { page, wrong } = await open(path, { colorScheme });
      expect(await barriers(page)).toEqual([]);
      expect(wrong).toEqual([]);
      await page.context().close();
    },
    TIMEOUT_MS,
  );

  test.each(["account", "sessions", "members", "tokens", "audit-log"])(
    "/settings/%s",
    async (path) => {
      const { page, wrong } = await open(`/settings/${path}`, { colorScheme, storageState });
      expect(await barriers(page)).toEqual([]);
      await page.locator("summary").first().click();
      expect(await barriers(page)).toEqual([]);
      expect(wrong).toEqual([]);
      await page.context().close();
    },
    TIMEOUT_MS,
  );
});

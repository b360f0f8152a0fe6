import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { barriers, launchChromium, openPageIn } from "./chromium.ts";
import { openDoor } from "./door.ts";
import { eventually } from "./eventually.ts";
import { freePort, type Program, startProgram } from "./program.ts";
import { freshDatabase, freshRedis } from "./services.ts";

/** Coming in, working together and being thrown out, in headless Chromium, as people do it. */

const TIMEOUT_MS = 180_000;
const PASSWORD = "correct horse battery";

let database: Awaited<ReturnType<typeof freshDatabase>>;
let environment: Record<string, string>;
let program: Program;
/** The same installation through a process that signs nobody up. */
let closed: Program;
let browser: Browser;

beforeAll(async () => {
  database = await freshDatabase();
  const { url: redisUrl } = await freshRedis();
  const services = { DATABASE_URL: database.url, REDIS_URL: redisUrl };
  environment = { ...services, PORT: String(await freePort()) };
  program = await startProgram(environment);
  const withoutSignUp = { ...services, PORT: String(await freePort()), SAMPLE: "false", SIGN_UP: "false" };
  closed = await startProgram(withoutSignUp, ["--roles=web"]);
  browser = await launchChromium();
}, TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  const codes = [await program?.stop(), await closed?.stop()];
  await database?.drop();
  expect(codes).toEqual([0, 0]);
}, TIMEOUT_MS);

const open = (path: string, options: BrowserContextOptions = {}) => openPageIn(browser, program.url + path, options);

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

/** The link that makes somebody a member of the workspace of whoever has the page. */
async function invite(page: Page, email: string, role: string): Promise<string> {
  await page.goto(`${program.url}/settings/members`);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Role", { exact: true }).selectOption(role);
  await page.getByRole("button", { name: "Invite" }).click();
  return page.locator("[data-secret]").innerText();
}

/** Somebody who accepts the invitation, in a browser of their own. */
async function join(link: string, name: string): Promise<Page> {
  const { page } = await openPageIn(browser, link);
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Join" }).click();
  await page.waitForURL(`${program.url}/`);
  return page;
}

/** A campaign with made-up customers, by the button of an empty workspace; answers its address. */
async function makeSample(page: Page): Promise<string> {
  await page.goto(`${program.url}/`);
  await page.getByRole("button", { name: "Try with 500" }).click();
  await page.waitForURL(/\/campaigns\/[0-9a-f-]{36}/);
  return page.url();
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
    expect(await other.getByRole("link", { name: "Sign in" }).count()).toBe(1);

    // Whoever came in by it sets a password and is not asked for one again.
    await page.getByRole("link", { name: "Set a password" }).click();
    await page.getByLabel("New password").fill(PASSWORD);
    await page.getByRole("button", { name: "Set the password" }).click();
    await page.getByText("Your password is set.").waitFor();
    await page.goto(`${program.url}/`);
    expect(await page.getByRole("link", { name: "Set a password" }).count()).toBe(0);
    await other.goto(`${program.url}/sign-in`);
    await signIn(other, "owner@example.com");
    await other.waitForURL(`${program.url}/`);
    await Promise.all([page.context().close(), other.context().close()]);
  },
  TIMEOUT_MS,
);

test(
  "a first workspace and its first campaign, out by the menu and in again by keyboard alone",
  async () => {
    const email = "ada.first@example.com";
    const page = await signUp("First", email);
    await page.getByRole("link", { name: "Create campaign" }).click();
    await page.getByLabel("Campaign name").fill("Made by Ada");
    await page.getByLabel("Made-up customers").check();
    await page.getByRole("button", { name: "Create campaign" }).click();
    await page.waitForURL(/\/campaigns\/[0-9a-f-]{36}/);
    const campaign = page.url();

    await page.locator("summary").filter({ hasText: "Ada" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Sign out" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/sign-in/);
    await page.goto(`${program.url}/graphiql`);
    await page.waitForURL(/\/sign-in\?to=%2Fgraphiql$/);
    await page.goto(campaign);
    await page.waitForURL(/\/sign-in\?to=/);

    await page.getByLabel("E-mail").focus();
    await page.keyboard.type(email);
    await page.keyboard.press("Tab");
    await page.keyboard.type("a wrong password");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    // It begins where the mistake is.
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForURL(campaign);
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("Made by Ada");
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "a problem is told at its field, where the page begins; a closed sign-up is told beforehand",
  async () => {
    const { page } = await open("/sign-up");
    await page.getByLabel("Workspace").fill("Problems");
    await page.getByLabel("Your name").fill("Ada");
    await page.getByLabel("E-mail").fill("ada.problems@example.com");
    await page.getByLabel("Password", { exact: true }).fill("aaaaaaaaaaaaaaaa");
    await page.getByRole("button", { name: "Make the workspace" }).click();
    await page.getByText("easy to guess").waitFor();
    const password = page.getByLabel("Password", { exact: true });
    expect(await password.getAttribute("aria-invalid")).toBe("true");
    expect(await password.getAttribute("aria-describedby")).toContain("password-problem");
    expect(await page.evaluate("document.activeElement.id")).toBe("password");
    expect(await page.getByLabel("Workspace").inputValue()).toBe("Problems");

    await page.goto(`${closed.url}/sign-up`);
    expect(await page.getByText("Sign-up is closed").count()).toBe(1);
    expect(await page.getByRole("textbox").count()).toBe(0);
    await page.goto(`${closed.url}/sign-in`);
    expect(await page.getByRole("link", { name: "Make a workspace" }).count()).toBe(0);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "a forgotten password: the answer tells nobody who has an account, and a printed link sets a new one, once",
  async () => {
    const email = "ada.forgot@example.com";
    await (await signUp("Forgot", email)).context().close();
    const { page } = await open("/forgot", { javaScriptEnabled: false });
    for (const asked of [email, "nobody@example.com"]) {
      await page.getByLabel("E-mail").fill(asked);
      await page.getByRole("button", { name: "Send me a link" }).click();
      expect(await page.getByRole("status").innerText()).toMatch(/^If there is an account with this address/);
    }
    const { NODE_OPTIONS: _ofJestAlone, ...inherited } = process.env;
    // The polyfill by hand: the command itself imports entities before it, and does not start without.
    const command = ["dist/server/print-reset-link.js", "--email", email];
    const { stdout } = await promisify(execFile)(process.execPath, command, { env: { ...inherited, ...environment } });
    const link = stdout.trim();
    const setPassword = async (password: string) => {
      await page.goto(link);
      await page.getByLabel("New password").fill(password);
      await page.getByRole("button", { name: "Set the password" }).click();
    };
    await setPassword("a password of four words");
    expect(await page.getByRole("status").innerText()).toBe("Your password is set. Sign in with it.");
    await signIn(page, email, "a password of four words");
    expect(page.url()).toBe(`${program.url}/`);
    await setPassword("another one of four words");
    expect(await page.getByRole("alert").innerText()).toContain("was used already");
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "whoever signs out leaves no draft with customers' addresses in the browser, and no page to go back to",
  async () => {
    const page = await signUp("Shared desk", "ada.desk@example.com");
    await page.goto(`${program.url}/campaigns/new`);
    const pasted = page.locator("[name=pasted]");
    await pasted.fill("Bo, bo.kept@example.com");
    const kept = () => page.evaluate<string>("JSON.stringify(localStorage)");
    await eventually(async () => (await kept()).includes("bo.kept@example.com"));
    await page.locator("summary").filter({ hasText: "Ada" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(`${program.url}/sign-in`);
    expect(await kept()).toBe("{}");
    await page.goBack();
    expect(await page.getByText("bo.kept@example.com").count()).toBe(0);
    expect(new URL(page.url()).pathname).toBe("/sign-in");
    await page.context().close();
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
    for (const to of ["https://example.com/", "//example.com/", "/\\example.com/", "/\t/example.com/"]) {
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
    const link = await invite(ada, "bo@example.com", "VIEWER");
    const campaign = await makeSample(ada);

    const bo = await join(link, "Bo");
    expect(await bo.getByRole("link", { name: "Create campaign" }).count()).toBe(0);
    for (const path of ["/campaigns/new", `${new URL(campaign).pathname}/add`, "/settings/tokens"]) {
      expect((await bo.goto(program.url + path))?.status()).toBe(403);
      expect(await bo.getByRole("heading", { level: 1 }).innerText()).toMatch(/^Your role \(viewer\) does not allow/);
      expect(await barriers(bo)).toEqual([]);
    }
    await bo.goto(campaign);
    await bo.locator("[data-connection=live]").waitFor();
    expect(await bo.getByText("You watch; editors dispatch.").count()).toBe(1);
    expect(await bo.getByRole("button", { name: "Dispatch" }).count()).toBe(0);

    // A new role reaches the open page by itself.
    await ada.goto(`${program.url}/settings/members`);
    await ada.getByLabel("Role of Bo", { exact: true }).selectOption("EDITOR");
    await ada.getByRole("button", { name: "Set the role of Bo" }).click();
    await bo.getByRole("button", { name: "Dispatch" }).waitFor();

    // So it does where no socket is open: with the next page.
    await bo.goto(`${program.url}/settings/members`);
    await ada.getByLabel("Role of Bo", { exact: true }).selectOption("VIEWER");
    await ada.getByRole("button", { name: "Set the role of Bo" }).click();
    await ada.getByText("The role was changed.").waitFor();
    await bo.getByRole("link", { name: "Campaigns" }).click();
    await bo.getByRole("link", { name: /made-up customers/ }).click();
    await bo.locator("[data-connection=live]").waitFor();
    expect(await bo.getByRole("button", { name: "Dispatch" }).count()).toBe(0);

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
  "members are invited, given a role and removed by keyboard alone",
  async () => {
    const page = await signUp("Keyboard", "ada.keyboard@example.com");
    await page.goto(`${program.url}/settings/members`);
    await page.getByLabel("E-mail").focus();
    await page.keyboard.type("di@example.com");
    await page.keyboard.press("Tab");
    await page.keyboard.press("v");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const link = await page.locator("[data-secret]").innerText();
    // What was just made is where the keyboard is; it is named to whoever does not see it.
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toMatch(/^Hand over this link/);
    expect(await page.getByLabel("E-mail").inputValue()).toBe("");
    const di = await join(link, "Di");
    await page.goto(`${program.url}/settings/members`);
    const role = page.getByLabel("Role of Di", { exact: true });
    expect(await role.inputValue()).toBe("VIEWER");
    await role.focus();
    await page.keyboard.press("e");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("The role was changed.").waitFor();
    expect(await role.inputValue()).toBe("EDITOR");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Remove Di?" }).waitFor();
    // The keyboard is at the harmless answer; the other one is next.
    await page.locator(":focus").filter({ hasText: "Keep" }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("They work here no longer.").waitFor();
    expect(await page.locator("[data-member='di@example.com']").count()).toBe(0);
    await Promise.all([page.context().close(), di.context().close()]);
  },
  TIMEOUT_MS,
);

test(
  "somebody with an account joins a second workspace with it, and changes between the two",
  async () => {
    const link = await invite(await signUp("Second", "ada.second@example.com"), "eve@example.com", "ADMIN");
    const eve = await signUp("Own", "eve@example.com");
    await eve.getByText("Ada", { exact: true }).click();
    await eve.getByRole("button", { name: "Sign out" }).click();
    await eve.waitForURL(/\/sign-in/);
    await eve.goto(link);
    await eve.getByRole("link", { name: "Sign in" }).click();
    await signIn(eve, "eve@example.com");
    await eve.waitForURL(link);
    await eve.getByRole("button", { name: "Join" }).click();
    await eve.waitForURL(`${program.url}/`);
    expect(await eve.locator("[data-workspace]").innerText()).toContain("Second");
    await eve.getByText("Ada", { exact: true }).click();
    await eve.getByRole("button", { name: "Change to Own" }).click();
    await eve.locator("[data-workspace]").filter({ hasText: "Own" }).waitFor();
    await eve.context().close();
  },
  TIMEOUT_MS,
);

test(
  "a page whose session ended while its socket was away goes to the sign-in when it comes back",
  async () => {
    const email = "ada.away@example.com";
    const page = await signUp("Away", email);
    let cut: () => Promise<void> = () => Promise.resolve();
    let comeBack: () => void = () => undefined;
    const away = new Promise<void>((done) => (comeBack = done));
    let isFirst = true;
    await page.routeWebSocket(/\/graphql$/, async (socket) => {
      if (!isFirst) await away;
      isFirst = false;
      const server = socket.connectToServer();
      cut = async () => {
        await server.close({ code: 1001 });
        await socket.close({ code: 1001 });
      };
    });
    await makeSample(page);
    await page.locator("[data-connection=live]").waitFor();
    await cut();

    const { page: elsewhere } = await open("/sign-in");
    await signIn(elsewhere, email);
    await elsewhere.waitForURL(`${program.url}/`);
    await elsewhere.goto(`${program.url}/settings/sessions`);
    await elsewhere.getByRole("button", { name: "Sign out everywhere" }).click();
    await elsewhere.waitForURL(/\/sign-in/);
    comeBack();
    await page.waitForURL(/\/sign-in\?to=%2Fcampaigns%2F/);
    await Promise.all([page.context().close(), elsewhere.context().close()]);
  },
  TIMEOUT_MS,
);

test(
  "one of several sessions is ended from another, and its next click leads to the sign-in",
  async () => {
    const email = "ada.sessions@example.com";
    const page = await signUp("Sessions", email);
    const { page: phone } = await open("/sign-in", { userAgent: "Mozilla/5.0 (iPhone) Version/18.0 Safari/604.1" });
    await signIn(phone, email);
    await phone.goto(`${program.url}/settings/sessions`);
    await page.goto(`${program.url}/settings/sessions`);
    expect(await page.getByText("this one").count()).toBe(1);
    await page.getByRole("button", { name: "End the session of Safari on iPhone" }).click();
    await page.getByText("The session was ended.").waitFor();
    await phone.getByRole("link", { name: "Members" }).click();
    await phone.waitForURL(/\/sign-in\?to=%2Fsettings%2Fmembers$/);
    await signIn(phone, email);
    await phone.waitForURL(/\/settings\/members$/);
    await Promise.all([page.context().close(), phone.context().close()]);
  },
  TIMEOUT_MS,
);

test(
  "the audit log is filtered in the address and read back page by page",
  async () => {
    const page = await signUp("Log", "ada.log@example.com");
    for (let i = 0; i < 52; i += 1) {
      const form = { name: `Ada ${i}`, email: "ada.log@example.com" };
      // Answered without a page: nobody reads it.
      const headers = { origin: program.url, accept: "application/json" };
      const answer = await page.context().request.post(`${program.url}/settings/account?/account`, { form, headers });
      expect(await answer.json()).toMatchObject({ type: "success" });
    }
    await page.goto(`${program.url}/settings/audit-log`);
    expect(await page.getByRole("listitem").filter({ hasText: "changed their account" }).count()).toBe(50);
    await page.getByRole("link", { name: "Older" }).click();
    await page.waitForURL(/after=/);
    await page.getByText("made the workspace").waitFor();
    await page.getByRole("link", { name: "Newest" }).click();
    await page.getByLabel("Only").selectOption({ label: "A member signed in" });
    await page.getByRole("button", { name: "Show" }).click();
    await page.waitForURL(/action=SIGNED_IN/);
    await page.locator("ol li").nth(1).waitFor({ state: "detached" });
    expect(await page.locator("ol time").getAttribute("title")).toMatch(/\d{4}/);
    await page.context().close();
  },
  TIMEOUT_MS,
);

test(
  "without JavaScript, a token's form that is sent again by reloading makes no second token",
  async () => {
    const { page } = await open("/sign-in", { javaScriptEnabled: false });
    const email = "ada.reload@example.com";
    await (await signUp("Reload", email)).context().close();
    await signIn(page, email);
    await page.goto(`${program.url}/settings/tokens`);
    await page.getByLabel("What it is for").fill("The till");
    await page.getByRole("button", { name: "Make the token" }).click();
    expect(await page.locator("[data-secret]").count()).toBe(1);
    await page.reload();
    expect(await page.getByText("This form was sent before").count()).toBe(1);
    expect(await page.getByRole("link", { name: "Revoke" }).count()).toBe(1);
    await page.context().close();
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

const SETTINGS = ["account", "sessions", "members", "tokens", "audit-log"].map((name) => `/settings/${name}`);

test(
  "what somebody types and ticks before the page's script is there is not taken back by it",
  async () => {
    const page = await signUp("Slow", "ada.slow@example.com");
    let comeIn: () => void = () => undefined;
    const held = new Promise<void>((done) => (comeIn = done));
    await page.route(/\.js$/, async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(`${program.url}/settings/tokens`, { waitUntil: "commit" });
    await page.getByLabel("What it is for").fill("The shop");
    await page.getByLabel(/READ_CAMPAIGNS/).uncheck();
    await page.getByLabel(/EDIT_CAMPAIGNS/).check();
    await page.getByLabel("It stops working").selectOption("30");
    comeIn();
    await page.waitForLoadState("networkidle");
    expect(await page.getByLabel("What it is for").inputValue()).toBe("The shop");
    expect(await page.getByLabel(/READ_CAMPAIGNS/).isChecked()).toBe(false);
    expect(await page.getByLabel(/EDIT_CAMPAIGNS/).isChecked()).toBe(true);
    expect(await page.getByLabel("It stops working").inputValue()).toBe("30");
    await page.context().close();
  },
  TIMEOUT_MS,
);

test("a form that another site's page sends, or that names none, does nothing", async () => {
  const post = async (headers: Record<string, string>) => {
    const body = new URLSearchParams({ email: "nobody@example.com", password: PASSWORD });
    return (await fetch(`${program.url}/sign-in`, { method: "POST", body, headers, redirect: "manual" })).status;
  };
  expect(await post({ origin: "https://shop.example" })).toBe(403);
  expect(await post({ origin: "null" })).toBe(403);
  expect(await post({})).toBe(403);
  // Ours is read, and refused for what it says.
  expect(await post({ origin: program.url, accept: "text/html" })).toBe(400);
});

describe("in light colours and in dark ones, axe-core finds nothing wrong with", () => {
  let [member, stranger]: { page: Page; wrong: string[] }[] = [];
  let invitation: string;
  beforeAll(async () => {
    const first = await signUp("Looked at", "ada.looked.at@example.com");
    invitation = await invite(first, "fay.looked.at@example.com", "EDITOR");
    member = await open("/", { storageState: await first.context().storageState() });
    stranger = await open("/sign-in");
    await first.context().close();
  }, TIMEOUT_MS);

  test.each(["/sign-in", "/sign-up", "/forgot", "/reset/made-up", "an invitation"])(
    "%s",
    async (path) => {
      const { page, wrong } = stranger!;
      await page.goto(path.startsWith("/") ? program.url + path : invitation);
      expect(await barriers(page)).toEqual([]);
      expect(wrong.splice(0)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test.each(["/invitation/made-up", "/welcome/made-up"])(
    "%s, which says what is wrong with the link",
    async (path) => {
      const { page } = stranger!;
      await page.goto(program.url + path);
      expect(await page.getByRole("link", { name: "Sign in" }).count()).toBe(1);
      expect(await barriers(page)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    "a form with problems",
    async () => {
      const { page } = stranger!;
      await page.goto(`${program.url}/sign-in`);
      await signIn(page, "nobody@example.com");
      await page.getByRole("alert").waitFor();
      expect(await barriers(page)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test.each(SETTINGS)(
    "%s, also with the menu open",
    async (path) => {
      const { page, wrong } = member!;
      await page.goto(program.url + path);
      expect(await barriers(page)).toEqual([]);
      await page.locator("summary").first().click();
      expect(await barriers(page)).toEqual([]);
      expect(wrong.splice(0)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    "a secret that is shown, and the question before it is revoked",
    async () => {
      const { page, wrong } = member!;
      await page.goto(`${program.url}/settings/tokens`);
      await page.getByLabel("What it is for").fill("The shop");
      await page.getByRole("button", { name: "Make the token" }).click();
      await page.locator("[data-secret]").waitFor();
      expect(await barriers(page)).toEqual([]);
      await page.getByRole("link", { name: "Revoke" }).click();
      await page.getByRole("heading", { name: "Revoke “The shop”?" }).waitFor();
      expect(await barriers(page)).toEqual([]);
      expect(wrong.splice(0)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

test(
  "nothing is wider than a small phone, however long the names",
  async () => {
    const page = await signUp("A workspace with a long name indeed", "ada.with.a.long.address.indeed@example.com");
    await page.setViewportSize({ width: 320, height: 640 });
    await invite(page, "somebody.with.a.long.address.as.well@subdomain.example.com", "EDITOR");
    for (const path of ["/", "/campaigns/new", ...SETTINGS]) {
      await page.goto(program.url + path);
      expect([path, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([path, 320]);
    }
    await page.context().close();
  },
  TIMEOUT_MS,
);

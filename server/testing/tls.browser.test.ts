import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { launchChromium, openPageIn } from "./chromium.ts";
import { freePort, type Program, startProgram } from "./program.ts";
import { freshDatabase, freshRedis } from "./services.ts";
import { startTlsProxy } from "./tls-proxy.ts";

/** The program as the world reaches it: behind a proxy that ends TLS, under the address that ORIGIN gives. */

const TIMEOUT_MS = 180_000;

let database: Awaited<ReturnType<typeof freshDatabase>>;
let proxy: Awaited<ReturnType<typeof startTlsProxy>>;
let program: Program;
let port: number;
let browser: Browser;

beforeAll(async () => {
  database = await freshDatabase();
  const { url: redisUrl } = await freshRedis();
  port = await freePort();
  proxy = await startTlsProxy(port);
  program = await startProgram({
    ...{ DATABASE_URL: database.url, REDIS_URL: redisUrl },
    ...{ PORT: String(port), ORIGIN: proxy.origin },
  });
  browser = await launchChromium();
}, TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  const code = await program?.stop();
  await proxy?.stop();
  await database?.drop();
  expect(code).toBe(0);
}, TIMEOUT_MS);

test(
  "a browser signs in, keeps the session in a cookie of this very host, and watches live over wss",
  async () => {
    expect(new URL(program.address).origin).toBe(proxy.origin);
    const { page, wrong } = await openPageIn(browser, program.address, { ignoreHTTPSErrors: true });
    await page.locator("[data-connection=live]").waitFor();
    const [cookie, ...others] = await page.context().cookies();
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({
      ...{ name: "__Host-session", domain: "localhost", path: "/", secure: true, httpOnly: true, sameSite: "Lax" },
    });

    await page.getByRole("button", { name: "Dispatch" }).click();
    await page.locator("[data-status=SENT]").first().waitFor();

    // The page's own forms come from an origin that the program never listens on.
    await page.goto(`${proxy.origin}/settings/members`);
    await page.getByLabel("E-mail").fill("bo@example.com");
    await page.getByRole("button", { name: "Invite" }).click();
    expect(await page.locator("[data-secret]").innerText()).toMatch(`${proxy.origin}/invitation/`);

    await page.goto(`${proxy.origin}/settings/sessions`);
    expect(wrong).toEqual([]);
    await page.close();
  },
  TIMEOUT_MS,
);

test("browsers are told to stay with TLS, and a session is believed under the guarded name alone", async () => {
  const answer = await fetch(`http://127.0.0.1:${port}/sign-in`);
  expect(answer.headers.get("strict-transport-security")).toMatch(/^max-age=\d{8}/);

  const { data, setCookie } =
    await ask(`mutation { signUp(input: { workspaceName: "W", name: "Ada", email: "ada@example.com",
    password: "correct horse battery" }) { me { name } } }`);
  expect(data.signUp.me).toEqual({ name: "Ada" });
  const secret = /^__Host-session=([\w-]{43});/.exec(setCookie)![1]!;
  expect((await ask(`{ me { name } }`, `__Host-session=${secret}`)).data.me).toEqual({ name: "Ada" });
  // A site beside ours, or one on http, could plant a cookie of any name but the guarded one.
  expect((await ask(`{ me { name } }`, `session=${secret}`)).data.me).toBeNull();
});

/** As the proxy asks, for somebody who shows this cookie. */
async function ask(query: string, cookie = "") {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(cookie && { cookie }) },
    body: JSON.stringify({ query }),
  });
  const { data } = (await response.json()) as { data: any }; // eslint-disable-line @typescript-eslint/no-explicit-any
  return { data, setCookie: response.headers.get("set-cookie") ?? "" };
}

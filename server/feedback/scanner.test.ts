import { expect, test } from "@jest/globals";
import { isScanner } from "./scanner.ts";

const opened = (userAgent: string | undefined, more: { purpose?: string; isAutomated?: boolean } = {}) =>
  isScanner({ userAgent, purpose: undefined, isAutomated: false, ...more });
const PHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1";

test.each([
  PHONE,
  "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
  "Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36",
  "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
])("a person: %s", (userAgent) => {
  expect(opened(userAgent)).toBe(false);
});

test.each([
  undefined,
  "",
  " ",
  "curl/8.5.0",
  "python-requests/2.32.3",
  "Go-http-client/2.0",
  "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
  "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/138.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) BingPreview/1.0b",
  "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
  "facebookexternalhit/1.1",
  "WhatsApp/2.23.20.0",
  "Barracuda Sentinel (EE)",
])("a program: %s", (userAgent) => {
  expect(opened(userAgent)).toBe(true);
});

test("a person's browser that fetches ahead, or that a program drives", () => {
  expect(opened(PHONE, { purpose: "prefetch" })).toBe(true);
  expect(opened(PHONE, { purpose: "prefetch;prerender" })).toBe(true);
  expect(opened(PHONE, { isAutomated: true })).toBe(true);
});

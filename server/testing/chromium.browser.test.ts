import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { barriers, launchChromium } from "./chromium.ts";

let browser: Browser;
beforeAll(async () => void (browser = await launchChromium()), 60_000);
afterAll(() => browser?.close());

test("a barrier that only dark colours have is found in a page that was opened in light ones, and named by them", async () => {
  const page = await browser.newPage({ colorScheme: "light" });
  await page.setContent(`<!doctype html><html lang="en"><title>A page</title>
    <style>:root { color-scheme: light dark } p { color: light-dark(#000, #222); background: light-dark(#fff, #000); transition: color 0.3s }</style>
    <main><h1>A page</h1><p>Text</p></main></html>`);
  const found = await barriers(page);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/^in dark colours: color-contrast: p /);
  await page.close();
}, 60_000);

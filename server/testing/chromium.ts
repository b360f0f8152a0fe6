import { existsSync, readFileSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const AXE = readFileSync(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** Windows to look at a page in. */
export const DESK = { width: 1280, height: 900 };
export const PHONE = { width: 360, height: 740 };

export function launchChromium(args: string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
      ...["--disable-background-networking", "--disable-component-update"],
      ...args,
    ],
  });
}

/** A page, in a context of its own, that keeps what it should not have done: console errors, foreign requests. */
export async function openPageIn(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; wrong: string[] }> {
  const wrong: string[] = [];
  const page = await browser.newPage(options);
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") wrong.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol.startsWith("http") && host !== new URL(address).host) wrong.push(`request: ${request.url()}`);
  });
  await page.goto(address);
  return { page, wrong };
}

/**
 * Looks at what a person sees with axe-core, in light colours and in dark ones: every rule of WCAG 2.2 AA and its best
 * practices. Each answer names its colours. The page is left in light ones, as it was opened.
 */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found: string[] = [];
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(COLOURS_HAVE_CHANGED);
    const violations = await page.evaluate<string[]>(VIOLATIONS);
    found.push(...violations.map((violation) => `in ${colorScheme} colours: ${violation}`));
  }
  return found;
}

// In between, a colour that fades is neither of the two. What goes on for ever has no end to wait for, and neither has
// what a page begins anew again and again: two seconds are longer than any colour takes.
const COLOURS_HAVE_CHANGED = `Promise.race([
  new Promise((resolve) => setTimeout(resolve, 2_000)),
  Promise.all(document.getAnimations()
    .filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity)
    .map((animation) => animation.finished.catch(() => undefined))),
]).then(() => undefined)`;

const VIOLATIONS = `axe.run(document).then(({ violations }) => violations.map((violation) =>
  violation.id + ": " + violation.nodes.map((node) => node.target.join(" ") + " " + node.failureSummary).join("; ")))`;

function chromiumPath(): string {
  const places = [
    process.env["CHROMIUM_PATH"],
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
  ];
  const found = places.find((place) => place && existsSync(place));
  if (!found) throw new Error("There is no Chromium: npm test installs one, or CHROMIUM_PATH names it.");
  return found;
}

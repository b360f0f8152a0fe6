import { existsSync, readFileSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const AXE = readFileSync(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

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

/** Looks at what a person sees with axe-core: every rule of WCAG 2.2 AA and its best practices. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate<string[]>(`axe.run(document).then(({ violations }) => violations.map((violation) =>
    violation.id + ": " + violation.nodes.map((node) => node.target.join(" ") + " " + node.failureSummary).join("; ")))`);
}

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

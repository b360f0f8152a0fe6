import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { SAMPLE_WORKSPACE_ID } from "../accounts/workspace.store.ts";
import { aCampaign } from "./campaigns.ts";
import { barriers, DESK, launchChromium, openPageIn, PHONE } from "./chromium.ts";
import { eventually } from "./eventually.ts";
import { type Ledger, openLedgerOn, rowsOf } from "./ledger.ts";
import { freePort, type Program, startProgram } from "./program.ts";
import { answerAs, hoursPass } from "./reminders.ts";
import { freshDatabase, freshRedis } from "./services.ts";

/** Reminders and the rest period in headless Chromium, against the built program and its simulator. */

const TIMEOUT_MS = 180_000;
const PICTURES = process.env["PICTURES"];

let database: Awaited<ReturnType<typeof freshDatabase>>;
let ledger: Ledger;
let program: Program;
let browser: Browser;
/** Of an owner of the sample workspace. */
let storageState: Awaited<ReturnType<ReturnType<Page["context"]>["storageState"]>>;

beforeAll(async () => {
  database = await freshDatabase();
  const { url: redisUrl } = await freshRedis();
  program = await startProgram({
    ...{ DATABASE_URL: database.url, REDIS_URL: redisUrl, PORT: String(await freePort()), POLL_MS: "200" },
  });
  ledger = await openLedgerOn(database.url);
  browser = await launchChromium();
  const { page } = await openPageIn(browser, program.address);
  storageState = await page.context().storageState();
  await page.context().close();
}, TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  await ledger?.drop();
  const code = await program?.stop();
  await database?.drop();
  expect(code).toBe(0);
}, TIMEOUT_MS);

const open = (path: string, options: BrowserContextOptions = {}) =>
  openPageIn(browser, program.url + path, { storageState, viewport: DESK, ...options });

/** A campaign through the simulator that was sent to so many so many hours ago, of whom the first has answered. */
async function aSentOne(name: string, recipients: number, hoursAgo: number) {
  const campaignId = await aCampaign(ledger.web, { name, recipients });
  const ref = { workspaceId: SAMPLE_WORKSPACE_ID, campaignId };
  await program.door.query(
    `mutation ($id: ID!) { dispatchCampaign(input: { campaignId: $id }) { userErrors { code } } }`,
    {
      id: campaignId,
    },
  );
  await eventually(async () => {
    const { data } = await program.door.query(`query ($id: ID!) { campaign(id: $id) { status } }`, { id: campaignId });
    return data.campaign.status === "COMPLETED";
  });
  await hoursPass(ledger, ref, hoursAgo);
  await answerAs(ledger, (await rowsOf(ledger, ref))[0]!.id);
  return ref;
}

describe.each([true, false])("with JavaScript %p", (javaScriptEnabled) => {
  test(
    "reminders are set, begin, are watched on a page of their own, and their words then stay",
    async () => {
      const { campaignId } = await aSentOne(`Spring ${javaScriptEnabled}`, 5, 30);
      const { page, wrong } = await open(`/campaigns/${campaignId}`, { javaScriptEnabled });
      const reminders = page.getByTestId("reminders");
      const set = page.getByTestId("reminders-set");
      await set.getByText("Nobody is reminded").waitFor();
      await reminders.locator("summary").first().click();

      await page.getByLabel("Second reminder: how long after sending").fill("3");
      await page.getByRole("button", { name: "Set reminders" }).click();
      await page.getByText("The second reminder goes to those who got the first").first().waitFor();
      await set.getByText("Nobody is reminded").waitFor();

      if (!javaScriptEnabled) await reminders.locator("summary").first().click();
      await page.getByLabel("Second reminder: how long after sending").fill("3");
      await page.getByLabel("First reminder: how long after sending").fill("5");
      await page.getByRole("button", { name: "Set reminders" }).click();
      await page.getByText("The second reminder must be later than the first").first().waitFor();

      if (!javaScriptEnabled) await reminders.locator("summary").first().click();
      await page.getByLabel("First reminder: how long after sending").fill("1");
      await page.getByLabel("Second reminder: how long after sending").fill("3");
      await reminders.getByText("Words of its own").first().click();
      await page.getByLabel("Subject").first().fill("Still there?");
      await page.getByRole("button", { name: "Set reminders" }).click();
      await set.getByText("After 1 day and after 3 days").waitFor();

      await eventually(async () => {
        if (!javaScriptEnabled) await page.reload();
        return reminders.getByText("4 of 4 sent").isVisible();
      });
      if (PICTURES && javaScriptEnabled) await takePictures(page, "parent");
      await page.reload();
      await reminders.locator("summary").first().click();
      expect(await page.getByLabel("Subject").first().getAttribute("readonly")).not.toBeNull();
      await page.getByRole("link", { name: "Reminder 1" }).click();
      await page.getByRole("heading", { name: `Reminder 1 of Spring ${javaScriptEnabled}` }).waitFor();
      await page
        .getByTestId("reminder-of")
        .getByRole("link", { name: `Spring ${javaScriptEnabled}` })
        .waitFor();
      await page.getByText("Completed: all 4 sent").first().waitFor();
      if (PICTURES && javaScriptEnabled) await takePictures(page, "child");
      expect(wrong.filter((one) => !one.includes("409"))).toEqual([]);
      await page.context().close();
    },
    TIMEOUT_MS,
  );

  test(
    "a campaign is created with reminders, its copy has them, and one that asks for impossible ones says so",
    async () => {
      const { page } = await open("/campaigns/new", { javaScriptEnabled });
      const name = `Summer ${javaScriptEnabled}`;
      const fold = page.locator("summary").filter({ hasText: "Reminders" });
      const after = (which: string) => page.getByLabel(`${which} reminder: how long after sending`);
      await page.getByLabel("Campaign name").fill(name);
      await fold.click();
      await after("Second").fill("3");
      await page.getByRole("button", { name: "Create campaign" }).click();
      await page.getByText("The second reminder goes to those who got the first").waitFor();
      await after("Second").fill("");
      await after("First").fill("2");
      await page.getByText("Words of its own").first().click();
      await page.locator("#reminderBody1").fill("Once more: {{ link }}");
      if (javaScriptEnabled) await page.getByText("Whoever has not answered is reminded: after 2 days.").waitFor();
      await page.getByRole("button", { name: "Create campaign" }).click();
      await page.getByTestId("reminders-set").getByText("After 2 days").waitFor();
      const id = new URL(page.url()).pathname.split("/").at(-1);

      await page.goto(`${program.url}/campaigns/new?from=${id}`);
      await page.getByText("Whoever has not answered is reminded: after 2 days.").waitFor();
      // Open, since something is set.
      expect(await after("First").inputValue()).toBe("2");
      expect(await page.locator("#reminderBody1").inputValue()).toBe("Once more: {{ link }}");
      await after("Second").fill("1");
      await page.getByRole("button", { name: "Create campaign" }).click();
      const said = page.getByText("The campaign was created, but it reminds nobody.").locator("..");
      expect(await said.innerText()).toContain("The second reminder must be later than the first");
      await page.getByRole("link", { name: "Go to the campaign" }).click();
      await page.getByTestId("reminders-set").getByText("Nobody is reminded").waitFor();
      await page.context().close();
    },
    TIMEOUT_MS,
  );

  test(
    "the rest period of the workspace is set and taken off",
    async () => {
      const { page } = await open("/settings/workspace", { javaScriptEnabled });
      const days = page.getByLabel("Days between campaigns");
      const save = page.getByRole("button", { name: "Set the rest period" });
      await days.fill("14");
      await save.click();
      await page.getByText("The rest period is 14 days.").waitFor();
      if (PICTURES && javaScriptEnabled) await takePictures(page, "rest");
      await page.reload();
      expect(await days.inputValue()).toBe("14");
      await days.fill("");
      await save.click();
      await page.getByText("There is no rest period any more.").waitFor();
      const { data } = await program.door.query(`{ workspace { restDays } }`);
      expect(data.workspace.restDays).toBe(0);
      await page.context().close();
    },
    TIMEOUT_MS,
  );
});

test(
  "a reminder that waits for those who become due says so; its page and its campaign's are without barriers, also on a phone",
  async () => {
    const ref = await aSentOne("Autumn", 3, 30);
    await ledger.owner.query(
      `UPDATE recipient SET sent_at = now() - interval '20 hours', activity_at = now() - interval '20 hours'
       WHERE campaign_id = $1 AND position = 3`,
      [ref.campaignId],
    );
    await program.door.query(
      `mutation ($id: ID!) { setReminders(input: { campaignId: $id, reminders: [{ afterHours: 24 }] }) { userErrors { code } } }`,
      { id: ref.campaignId },
    );
    const { page, wrong } = await open(`/campaigns/${ref.campaignId}`, { viewport: PHONE });
    await eventually(() => page.getByTestId("reminders").getByText("1 of 1 sent").isVisible());
    await page.getByTestId("reminders").locator("summary").first().click();
    expect(await barriers(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await page.getByRole("link", { name: "Reminder 1" }).click();
    await page.getByText(/Waiting until the next customers are due/).waitFor();
    if (PICTURES) await takePictures(page, "waiting");
    expect(await barriers(page)).toEqual([]);
    expect(wrong).toEqual([]);
    await page.context().close();
  },
  TIMEOUT_MS,
);

async function takePictures(page: Page, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const)
    for (const width of [1280, 390]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(400);
      await page.screenshot({ path: `${PICTURES}/${name}-${colorScheme}-${width}.png`, fullPage: true });
    }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(DESK);
}

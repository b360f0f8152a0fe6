import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type App, eventually, openApp } from "../testing/app.ts";
import { aCampaign, PLAIN } from "../testing/campaigns.ts";

let app: App;
beforeAll(async () => (app = await openApp({ workers: 1 })));
afterAll(() => app.stop());

test("the customers of a simulated campaign look and answer by the door of real ones, each once", async () => {
  const simulation = { ...PLAIN, answerShare: 1, answerDelayMs: 50 };
  const id = await aCampaign(app.database, { recipients: 20, simulation });
  await app.query(`mutation ($id: ID!) { dispatchCampaign(input: { campaignId: $id }) { userErrors { message } } }`, {
    id,
  });
  const ratings = await eventually(async () => {
    const { data } = await app.query(
      `query ($id: ID!) { campaign(id: $id) { ratings { opened rated distribution } } }`,
      { id },
    );
    return data.campaign.ratings.rated === 20 && data.campaign.ratings;
  });
  expect(ratings.opened).toBe(20);
  expect(ratings.distribution.reduce((sum: number, count: number) => sum + count, 0)).toBe(20);
});

test("nobody answers a campaign that asks for no answers", async () => {
  const id = await aCampaign(app.database, { recipients: 5, simulation: PLAIN });
  await app.query(`mutation ($id: ID!) { dispatchCampaign(input: { campaignId: $id }) { userErrors { message } } }`, {
    id,
  });
  await eventually(async () => {
    const { data } = await app.query(`query ($id: ID!) { campaign(id: $id) { status } }`, { id });
    return data.campaign.status === "COMPLETED";
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { data } = await app.query(`query ($id: ID!) { campaign(id: $id) { ratings { opened rated } } }`, { id });
  expect(data.campaign.ratings).toEqual({ opened: 0, rated: 0 });
});

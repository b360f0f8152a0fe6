import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Role } from "../accounts/access.ts";
import { type App, aToken, eventually, openApp, openDoor, quickSettings, SAMPLE_WORKSPACE_ID } from "../testing/app.ts";
import { aCampaign, PLAIN } from "../testing/campaigns.ts";
import { type Ledger, openLedgerOn } from "../testing/ledger.ts";
import { hoursPass } from "../testing/reminders.ts";

/** Reminders through the API, sent by a worker and answered by the simulator's customers. */

let app: App;
let ledger: Ledger;
beforeAll(async () => {
  app = await openApp({ workers: 2, settings: quickSettings({ RESPONSE_LINK_DAYS: "60" }) });
  ledger = await openLedgerOn(app.databaseUrl);
});
afterAll(async () => {
  await ledger.drop();
  await app.stop();
});

const SET = `mutation ($id: ID!, $reminders: [ReminderInput!]!, $key: String) {
  setReminders(input: { campaignId: $id, reminders: $reminders, idempotencyKey: $key }) {
    campaign { reminders { number afterHours subject body nextAt campaign { id } } }
    userErrors { code field message }
  }
}`;
const LOOK = `query ($id: ID!) { campaign(id: $id) {
  status ratings { rated }
  reminders { number nextAt campaign { id name status reminderNumber reminderOf { id } heldBy { rule until } progress { sent total } ratings { rated } } }
} }`;
const look = async (id: string) => (await app.query(LOOK, { id })).data.campaign;

/** A campaign that the simulator has sent, and whose customers kept to themselves. */
async function aSentOne(recipients: number): Promise<string> {
  const id = await aCampaign(app.database, { name: "Spring", recipients });
  await app.query(`mutation ($id: ID!) { dispatchCampaign(input: { campaignId: $id }) { userErrors { code } } }`, {
    id,
  });
  await eventually(async () => (await look(id)).status === "COMPLETED");
  return id;
}
const refOf = (campaignId: string) => ({ workspaceId: SAMPLE_WORKSPACE_ID, campaignId });

test("a reminder is set, goes out by itself, and what its customers answer is counted at the campaign", async () => {
  const id = await aSentOne(6);
  const simulation = { ...PLAIN, answerShare: 1, answerDelayMs: 50 };
  await ledger.owner.query(`UPDATE campaign SET simulation = $2 WHERE id = $1`, [id, JSON.stringify(simulation)]);
  await hoursPass(ledger, refOf(id), 30);
  const { data } = await app.query(SET, { id, reminders: [{ afterHours: 24, subject: "Still there?" }] });
  expect(data.setReminders.userErrors).toEqual([]);
  expect(data.setReminders.campaign.reminders).toMatchObject([
    { number: 1, afterHours: 24, subject: "Still there?", body: null },
  ]);

  const answered = await eventually(async () => {
    const campaign = await look(id);
    return campaign.ratings.rated === 6 && campaign;
  });
  const [reminder] = answered.reminders;
  expect(reminder.campaign).toMatchObject({
    ...{ name: "Reminder 1 of Spring", reminderNumber: 1, reminderOf: { id } },
    ...{ progress: { sent: 6, total: 6 }, ratings: { rated: 0 } },
  });
  await eventually(async () => (await look(id)).reminders[0].campaign.status === "COMPLETED");
  const listed = await app.query(
    `{ campaigns(search: "Spring") { nodes { name reminderNumber reminders { number } } } }`,
  );
  expect(listed.data.campaigns.nodes).toEqual([
    { name: "Reminder 1 of Spring", reminderNumber: 1, reminders: [] },
    { name: "Spring", reminderNumber: null, reminders: [{ number: 1 }] },
  ]);
});

test("one whose next customers are due later waits, says until when, and is not completed", async () => {
  const id = await aSentOne(2);
  await hoursPass(ledger, refOf(id), 30);
  await ledger.owner.query(
    `UPDATE recipient SET sent_at = now() - interval '20 hours', activity_at = now() - interval '20 hours'
     WHERE campaign_id = $1 AND position = 2`,
    [id],
  );
  await app.query(SET, { id, reminders: [{ afterHours: 24 }] });
  const waiting = await eventually(async () => {
    const [reminder] = (await look(id)).reminders;
    return reminder.campaign?.progress.sent === 1 && reminder.campaign.heldBy && reminder;
  });
  expect(waiting.campaign).toMatchObject({ status: "PROCESSING", heldBy: { rule: "NOT_DUE" } });
  expect(waiting.campaign.heldBy.until).toBe(waiting.nextAt);
  expect(Date.parse(waiting.nextAt) - Date.now()).toBeGreaterThan(3.9 * 3_600_000);
});

test("setting is for those who edit campaigns, is written down, and a repeated call with its key does nothing more", async () => {
  const id = await aCampaign(app.database, { name: "Written down" });
  const viewer = openDoor(app.webs[0]!.url, await aToken(app.database, SAMPLE_WORKSPACE_ID, Role.VIEWER));
  const refused = await viewer.query(SET, { id, reminders: [{ afterHours: 24 }] });
  expect(refused.errors?.[0]?.extensions.code).toBe("FORBIDDEN");
  const variables = { id, reminders: [{ afterHours: 24 }], key: "reminders-1" };
  await app.query(SET, variables);
  await app.query(SET, variables);
  const other = await app.query(SET, { ...variables, reminders: [{ afterHours: 25 }] });
  expect(other.data.setReminders.userErrors).toMatchObject([{ code: "IDEMPOTENCY_KEY_REUSED" }]);
  const { data } = await app.query(
    `{ auditLog(first: 100, action: REMINDERS_SET) { nodes { subjectId subjectName } } }`,
  );
  const written = data.auditLog.nodes.filter((node: { subjectId: string }) => node.subjectId === id);
  expect(written).toEqual([{ subjectId: id, subjectName: "Written down" }]);
});

test("the rest period of a workspace is from 0 to 365 days", async () => {
  const set = async (restDays: number) => {
    const { data } = await app.query(
      `mutation ($days: Int!) { updateWorkspace(input: { restDays: $days }) { workspace { restDays } userErrors { code field } } }`,
      { days: restDays },
    );
    return data.updateWorkspace;
  };
  expect(await set(366)).toEqual({ workspace: null, userErrors: [{ code: "INVALID", field: "restDays" }] });
  expect(await set(-1)).toMatchObject({ userErrors: [{ field: "restDays" }] });
  expect(await set(14)).toEqual({ workspace: { restDays: 14 }, userErrors: [] });
  expect(await set(0)).toEqual({ workspace: { restDays: 0 }, userErrors: [] });
});

test("a reminder that would come when its link has ended is refused, by this installation's setting", async () => {
  const id = await aCampaign(app.database, { name: "Late", recipients: 1 });
  const set = async (afterHours: number) =>
    (await app.query(SET, { id, reminders: [{ afterHours }] })).data.setReminders;
  expect((await set(60 * 24)).userErrors).toEqual([
    expect.objectContaining({
      code: "INVALID",
      field: "reminders[0].afterHours",
      message: expect.stringMatching(/60 days/),
    }),
  ]);
  expect((await set(60 * 24 - 1)).userErrors).toEqual([]);
});

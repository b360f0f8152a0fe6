import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { DateTime } from "luxon";
import { personalToken } from "../recipients/personal-link.ts";
import { newId } from "../platform/id.ts";
import { type App, eventually, openApp, quickSettings, SAMPLE_WORKSPACE_ID } from "../testing/app.ts";
import { aCampaign, PLAIN } from "../testing/campaigns.ts";
import { type Ledger, openLedgerOn } from "../testing/ledger.ts";
import { recountedRollups, rollUpByHand, rollupsOf } from "../testing/rollups.ts";

/** Figures through the API beside the same, worked out one customer after the other from what the test itself did. */

let app: App;
let ledger: Ledger;
let secret: Buffer;

beforeAll(async () => {
  app = await openApp({ workers: 1, settings: quickSettings({ TRUSTED_PROXIES: "loopback" }) });
  ledger = await openLedgerOn(app.databaseUrl);
  const [workspace] = await ledger.owner.query<{ message_secret: Buffer }>(
    `SELECT message_secret FROM workspace WHERE id = $1`,
    [SAMPLE_WORKSPACE_ID],
  );
  secret = workspace!.message_secret;
  await app.query(`mutation { updateWorkspace(input: { timeZone: "Europe/Berlin" }) { userErrors { message } } }`);
});
afterAll(async () => {
  await ledger.drop();
  await app.stop();
});

const INSIGHTS = `query ($from: DateTimeISO!, $to: DateTimeISO!, $ids: [ID!], $per: InsightsInterval, $zone: String) {
  insights(range: { from: $from, to: $to, per: $per, timeZone: $zone }, campaignIds: $ids) {
    ...figures from to timeZone per
    failures { reason count words }
    overTime { start funnel { sent rated } conversionRate answered averageRating }
    campaigns(first: 2) { campaign { id name } funnel { sent opened rated commented } conversionRate averageRating }
    bestCampaign { campaign { id } conversionRate }
    worstCampaign { campaign { id } }
    previous { ...figures from to previous { from } }
  }
}
fragment figures on Insights {
  funnel { sent opened rated commented clicked } conversionRate medianResponseTimeSeconds averageResponseTimeSeconds
  averageRating distribution
}`;

interface Wishes {
  from: Date;
  to: Date;
  ids?: string[];
  per?: string;
  zone?: string;
}

async function insights(wishes: Wishes) {
  const { data, errors } = await app.query(INSIGHTS, { ...wishes });
  expect(errors).toBeUndefined();
  return data.insights;
}

/** A customer as the test made them; seconds are from the sending to the answer. */
interface Customer {
  campaignId: string;
  sentAt: Date;
  rating?: number;
  comment?: string;
  seconds?: number;
}

/** A campaign whose customers were written to at these times and answered so much later; written by hand, rolled up too. */
async function sent(customers: Omit<Customer, "campaignId">[]): Promise<{ campaignId: string; customers: Customer[] }> {
  const campaignId = await aCampaign(app.database, { recipients: customers.length });
  await ledger.owner.query(
    `WITH told AS (
       SELECT * FROM jsonb_to_recordset($2::jsonb) AS t (position int, "sentAt" timestamptz, rating int, comment text, seconds int)
     ), counted AS (
       UPDATE campaign SET queued = 0, sent = total WHERE id = $1
     ), moved AS (
       UPDATE recipient r SET status = 'sent', sent_at = told."sentAt", activity_at = told."sentAt" FROM told
       WHERE r.campaign_id = $1 AND r.position = told.position RETURNING r.id, r.position
     ), opened AS (
       INSERT INTO visit (recipient_id, workspace_id, campaign_id, asked_at, opened_at)
       SELECT moved.id, $3, $1, told."sentAt", told."sentAt" + told.seconds * interval '1 second'
       FROM moved JOIN told USING (position) WHERE told.rating IS NOT NULL
     )
     INSERT INTO response (recipient_id, workspace_id, campaign_id, asked_at, answered_at, response_seconds, rating, comment)
     SELECT moved.id, $3, $1, told."sentAt", told."sentAt" + told.seconds * interval '1 second', told.seconds, told.rating, told.comment
     FROM moved JOIN told USING (position) WHERE told.rating IS NOT NULL`,
    [campaignId, JSON.stringify(customers.map((one, i) => ({ position: i + 1, ...one }))), SAMPLE_WORKSPACE_ID],
  );
  await rollUpByHand(ledger.owner, campaignId);
  return { campaignId, customers: customers.map((one) => ({ campaignId, ...one })) };
}

/** What the figures must be, from nothing but the list. */
function expected(all: readonly Customer[], { from, to }: { from: Date; to: Date }) {
  const asked = all.filter(({ sentAt }) => sentAt >= from && sentAt < to);
  const rated = asked.filter(({ rating }) => rating !== undefined);
  const seconds = rated.map((one) => one.seconds!).sort((a, b) => a - b);
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  const [low, high] = [seconds[(seconds.length - 1) >> 1], seconds[seconds.length >> 1]];
  const round = (value: number, digits: number) => Number(value.toFixed(digits));
  return {
    funnel: {
      ...{ sent: asked.length, opened: rated.length, rated: rated.length, clicked: 0 },
      commented: rated.filter(({ comment }) => comment !== undefined).length,
    },
    conversionRate: asked.length > 0 ? round(rated.length / asked.length, 4) : null,
    medianResponseTimeSeconds: low === undefined ? null : (low + high!) / 2,
    averageResponseTimeSeconds: rated.length > 0 ? round(sum(seconds) / rated.length, 1) : null,
    averageRating: rated.length > 0 ? round(sum(rated.map((one) => one.rating!)) / rated.length, 2) : null,
    distribution: [1, 2, 3, 4, 5].map((n) => rated.filter(({ rating }) => rating === n).length),
  };
}

const berlin = (text: string) => DateTime.fromISO(text, { zone: "Europe/Berlin" }).toJSDate();

describe("figures of the workspace", () => {
  const all: Customer[] = [];
  const ids: string[] = [];

  beforeAll(async () => {
    let seed = 20_261_128;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    // Three campaigns over four weeks in which the clocks went back; response times from a second to a month.
    for (const [share, howMany] of [
      [60, 400],
      [20, 300],
      [90, 20],
    ] as const) {
      const customers = Array.from({ length: howMany }, () => {
        const sentAt = new Date(berlin("2025-10-13").getTime() + random(28 * 86_400) * 1000);
        if (random(100) >= share) return { sentAt };
        const seconds = Math.floor(Math.exp((random(1_000) / 1_000) * 14.7));
        return { sentAt, seconds, rating: 1 + random(5), ...(random(3) === 0 && { comment: "Words." }) };
      });
      const made = await sent(customers);
      ids.push(made.campaignId);
      all.push(...made.customers);
    }
  });

  test.each([
    ["all of it", "2025-10-13", "2025-11-10"],
    ["the week of the changed clocks", "2025-10-20", "2025-10-27"],
    ["one day", "2025-10-26", "2025-10-27"],
    ["a quarter of an hour", "2025-10-21T12:00", "2025-10-21T12:15"],
    ["hours that are split at both ends", "2025-10-14T07:15", "2025-10-30T18:45"],
    ["a time with nothing in it", "2025-12-20", "2025-12-24"],
  ])("are those of its customers, one by one: %s, and the time before", async (_, first, last) => {
    const range = { from: berlin(first), to: berlin(last) };
    const found = await insights(range);
    expect(found).toMatchObject({ ...expected(all, range), timeZone: "Europe/Berlin" });
    const before = { from: new Date(found.previous.from), to: new Date(found.previous.to) };
    expect(before.to).toEqual(range.from);
    expect(found.previous).toMatchObject({ ...expected(all, before), previous: null });
  });

  test("are those of each day on the clocks of a zone of half hours, too", async () => {
    const india = (day: number) => DateTime.fromISO("2025-10-13", { zone: "Asia/Kolkata" }).plus({ days: day });
    const range = { from: india(1).toJSDate(), to: india(21).toJSDate() };
    const found = await insights({ ...range, zone: "Asia/Kolkata", per: "DAY" });
    expect(found).toMatchObject(expected(all, range));
    expect(found.overTime).toHaveLength(20);
    for (const [i, step] of found.overTime.entries()) {
      const day = { from: india(i + 1).toJSDate(), to: india(i + 2).toJSDate() };
      const { funnel, conversionRate } = expected(all, day);
      expect(step).toMatchObject({ funnel: { sent: funnel.sent, rated: funnel.rated }, conversionRate });
    }
  });

  test("of some campaigns leave the others out", async () => {
    const range = { from: berlin("2025-10-13"), to: berlin("2025-11-10") };
    const [first, second, third] = ids as [string, string, string];
    const some = all.filter(({ campaignId }) => campaignId !== second);
    const found = await insights({ ...range, ids: [first, third] });
    expect(found).toMatchObject(expected(some, range));
    expect(found.campaigns.map((one: { campaign: { id: string } }) => one.campaign.id)).toEqual([first, third]);
  });

  test("leave reminders out, unless one is asked for", async () => {
    const range = { from: berlin("2025-10-13"), to: berlin("2025-11-10") };
    const reminder = await sent([{ sentAt: berlin("2025-10-20T12:00") }]);
    await ledger.owner.query(`UPDATE campaign SET reminds_id = $2, reminder_number = 1 WHERE id = $1`, [
      ...[reminder.campaignId, ids[0]],
    ]);
    expect((await insights(range)).funnel).toEqual(expected(all, range).funnel);
    expect((await insights({ ...range, ids: [reminder.campaignId] })).funnel.sent).toBe(1);
  });

  test("name the best and the worst of those that wrote to thirty or more, and none where there is one", async () => {
    const range = { from: berlin("2025-10-13"), to: berlin("2025-11-10") };
    const [first, second, third] = ids as [string, string, string];
    const found = await insights(range);
    expect(found.bestCampaign.campaign.id).toBe(first);
    expect(found.worstCampaign.campaign.id).toBe(second);
    const one = await insights({ ...range, ids: [second, third] });
    expect([one.bestCampaign.campaign.id, one.worstCampaign]).toEqual([second, null]);
    const few = await insights({ ...range, ids: [third] });
    expect([few.bestCampaign, few.worstCampaign, few.funnel.sent]).toEqual([null, null, 20]);
  });

  test.each(["HOUR", "DAY", "WEEK", "MONTH"])("over time add up to the whole, per %s, without a gap", async (per) => {
    const range = { from: berlin("2025-10-20"), to: berlin("2025-11-02T18:00") };
    const found = await insights({ ...range, per });
    const steps: { start: string; funnel: { sent: number; rated: number }; answered: number; averageRating: number }[] =
      found.overTime;
    const sum = (of: (step: (typeof steps)[number]) => number) => steps.reduce((total, step) => total + of(step), 0);
    expect(sum((step) => step.funnel.sent)).toBe(found.funnel.sent);
    expect(sum((step) => step.funnel.rated)).toBe(found.funnel.rated);
    for (const [i, step] of steps.entries()) {
      const here = { from: new Date(step.start), to: new Date(steps[i + 1]?.start ?? range.to) };
      const answers = all.filter(({ sentAt, seconds }) => {
        const answeredAt = sentAt.getTime() + (seconds ?? NaN) * 1000;
        return answeredAt >= here.from.getTime() && answeredAt < here.to.getTime();
      });
      expect({ per, i, ...step }).toMatchObject({
        answered: answers.length,
        funnel: { sent: expected(all, here).funnel.sent },
      });
      const stars = answers.reduce((total, { rating }) => total + rating!, 0);
      expect(step.averageRating).toBe(answers.length > 0 ? Number((stars / answers.length).toFixed(2)) : null);
    }
    const there = DateTime.fromISO(steps[1]!.start, { zone: "Europe/Berlin" });
    expect(per === "HOUR" ? there.minute : there.hour).toBe(0);
  });
});

describe("figures of messages that really went out", () => {
  test("are right at once, and follow failures, retries, answers and what came back", async () => {
    const simulation = { ...PLAIN, permanentFailureShare: 0.3 };
    const campaignId = await aCampaign(app.database, { recipients: 60, simulation });
    await sendWith("dispatchCampaign", campaignId);
    await sendWith("retryFailedRecipients", campaignId);
    const rows = await ledger.owner.query<{ id: string; email: string }>(
      `SELECT id, email FROM recipient WHERE campaign_id = $1 AND status = 'sent' ORDER BY position`,
      [campaignId],
    );
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.length).toBeLessThan(60);
    for (const { id } of rows.slice(0, 5)) await answer(id, 4);
    await answer(rows[0]!.id, 5);
    const report = { events: [{ type: "bounced", email: rows[5]!.email, permanent: true, code: "550 5.1.1" }] };
    const told = await app.webs[0]!.fetch("/feedback/events/generic", { method: "POST", body: JSON.stringify(report) });
    expect(await told.json()).toMatchObject({ changed: 1 });

    const range = { from: new Date(Date.now() - 86_400_000), to: new Date(Date.now() + 1_800_000) };
    const found = await insights({ ...range, ids: [campaignId] });
    expect(found.funnel).toEqual({ sent: rows.length - 1, opened: 5, rated: 5, commented: 5, clicked: 0 });
    expect(found).toMatchObject({
      distribution: [0, 0, 0, 4, 1],
      averageRating: 4.2,
      previous: { funnel: { sent: 0 } },
    });
    const failed: { count: number }[] = found.failures;
    expect(failed.reduce((sum, { count }) => sum + count, 0)).toBe(60 - rows.length + 1);
    expect(await rollupsOf(ledger.owner, campaignId)).toEqual(await recountedRollups(ledger.owner, campaignId));
  });

  async function sendWith(mutation: string, campaignId: string) {
    const { data } = await app.query(
      `mutation ($id: ID!) { ${mutation}(input: { campaignId: $id }) { userErrors { message } } }`,
      { id: campaignId },
    );
    expect(data[mutation].userErrors).toEqual([]);
    await eventually(async () => {
      const asked = await app.query(`query ($id: ID!) { campaign(id: $id) { status } }`, { id: campaignId });
      return asked.data.campaign.status === "COMPLETED";
    });
  }

  let callers = 0;
  async function answer(recipientId: string, rating: number) {
    const answered = await fetch(`${app.webs[0]!.url}/r/${personalToken(secret, recipientId, "respond")}`, {
      ...{ method: "POST", redirect: "manual" as const },
      headers: { "x-forwarded-for": `192.0.2.${(callers += 1)}` },
      body: new URLSearchParams({ rating: String(rating), comment: "Good." }),
    });
    expect(answered.status).toBe(303);
  }
});

describe("a question that cannot be answered", () => {
  const day = { from: berlin("2025-10-13"), to: berlin("2025-10-14") };

  test.each([
    ["a range the wrong way round", { from: day.to, to: day.from }, "range.to: must be at least"],
    ["a zone that is none", { ...day, zone: "Mars/Base" }, "range.timeZone: “Mars/Base” is no time zone"],
    ["too many campaigns", { ...day, ids: Array.from({ length: 101 }, () => newId()) }, "campaignIds: at most 100"],
  ])("is refused with words: %s", async (_, wishes, words) => {
    const { errors } = await app.query(INSIGHTS, { ...wishes });
    expect(errors).toMatchObject([{ message: expect.stringContaining(words), extensions: { code: "BAD_USER_INPUT" } }]);
  });

  test("names a campaign that is not there", async () => {
    const { errors } = await app.query(INSIGHTS, { ...day, ids: [newId()] });
    expect(errors).toMatchObject([{ extensions: { code: "NOT_FOUND" } }]);
  });
});

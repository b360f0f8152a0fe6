import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Role } from "../accounts/access.ts";
import { insertAccount } from "../accounts/account.store.ts";
import { insertMember } from "../accounts/member.store.ts";
import { readCounters } from "../campaigns/counters.store.ts";
import type { WorkspaceTransaction } from "../platform/database.ts";
import { newId } from "../platform/id.ts";
import { personalToken } from "../recipients/personal-link.ts";
import {
  type App,
  aToken,
  eventually,
  openApp,
  openDoor,
  quickSettings,
  SAMPLE_WORKSPACE_ID,
  type Subscription,
} from "../testing/app.ts";
import { aCampaign } from "../testing/campaigns.ts";
import { aWorkspace, type Ledger, openLedgerOn } from "../testing/ledger.ts";
import { recountedRollups, rollUpByHand, rollupsOf } from "../testing/rollups.ts";
import { heardSince } from "./response.store.ts";

/** Answers from the customer's POST to the API: written once, counted right, told live, handled by people. */

let app: App;
let ledger: Ledger;
let secret: Buffer;
const settings = quickSettings({ TRUSTED_PROXIES: "loopback" });

beforeAll(async () => {
  app = await openApp({ webs: 2, workers: 0, settings });
  ledger = await openLedgerOn(app.databaseUrl);
  const [workspace] = await ledger.owner.query<{ message_secret: Buffer }>(
    `SELECT message_secret FROM workspace WHERE id = $1`,
    [SAMPLE_WORKSPACE_ID],
  );
  secret = workspace!.message_secret;
});
afterAll(async () => {
  await ledger.drop();
  await app.stop();
});

/** Who was sent to ten minutes ago, in a campaign of their own, with their tokens. */
async function sentTo(recipients: number) {
  const campaignId = await aCampaign(app.database, { recipients });
  const rows = await ledger.owner.query<{ id: string }>(
    `WITH counted AS (UPDATE campaign SET queued = 0, sent = $2 WHERE id = $1)
     UPDATE recipient SET status = 'sent', sent_at = now() - interval '10 minutes' WHERE campaign_id = $1
     RETURNING id, position`,
    [campaignId, recipients],
  );
  await rollUpByHand(ledger.owner, campaignId);
  const ids = rows.map(({ id }) => id);
  return { campaignId, ids, tokens: ids.map((id) => personalToken(secret, id, "respond")) };
}

const BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
let callers = 0;
const post = (path: string, form: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  fetch(app.webs[0]!.url + path, {
    method: "POST",
    redirect: "manual",
    headers: { "x-forwarded-for": `192.0.2.${++callers % 250}`, "user-agent": BROWSER, ...headers },
    body: new URLSearchParams(form),
  });
const answer = (token: string, rating: number, comment = "") =>
  post(`/r/${token}`, { rating: String(rating), comment });
const open = (token: string) => post(`/r/${token}/opened`, { automated: "no" });

const rowOf = async (id: string) =>
  (await ledger.owner.query<Record<string, unknown>>(`SELECT * FROM response WHERE recipient_id = $1`, [id]))[0];

/** What is counted of a campaign and rolled up of it, and the same counted from the rows. */
async function countedAndRecounted(campaignId: string) {
  const names = `opened, scanned, clicked, rated, commented, rating_sum, rating_1, rating_2, rating_3, rating_4, rating_5, sent, unconfirmed`;
  const [counted] = await ledger.owner.query(`SELECT ${names} FROM campaign WHERE id = $1`, [campaignId]);
  const ofRating = (n: number) => `(count(*) FILTER (WHERE s.rating = ${n}))::int AS rating_${n}`;
  const [recounted] = await ledger.owner.query(
    `SELECT count(v.opened_at)::int AS opened, count(v.scanned_at)::int AS scanned, count(v.clicked_at)::int AS clicked, count(s.rating)::int AS rated,
            count(s.comment)::int AS commented, coalesce(sum(s.rating), 0)::int AS rating_sum,
            ${[1, 2, 3, 4, 5].map(ofRating).join(", ")},
            (count(*) FILTER (WHERE r.status = 'sent'))::int AS sent,
            (count(*) FILTER (WHERE r.status = 'unconfirmed'))::int AS unconfirmed
     FROM recipient r LEFT JOIN visit v ON v.recipient_id = r.id LEFT JOIN response s ON s.recipient_id = r.id
     WHERE r.campaign_id = $1`,
    [campaignId],
  );
  const rollups = [await rollupsOf(ledger.owner, campaignId), await recountedRollups(ledger.owner, campaignId)];
  return { counted: { ...counted, rollups: rollups[0] }, recounted: { ...recounted, rollups: rollups[1] } };
}
const seqOf = async (campaignId: string) =>
  (await app.database.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) => readCounters(tx, campaignId)))!.seq;

describe("an answer", () => {
  test("is written down with the time it took, opens, and the same one again changes nothing", async () => {
    const { campaignId, ids, tokens } = await sentTo(1);
    expect((await answer(tokens[0]!, 4, "Good \r\ncoffee ")).status).toBe(303);
    const first = await rowOf(ids[0]!);
    expect(first).toMatchObject({ rating: 4, comment: "Good \ncoffee", changed_at: null, read_at: null });
    expect(first!["response_seconds"]).toBeGreaterThanOrEqual(600);
    expect(first!["response_seconds"]).toBeLessThan(700);
    const seq = await seqOf(campaignId);
    expect((await answer(tokens[0]!, 4, "Good \r\ncoffee")).status).toBe(303);
    expect(await rowOf(ids[0]!)).toEqual(first);
    expect(await seqOf(campaignId)).toBe(seq);
    const { counted, recounted } = await countedAndRecounted(campaignId);
    expect(counted).toEqual(recounted);
    expect(counted).toMatchObject({ opened: 1, rated: 1, commented: 1, rating_sum: 4, rating_4: 1 });
  });

  test("that is changed keeps when it was given, says when it was changed, and is unread again", async () => {
    const { campaignId, ids, tokens } = await sentTo(1);
    await answer(tokens[0]!, 2, "Cold.");
    const first = await rowOf(ids[0]!);
    await app.query(
      `mutation ($ids: [ID!]!) { markResponsesRead(input: { ids: $ids, read: true }) { responses { id } } }`,
      {
        ids,
      },
    );
    expect(await rowOf(ids[0]!)).toMatchObject({ read_at: expect.any(Date) });
    await answer(tokens[0]!, 5);
    const { answered_at, response_seconds } = first!;
    expect(await rowOf(ids[0]!)).toMatchObject({
      ...{ rating: 5, comment: null, answered_at, response_seconds, read_at: null, changed_at: expect.any(Date) },
    });
    const { counted, recounted } = await countedAndRecounted(campaignId);
    expect(counted).toEqual(recounted);
    expect(counted).toMatchObject({ rated: 1, commented: 0, rating_sum: 5, rating_2: 0, rating_5: 1 });
  });

  test("given in fifty POSTs at once, with openings and clicks among them, counts once", async () => {
    const { campaignId, ids, tokens } = await sentTo(1);
    await app.query(UPDATE, { input: { reviewLinks: [{ name: "Here", url: "https://reviews.example.com/" }] } });
    const token = tokens[0]!;
    const posts = Array.from({ length: 50 }, (_, i) => [
      ...[
        answer(token, 3, "Fine."),
        i % 5 === 0 ? open(token) : null,
        i % 5 === 1 ? post(`/r/${token}/review/1`) : null,
      ],
    ]);
    const answers = await Promise.all(posts.flat().filter((one) => one !== null));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303, 204]));
    const { counted, recounted } = await countedAndRecounted(campaignId);
    expect(counted).toEqual(recounted);
    expect(counted).toMatchObject({ opened: 1, clicked: 1, rated: 1, rating_sum: 3 });
    expect(await rowOf(ids[0]!)).toMatchObject({ changed_at: null });
  });

  test("lifts who was in doubt to sent, by when the doubt arose; so does an opening; a failed one stays failed", async () => {
    const { campaignId, ids, tokens } = await sentTo(3);
    await ledger.owner.query(
      `WITH moved AS (UPDATE campaign SET sent = 0, unconfirmed = 2, failed = 1 WHERE id = $1)
       UPDATE recipient SET sent_at = NULL, activity_at = now() - interval '5 minutes',
              status = CASE WHEN id = $2 THEN 'failed' ELSE 'unconfirmed' END WHERE campaign_id = $1`,
      [campaignId, ids[2]],
    );
    await rollUpByHand(ledger.owner, campaignId);
    await answer(tokens[0]!, 5);
    await open(tokens[1]!);
    await answer(tokens[2]!, 1);
    const rows = await ledger.owner.query<{ status: string }>(
      `SELECT id, status, sent_at < now() - interval '4 minutes' AS early FROM recipient WHERE campaign_id = $1 ORDER BY position`,
      [campaignId],
    );
    expect(rows).toEqual([
      { id: ids[0], status: "sent", early: true },
      { id: ids[1], status: "sent", early: true },
      { id: ids[2], status: "failed", early: null },
    ]);
    const { counted, recounted } = await countedAndRecounted(campaignId);
    expect(counted).toEqual(recounted);
    expect(await rowOf(ids[0]!)).toMatchObject({ response_seconds: expect.any(Number) });
    expect(await rowOf(ids[2]!)).toMatchObject({ response_seconds: null });
  });

  test("whatever customers do in whatever order, the counters are what the rows say", async () => {
    const { campaignId, tokens } = await sentTo(6);
    // Each in another quarter of an hour, and of one it is not known when.
    await ledger.owner.query(
      `UPDATE recipient SET sent_at = CASE WHEN position < 6 THEN now() - position * interval '16 minutes' END,
              status = CASE WHEN position < 6 THEN 'sent' ELSE 'failed' END WHERE campaign_id = $1`,
      [campaignId],
    );
    await ledger.owner.query(`UPDATE campaign SET sent = 5, failed = 1 WHERE id = $1`, [campaignId]);
    await rollUpByHand(ledger.owner, campaignId);
    await app.query(UPDATE, { input: { reviewLinks: [{ name: "Here", url: "https://reviews.example.com/" }] } });
    let seed = 20_261_127;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const deeds: ((token: string) => Promise<unknown>)[] = [
      (token) => answer(token, 1 + random(5), ["", "Words.", "Other words."][random(3)]),
      (token) => open(token),
      (token) => post(`/r/${token}/review/1`),
      (token) => post(`/r/${token}/opened`, { automated: "yes" }),
    ];
    for (let round = 0; round < 25; round += 1) {
      await Promise.all(Array.from({ length: 4 }, () => deeds[random(4)]!(tokens[random(6)]!)));
      const { counted, recounted } = await countedAndRecounted(campaignId);
      expect({ round, ...counted }).toEqual({ round, ...recounted });
    }
    const { counted } = await countedAndRecounted(campaignId);
    expect(counted).toMatchObject({ rated: 6 });
    expect(counted.rollups!.sums.length).toBeGreaterThanOrEqual(6);
  });
});

const UPDATE = `mutation ($input: UpdateWorkspaceInput!) {
  updateWorkspace(input: $input) { workspace { color reviewLinks { name url } } userErrors { code field message } }
}`;

describe("a workspace's answering page", () => {
  test("gets a colour and review links, which can be taken away again", async () => {
    const reviewLinks = [
      { name: "Maps", url: "https://maps.example.com/us?x=1" },
      { name: "Stars", url: "https://stars.example/us" },
    ];
    const set = await app.query(UPDATE, { input: { color: " #AABB00 ", reviewLinks } });
    expect(set.data.updateWorkspace).toEqual({ workspace: { color: "#aabb00", reviewLinks }, userErrors: [] });
    const kept = await app.query(UPDATE, { input: { name: "Campaign Dispatcher" } });
    expect(kept.data.updateWorkspace.workspace).toEqual({ color: "#aabb00", reviewLinks });
    const gone = await app.query(UPDATE, { input: { color: "", reviewLinks: [] } });
    expect(gone.data.updateWorkspace.workspace).toEqual({ color: null, reviewLinks: [] });
  });

  test.each<[string, string, object]>([
    ["a colour's name", "color", { color: "red" }],
    ["five digits", "color", { color: "#12345" }],
    ["plain http", "reviewLinks[1].url", { reviewLinks: [link("https://a.example"), link("http://a.example")] }],
    ["a script", "reviewLinks[0].url", { reviewLinks: [link("javascript:alert(1)")] }],
    ["a host that hides", "reviewLinks[0].url", { reviewLinks: [link("https://known.example@elsewhere.example/")] }],
    ["no host", "reviewLinks[0].url", { reviewLinks: [link("https://")] }],
    ["a very long address", "reviewLinks[0].url", { reviewLinks: [link(`https://a.example/${"a".repeat(2000)}`)] }],
    ["a blank name", "reviewLinks[0].name", { reviewLinks: [link("https://a.example", " ")] }],
    ["a long name", "reviewLinks[0].name", { reviewLinks: [link("https://a.example", "n".repeat(61))] }],
    ["six links", "reviewLinks", { reviewLinks: Array.from({ length: 6 }, () => link("https://a.example")) }],
  ])("refuses %s, and changes nothing", async (_what, field, input) => {
    const refused = await app.query(UPDATE, { input: { name: "Changed", ...input } });
    expect(refused.data.updateWorkspace).toMatchObject({ workspace: null, userErrors: [{ field }] });
    const { data } = await app.query(`{ workspace { name } }`);
    expect(data.workspace.name).not.toBe("Changed");
  });

  function link(url: string, name = "Here") {
    return { name, url };
  }
});

describe("the list of answers", () => {
  const LIST = `query ($first: Int, $after: String, $filter: ResponsesFilter) {
    responses(first: $first, after: $after, filter: $filter) {
      nodes { id rating comment responseTimeSeconds recipient { id email } campaign { id } assignee { id } note readAt }
      pageInfo { hasNextPage endCursor }
    }
  }`;
  const idsOf = (answer: { data: { responses: { nodes: { id: string }[] } } }) =>
    answer.data.responses.nodes.map(({ id }) => id);

  test("goes newest first, page by page, and nobody is listed twice though answers come meanwhile", async () => {
    const { campaignId, ids, tokens } = await sentTo(7);
    for (const token of tokens.slice(0, 6)) await answer(token, 4);
    const filter = { campaignIds: [campaignId] };
    const first = await app.query(LIST, { first: 4, filter });
    expect(idsOf(first)).toEqual(ids.slice(2, 6).reverse());
    await answer(tokens[6]!, 1);
    await answer(tokens[0]!, 2);
    const rest = await app.query(LIST, { first: 4, filter, after: first.data.responses.pageInfo.endCursor });
    expect(idsOf(rest)).toEqual(ids.slice(0, 2).reverse());
    expect(rest.data.responses.pageInfo.hasNextPage).toBe(false);
    expect(rest.data.responses.nodes[1]).toMatchObject({
      rating: 2,
      campaign: { id: campaignId },
      recipient: { id: ids[0] },
    });
  });

  test("is filtered by campaign, rating, words, reading and assignee", async () => {
    const { campaignId, ids, tokens } = await sentTo(4);
    const other = await sentTo(1);
    await answer(tokens[0]!, 1, "Bad.");
    await answer(tokens[1]!, 3);
    await answer(tokens[2]!, 5, "Great.");
    await answer(other.tokens[0]!, 5);
    const member = await aMember();
    await app.query(`mutation ($input: AssignResponseInput!) { assignResponse(input: $input) { response { id } } }`, {
      input: { id: ids[2], assigneeId: member },
    });
    await app.query(
      `mutation ($ids: [ID!]!) { markResponsesRead(input: { ids: $ids, read: true }) { responses { id } } }`,
      {
        ids: [ids[0]],
      },
    );
    const listed = async (filter: object) =>
      idsOf(await app.query(LIST, { filter: { campaignIds: [campaignId], ...filter } }));
    expect(await listed({})).toEqual([ids[2], ids[1], ids[0]]);
    expect(await listed({ ratings: [1, 5] })).toEqual([ids[2], ids[0]]);
    expect(await listed({ hasComment: false })).toEqual([ids[1]]);
    expect(await listed({ unread: true })).toEqual([ids[2], ids[1]]);
    expect(await listed({ unread: false, hasComment: true })).toEqual([ids[0]]);
    expect(await listed({ assigneeId: member })).toEqual([ids[2]]);
    expect(await listed({ campaignIds: [campaignId, other.campaignId], ratings: [5] })).toEqual([other.ids[0], ids[2]]);
    const odd = await app.query(LIST, { filter: { ratings: [6] } });
    expect(odd.errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
  });

  test("and a campaign's recipients and ratings say the same", async () => {
    const { campaignId, ids, tokens } = await sentTo(3);
    await answer(tokens[0]!, 2);
    await answer(tokens[1]!, 5, "Yes.");
    const { data } = await app.query(
      `query ($id: ID!) { campaign(id: $id) {
        ratings { opened rated commented clicked average distribution conversionRate }
        recipients(first: 10) { nodes { id openedAt clickedAt response { rating recipient { id } } } }
      } }`,
      { id: campaignId },
    );
    expect(data.campaign.ratings).toEqual({
      ...{ opened: 2, rated: 2, commented: 1, clicked: 0, average: 3.5, distribution: [0, 1, 0, 0, 1] },
      conversionRate: 0.6667,
    });
    const at = expect.any(String);
    expect(data.campaign.recipients.nodes).toEqual([
      { id: ids[0], openedAt: at, clickedAt: null, response: { rating: 2, recipient: { id: ids[0] } } },
      { id: ids[1], openedAt: at, clickedAt: null, response: { rating: 5, recipient: { id: ids[1] } } },
      { id: ids[2], openedAt: null, clickedAt: null, response: null },
    ]);
  });

  test("a campaign that nobody answered has no average, and one that sent nothing no conversion", async () => {
    const campaignId = await aCampaign(app.database, { recipients: 1 });
    const { data } = await app.query(
      `query ($id: ID!) { campaign(id: $id) { ratings { rated average distribution conversionRate } } }`,
      { id: campaignId },
    );
    expect(data.campaign.ratings).toEqual({
      ...{ rated: 0, average: null, distribution: [0, 0, 0, 0, 0], conversionRate: null },
    });
  });
});

async function aMember(): Promise<string> {
  const accountId = newId();
  return app.database.inWorkspace(
    SAMPLE_WORKSPACE_ID,
    async (tx) => {
      await insertAccount(tx, {
        id: accountId,
        email: `${accountId}@example.com`,
        name: "Bo Birch",
        passwordHash: null,
      });
      return (await insertMember(tx, accountId, Role.EDITOR))!;
    },
    accountId,
  );
}

describe("handling answers", () => {
  const ASSIGN = `mutation ($input: AssignResponseInput!) {
    assignResponse(input: $input) { response { assignee { name } } userErrors { code } }
  }`;
  const NOTE = `mutation ($input: SetResponseNoteInput!) {
    setResponseNote(input: $input) { response { note } userErrors { code field } }
  }`;

  test("gives it to a member and takes it back; whoever leaves leaves it to nobody", async () => {
    const { ids, tokens } = await sentTo(1);
    await answer(tokens[0]!, 1);
    const assigneeId = await aMember();
    const given = await app.query(ASSIGN, { input: { id: ids[0], assigneeId } });
    expect(given.data.assignResponse).toEqual({ response: { assignee: { name: "Bo Birch" } }, userErrors: [] });
    await ledger.owner.query(`DELETE FROM member WHERE id = $1`, [assigneeId]);
    expect(await rowOf(ids[0]!)).toMatchObject({ rating: 1, assignee_id: null });
    const gone = await app.query(ASSIGN, { input: { id: ids[0], assigneeId } });
    expect(gone.errors?.[0]?.extensions.code).toBe("NOT_FOUND");
    const taken = await app.query(ASSIGN, { input: { id: ids[0], assigneeId: null } });
    expect(taken.data.assignResponse.response).toEqual({ assignee: null });
  });

  test("keeps a note, refuses one that is too long, and takes a blank one away", async () => {
    const { ids, tokens } = await sentTo(1);
    await answer(tokens[0]!, 1);
    const id = ids[0];
    const noted = await app.query(NOTE, { input: { id, note: "  Called back.\nAll is well. " } });
    expect(noted.data.setResponseNote.response).toEqual({ note: "Called back.\nAll is well." });
    const long = await app.query(NOTE, { input: { id, note: "x".repeat(2001) } });
    expect(long.data.setResponseNote).toEqual({ response: null, userErrors: [{ code: "TOO_LONG", field: "note" }] });
    expect(await rowOf(ids[0]!)).toMatchObject({ note: "Called back.\nAll is well." });
    const blank = await app.query(NOTE, { input: { id, note: " " } });
    expect(blank.data.setResponseNote.response).toEqual({ note: null });
  });

  test("marks all of those named or none", async () => {
    const { ids, tokens } = await sentTo(2);
    await answer(tokens[0]!, 1);
    const document = `mutation ($input: MarkResponsesReadInput!) {
      markResponsesRead(input: $input) { responses { id readAt } userErrors { code } }
    }`;
    const unknown = await app.query(document, { input: { ids, read: true } });
    expect(unknown.errors?.[0]?.extensions.code).toBe("NOT_FOUND");
    expect(await rowOf(ids[0]!)).toMatchObject({ read_at: null });
    const many = await app.query(document, { input: { ids: Array(101).fill(ids[0]), read: true } });
    expect(many.data.markResponsesRead.userErrors).toEqual([{ code: "TOO_MANY" }]);
    const read = await app.query(document, { input: { ids: [ids[0]], read: true } });
    const [{ readAt }] = read.data.markResponsesRead.responses;
    expect(readAt).toEqual(expect.any(String));
    const again = await app.query(document, { input: { ids: [ids[0]], read: true } });
    expect(again.data.markResponsesRead.responses[0].readAt).toBe(readAt);
    const unread = await app.query(document, { input: { ids: [ids[0]], read: false } });
    expect(unread.data.markResponsesRead.responses[0].readAt).toBeNull();
  });

  test("is an editor's: a viewer reads, and may change nothing", async () => {
    const { ids, tokens } = await sentTo(1);
    await answer(tokens[0]!, 1);
    const viewer = openDoor(app.webs[0]!.url, await aToken(app.database, SAMPLE_WORKSPACE_ID, Role.VIEWER));
    const read = await viewer.query(`{ responses(first: 1) { nodes { id rating } } }`);
    expect(read.data.responses.nodes).toEqual([{ id: ids[0], rating: 1 }]);
    for (const refused of [
      await viewer.query(ASSIGN, { input: { id: ids[0], assigneeId: null } }),
      await viewer.query(NOTE, { input: { id: ids[0], note: "x" } }),
      await viewer.query(
        `mutation ($ids: [ID!]!) { markResponsesRead(input: { ids: $ids, read: true }) { userErrors { code } } }`,
        {
          ids,
        },
      ),
    ])
      expect(refused.errors?.[0]?.extensions.code).toBe("FORBIDDEN");
    const editor = openDoor(app.webs[0]!.url, await aToken(app.database, SAMPLE_WORKSPACE_ID, Role.EDITOR));
    expect((await editor.query(NOTE, { input: { id: ids[0], note: "x" } })).errors).toBeUndefined();
  });
});

describe("answers as they come", () => {
  const WATCH = `subscription ($id: ID) {
    responseReceived(campaignId: $id) { isNew response { id rating comment recipient { email } campaign { ratings { rated } } } }
  }`;
  /** Until the subscription hears: what was before it is not told. */
  const ready = (subscription: { events: unknown[] }) =>
    new Promise((resolve) => setTimeout(resolve, 400)).then(() => expect(subscription.events).toEqual([]));

  test("each is told once, new or changed, to the workspace and to its campaign alone, by another process too", async () => {
    const { campaignId, ids, tokens } = await sentTo(2);
    const other = await sentTo(1);
    const all = app.subscribe(WATCH);
    const one = app.webs[1]!.subscribe(WATCH, { id: campaignId });
    await ready(all);
    await ready(one);
    await answer(tokens[0]!, 2, "Hm.");
    const startedAt = performance.now();
    const first = await one.until(() => true, 5_000);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(first.responseReceived).toMatchObject({
      isNew: true,
      response: { id: ids[0], rating: 2, comment: "Hm.", campaign: { ratings: { rated: 1 } } },
    });
    await answer(tokens[0]!, 5);
    await one.until(({ responseReceived }) => !responseReceived.isNew && responseReceived.response.rating === 5);
    await answer(tokens[0]!, 5);
    await answer(other.tokens[0]!, 4);
    await answer(tokens[1]!, 1);
    const told = ({ events }: Subscription) =>
      events.map(({ responseReceived: { isNew, response } }) => [response.id, response.rating, isNew]);
    const ours = [
      [ids[0], 2, true],
      [ids[0], 5, false],
    ];
    await eventually(async () => all.events.length >= 4 && one.events.length >= 3);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(told(all)).toEqual([...ours, [other.ids[0], 4, true], [ids[1], 1, true]]);
    expect(told(one)).toEqual([...ours, [ids[1], 1, true]]);
    all.stop();
    one.stop();
  });

  test("one whose news was lost is told within about a second", async () => {
    const { campaignId, ids } = await sentTo(1);
    const watched = app.subscribe(WATCH, { id: campaignId });
    await ready(watched);
    // Written past the program, so that no news is published.
    await ledger.owner.query(
      `INSERT INTO response (recipient_id, workspace_id, campaign_id, asked_at, rating, answered_at)
       VALUES ($1, $2, $3, now(), 3, clock_timestamp())`,
      [ids[0], SAMPLE_WORKSPACE_ID, campaignId],
    );
    const { responseReceived } = await watched.until(() => true, 3_000);
    expect(responseReceived).toMatchObject({ isNew: true, response: { id: ids[0], rating: 3 } });
    watched.stop();
  });

  test("one that was given and changed before anybody could look is new, and told once; an old one is not", async () => {
    const { campaignId, ids } = await sentTo(2);
    const insert = (id: string, answered: string) =>
      ledger.owner.query(
        `INSERT INTO response (recipient_id, workspace_id, campaign_id, asked_at, rating, answered_at, changed_at)
         VALUES ($1, $2, $3, now(), 2, clock_timestamp() - $4::interval, clock_timestamp())`,
        [id, SAMPLE_WORKSPACE_ID, campaignId, answered],
      );
    const watched = app.subscribe(WATCH, { id: campaignId });
    await ready(watched);
    await insert(ids[0]!, "1 millisecond");
    await insert(ids[1]!, "1 hour");
    await eventually(async () => watched.events.length >= 2);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(watched.events.map(({ responseReceived: { isNew, response } }) => [response.id, isNew])).toEqual([
      [ids[0], true],
      [ids[1], false],
    ]);
    watched.stop();
  });

  test("a look for news goes by an index on its time, row-level security or not", async () => {
    const plan = await app.database.inWorkspace(SAMPLE_WORKSPACE_ID, async (tx) => {
      // Of so few rows it would rather read all.
      await tx.query(`SET LOCAL enable_seqscan = off`);
      let lines: Record<string, unknown>[] = [];
      const explaining: WorkspaceTransaction["query"] = async <Row>(statement: string, parameters?: unknown[]) => {
        if (!statement.includes("FROM response")) return tx.query<Row>(statement, parameters);
        lines = await tx.query(`EXPLAIN ${statement}`, parameters);
        return [];
      };
      await heardSince({ ...tx, query: explaining }, null, 10_000);
      return lines.map((line) => line["QUERY PLAN"]).join("\n");
    });
    expect(plan).toMatch(/Index Cond: .*heard_at > /);
  });

  test("another workspace hears nothing of it", async () => {
    const { campaignId, tokens } = await sentTo(1);
    const elsewhere = openDoor(app.webs[1]!.url, await aToken(app.database, await aWorkspace(ledger)));
    const theirs = elsewhere.subscribe(WATCH);
    const ours = app.webs[1]!.subscribe(WATCH, { id: campaignId });
    await ready(theirs);
    await answer(tokens[0]!, 3);
    await ours.until(() => true);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(theirs.events).toEqual([]);
    const named = elsewhere.subscribe(WATCH, { id: campaignId });
    await expect(named.until(() => true)).rejects.toThrow("NOT_FOUND");
    ours.stop();
    await elsewhere.stop();
  });

  test("a campaign's own watchers see that somebody opened and answered", async () => {
    const { campaignId, ids, tokens } = await sentTo(2);
    const rows = app.subscribe(
      `subscription ($id: ID!, $ids: [ID!]!) {
        recipientsChanged(campaignId: $id, ids: $ids) { resync recipients { id openedAt response { rating } } }
      }`,
      { id: campaignId, ids },
    );
    await rows.until(({ recipientsChanged }) => recipientsChanged.resync);
    await answer(tokens[1]!, 4);
    const { recipientsChanged } = await rows.until((event) => !event.recipientsChanged.resync, 3_000);
    expect(recipientsChanged.recipients).toEqual([
      { id: ids[1], openedAt: expect.any(String), response: { rating: 4 } },
    ]);
    rows.stop();
  });
});

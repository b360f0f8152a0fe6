import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import { newId } from "./platform/id.ts";
import { type App, eventually, openApp, quickSettings } from "./testing/app.ts";
import { aCampaign, addMadeUp, PLAIN, recount } from "./testing/campaigns.ts";

const PROGRESS =
  "seq status total queued retrying sending sent failed skipped unconfirmed percent ratePerSecond etaSeconds";
const WATCH = `subscription ($id: ID!) { campaignProgress(campaignId: $id) { ${PROGRESS} } }`;
const ACT = (verb: string) =>
  `mutation ($id: ID!, $key: String) { act: ${verb}(input: { campaignId: $id, idempotencyKey: $key }) { campaign { id status } userErrors { code field message } } }`;
const ACT_ON = (verb: string) =>
  `mutation ($id: ID!) { act: ${verb}(input: { campaignId: $id }) { campaign { id status } userErrors { code field message } } }`;
const SLOW = { ...PLAIN, delayMs: 300 };

let app: App;
beforeAll(async () => {
  // The second web process shares nothing with the first but Postgres and Redis.
  app = await openApp({ webs: 2, settings: quickSettings({ SENDS_IN_FLIGHT_MAX: "50" }) });
});
afterAll(() => app.stop());

async function progressOf(id: string) {
  const { data } = await app.query(`query ($id: ID!) { campaign(id: $id) { progress { ${PROGRESS} } } }`, { id });
  return data.campaign.progress;
}

function completed(id: string) {
  return eventually(async () => {
    const progress = await progressOf(id);
    return progress.status === "COMPLETED" && progress;
  });
}

describe("creating", () => {
  const CREATE = `mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { campaign { id name channel status simulation { seed delayMs } progress { total } } userErrors { code field message } } }`;

  test("a campaign starts pending, with a usual simulator", async () => {
    const { data } = await app.query(CREATE, { input: { name: "  Spring  " } });
    expect(data.createCampaign.userErrors).toEqual([]);
    expect(data.createCampaign.campaign).toMatchObject({
      name: "Spring",
      channel: "EMAIL",
      status: "PENDING",
      progress: { total: 0 },
    });
  });

  test("everything wrong with an input is said at once, with its place", async () => {
    const input = { name: " ", subject: "two\nlines", simulation: { delayMs: -1, permanentFailureShare: 2 } };
    const { data } = await app.query(CREATE, { input });
    expect(data.createCampaign.campaign).toBeNull();
    expect(data.createCampaign.userErrors.map((error: { field: string }) => error.field).sort()).toEqual([
      "name",
      "simulation.delayMs",
      "simulation.permanentFailureShare",
      "subject",
    ]);
  });

  test("the same key makes one campaign, and another input under it is refused", async () => {
    const input = { name: "Once", idempotencyKey: newId() };
    const answers = await Promise.all(Array.from({ length: 10 }, () => app.query(CREATE, { input })));
    expect(new Set(answers.map(({ data }) => data.createCampaign.campaign.id)).size).toBe(1);
    const { data } = await app.query(CREATE, { input: { ...input, name: "Other" } });
    expect(data.createCampaign.userErrors[0].code).toBe("IDEMPOTENCY_KEY_REUSED");
  });
});

describe("recipients", () => {
  const ADD = `mutation ($input: AddRecipientsInput!) { addRecipients(input: $input) { campaign { progress { total queued } } added duplicates invalid duplicateAddresses userErrors { code field message } } }`;

  test("what is given is added, a duplicate or refused, and the report says which", async () => {
    const campaignId = await aCampaign(app.database);
    const recipients = [
      { name: "Ada", email: " Ada@Example.COM ", fields: { visits: 3 } },
      { email: "ada@example.com" },
      { email: "not an address" },
      { name: "nobody" },
      { email: "bo@example.com" },
    ];
    const { data } = await app.query(ADD, { input: { campaignId, recipients } });
    expect(data.addRecipients).toMatchObject({
      added: 2,
      duplicates: 1,
      invalid: 2,
      duplicateAddresses: ["ada@example.com"],
    });
    expect(data.addRecipients.userErrors).toMatchObject([
      { code: "INVALID", field: "recipients[2].email" },
      { code: "REQUIRED", field: "recipients[3].email" },
    ]);
    expect(data.addRecipients.campaign.progress).toEqual({ total: 2, queued: 2 });

    const again = await app.query(ADD, { input: { campaignId, recipients } });
    expect(again.data.addRecipients).toMatchObject({ added: 0, duplicates: 3, invalid: 2 });
    const list = await app.query(
      `query ($id: ID!) { campaign(id: $id) { recipients { nodes { email name fields } } } }`,
      { id: campaignId },
    );
    expect(list.data.campaign.recipients.nodes[0]).toEqual({
      email: "Ada@example.com",
      name: "Ada",
      fields: { visits: 3 },
    });
  });

  test("more than a thousand in one call are refused as a whole", async () => {
    const campaignId = await aCampaign(app.database);
    const recipients = Array.from({ length: 1001 }, (_, i) => ({ email: `c${i}@example.com` }));
    const { data } = await app.query(ADD, { input: { campaignId, recipients } });
    expect(data.addRecipients).toMatchObject({ added: 0, userErrors: [{ code: "TOO_MANY", field: "recipients" }] });
  });

  test("calls at the same time give every recipient a place of its own", async () => {
    const campaignId = await aCampaign(app.database);
    await Promise.all(Array.from({ length: 8 }, (_, i) => addMadeUp(app.database, campaignId, i * 50 + 1, 100)));
    const seen = await everyRecipient(campaignId, "POSITION");
    // Ascending and each once; whom another call had added already leaves a gap.
    const positions = seen.map((row) => row.position);
    expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
    expect(seen.length).toBe(450);
  });

  test.each(["POSITION", "NEWEST_ACTIVITY"] as const)("paging by %s shows everybody exactly once", async (order) => {
    const id = await aCampaign(app.database, { recipients: 230, simulation: { ...PLAIN, permanentFailureShare: 0.2 } });
    await app.query(ACT("dispatchCampaign"), { id });
    await completed(id);
    const seen = await everyRecipient(id, order);
    expect(new Set(seen.map((row) => row.id)).size).toBe(230);
    expect(seen.length).toBe(230);
    const failed = await everyRecipient(id, order, "FAILED");
    expect(failed.length).toBe((await progressOf(id)).failed);
    expect(failed.every((row) => row.status === "FAILED")).toBe(true);
  });

  test("a search finds a part of the name or the address, whatever the case", async () => {
    const campaignId = await aCampaign(app.database, { recipients: 30 });
    await app.query(ADD, { input: { campaignId, recipients: [{ name: "Zoë Zephyr", email: "z@example.com" }] } });
    const SEARCH = `query ($id: ID!, $search: String) { campaign(id: $id) { recipients(search: $search) { nodes { email } } } }`;
    const find = async (search: string) =>
      (await app.query(SEARCH, { id: campaignId, search })).data.campaign.recipients.nodes.length;
    expect([await find("ZEPH"), await find("customer.3@"), await find("100%_\\'")]).toEqual([1, 1, 0]);
  });

  test("a cursor of another order, a made-up one and a page too large are refused in words", async () => {
    const id = await aCampaign(app.database, { recipients: 3 });
    const LIST = `query ($id: ID!, $first: Int!, $after: String, $order: RecipientOrder!) { campaign(id: $id) { recipients(first: $first, after: $after, order: $order) { pageInfo { endCursor } } } }`;
    const page = await app.query(LIST, { id, first: 2, order: "POSITION" });
    const after = page.data.campaign.recipients.pageInfo.endCursor;
    for (const wrong of [
      { first: 2, after, order: "NEWEST_ACTIVITY" },
      { first: 2, after: "bm9uc2Vuc2U", order: "POSITION" },
      { first: 101, order: "POSITION" },
      { first: 0, order: "POSITION" },
    ]) {
      const { errors } = await app.query(LIST, { id, ...wrong });
      expect(errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    }
  });
});

async function everyRecipient(id: string, order: string, status: string | null = null) {
  const LIST = `query ($id: ID!, $after: String, $order: RecipientOrder!, $status: RecipientStatus) { campaign(id: $id) { recipients(first: 37, after: $after, order: $order, status: $status) { nodes { id position status } edges { cursor } pageInfo { hasNextPage endCursor } } } }`;
  const seen: { id: string; position: number; status: string }[] = [];
  for (let after: string | null = null; ;) {
    const { data } = await app.query(LIST, { id, after, order, status });
    const { nodes, pageInfo } = data.campaign.recipients;
    seen.push(...nodes);
    if (!pageInfo.hasNextPage) return seen;
    after = pageInfo.endCursor;
  }
}

describe("dispatching", () => {
  test("everybody is sent to, failed recipients keep the provider's words, and the figures equal the rows", async () => {
    const simulation = { ...PLAIN, permanentFailureShare: 0.1 };
    const id = await aCampaign(app.database, { recipients: 1500, simulation });
    await app.query(ACT("dispatchCampaign"), { id });
    const end = await completed(id);
    expect(end).toMatchObject({ total: 1500, queued: 0, sending: 0, retrying: 0, percent: 100 });
    expect(end.sent + end.failed).toBe(1500);
    expect(await recount(app.database, id)).toEqual({ sent: end.sent, failed: end.failed });
    const { data } = await app.query(
      `query ($id: ID!) { campaign(id: $id) { recipients(status: FAILED, first: 1) { nodes { error errorCode attemptCount } } } }`,
      { id },
    );
    expect(data.campaign.recipients.nodes[0]).toMatchObject({
      error: expect.stringContaining("(simulated)"),
      attemptCount: 1,
    });
  });

  test("transient failures are tried again until they are sent", async () => {
    const id = await aCampaign(app.database, { recipients: 60, simulation: { ...PLAIN, transientFailureShare: 0.3 } });
    const progress = app.subscribe(WATCH, { id });
    await app.query(ACT("dispatchCampaign"), { id });
    await progress.until((event) => event.campaignProgress.retrying > 0);
    // From here on it is well again: a recipient with bad luck at every try would be tried for minutes.
    await app.database.inWorkspace("00000000-0000-7000-8000-000000000001", (tx) =>
      tx.query(`UPDATE campaign SET simulation = $2 WHERE id = $1`, [id, PLAIN]),
    );
    await progress.until((event) => event.campaignProgress.status === "COMPLETED", 60_000);
    progress.stop();
    expect(await recount(app.database, id)).toEqual({ sent: 60 });
  });

  test("nobody to send to is said, and the same key works once that is mended", async () => {
    const id = await aCampaign(app.database);
    const key = newId();
    expect((await app.query(ACT("dispatchCampaign"), { id, key })).data.act.userErrors[0].code).toBe("NO_RECIPIENTS");
    await addMadeUp(app.database, id, 1, 5);
    expect((await app.query(ACT("dispatchCampaign"), { id, key })).data.act.userErrors).toEqual([]);
    await completed(id);
  });

  test("a hundred clicks at once over two web processes start one run", async () => {
    const id = await aCampaign(app.database, { recipients: 50, simulation: { ...PLAIN, delayMs: 3_000 } });
    const key = newId();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        app.webs[i % 2]!.query(ACT("dispatchCampaign"), { id, key: i % 3 === 0 ? key : null }),
      ),
    );
    // On a busy machine the last clicks may come after the end, and are told so.
    const refused = answers.filter(({ data }) => data.act.userErrors.length > 0);
    expect(refused.every(({ data }) => data.act.campaign.status === "COMPLETED")).toBe(true);
    expect(refused.length).toBeLessThan(50);
    const runs = await app.database.inWorkspace("00000000-0000-7000-8000-000000000001", (tx) =>
      tx.query(`SELECT id FROM run WHERE campaign_id = $1`, [id]),
    );
    expect(runs.length).toBe(1);
    await completed(id);
  });

  test("recipients join a campaign that is sending, and a completed one refuses them with what to do", async () => {
    const id = await aCampaign(app.database, { recipients: 200, simulation: SLOW });
    await app.query(ACT("dispatchCampaign"), { id });
    await addMadeUp(app.database, id, 201, 100);
    expect(await completed(id)).toMatchObject({ total: 300, sent: 300 });
    const late = await app.query(
      `mutation ($id: ID!) { addRecipients(input: { campaignId: $id, recipients: [{ email: "late@example.com" }] }) { added userErrors { code message } } }`,
      { id },
    );
    expect(late.data.addRecipients).toMatchObject({
      added: 0,
      userErrors: [{ code: "NOT_ALLOWED", message: expect.stringContaining("create a new campaign") }],
    });
  });

  test("paused, nothing more is sent; resumed, it goes on and nobody is left out", async () => {
    const id = await aCampaign(app.database, { recipients: 600, simulation: SLOW });
    await app.query(ACT("dispatchCampaign"), { id });
    await eventually(async () => (await progressOf(id)).sent > 0);
    await app.query(ACT_ON("pauseCampaign"), { id });
    const still = await eventually(async () => {
      const progress = await progressOf(id);
      return progress.sending === 0 && progress;
    });
    expect(still.status).toBe("PAUSED");
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect((await progressOf(id)).sent).toBe(still.sent);
    expect(still.sent).toBeLessThan(600);
    await app.query(ACT_ON("resumeCampaign"), { id });
    expect(await completed(id)).toMatchObject({ sent: 600 });
  });

  test("cancelled, what was sent stays sent and everybody else is skipped", async () => {
    const id = await aCampaign(app.database, { recipients: 600, simulation: SLOW });
    await app.query(ACT("dispatchCampaign"), { id });
    await eventually(async () => (await progressOf(id)).sent > 0);
    await app.query(ACT_ON("cancelCampaign"), { id });
    const end = await eventually(async () => {
      const progress = await progressOf(id);
      return progress.queued + progress.sending + progress.retrying === 0 && progress;
    });
    expect(end.status).toBe("CANCELLED");
    expect(await recount(app.database, id)).toEqual({ sent: end.sent, skipped: 600 - end.sent });
  });

  test("a campaign that never started can be cancelled too", async () => {
    const id = await aCampaign(app.database, { recipients: 20 });
    await app.query(ACT_ON("cancelCampaign"), { id });
    await eventually(async () => (await progressOf(id)).skipped === 20);
  });

  test("retrying the failed sends to them alone and leaves the total as it was", async () => {
    const id = await aCampaign(app.database, { recipients: 200, simulation: { ...PLAIN, permanentFailureShare: 0.3 } });
    await app.query(ACT("dispatchCampaign"), { id });
    const first = await completed(id);
    expect(first.failed).toBeGreaterThan(0);
    await app.query(ACT("retryFailedRecipients"), { id, key: newId() });
    const second = await completed(id);
    // The fate of a recipient hangs on its message's key, which is another in each run.
    expect(second.total).toBe(200);
    expect(second.sent).toBeGreaterThan(first.sent);
    const { data } = await app.query(
      `query ($id: ID!) { campaign(id: $id) { recipients(first: 100) { nodes { attemptCount } } } }`,
      { id },
    );
    const attempts = data.campaign.recipients.nodes.map((row: { attemptCount: number }) => row.attemptCount);
    expect(Math.max(...attempts)).toBe(2);
    expect(Math.min(...attempts)).toBe(1);
  });

  test("what a status does not allow is refused with what to do instead", async () => {
    const id = await aCampaign(app.database, { recipients: 2 });
    for (const verb of ["pauseCampaign", "resumeCampaign"]) {
      const { data } = await app.query(ACT_ON(verb), { id });
      expect(data.act.userErrors).toMatchObject([{ code: "NOT_ALLOWED", field: "campaignId" }]);
      expect(data.act.userErrors[0].message).toContain("Dispatch it");
    }
  });
});

describe("watching", () => {
  test("the first event is the whole picture, seq never goes back, the states add up, and the last event says everything", async () => {
    const id = await aCampaign(app.database, { recipients: 400, simulation: SLOW });
    // The other web process: whatever reaches it came through Redis or Postgres.
    const { events, until, stop } = app.webs[1]!.subscribe(WATCH, { id });
    const first = await until(() => true);
    expect(first.campaignProgress).toMatchObject({ status: "PENDING", total: 400, queued: 400, percent: 0 });
    await app.query(ACT("dispatchCampaign"), { id });
    await until((event) => event.campaignProgress.status === "COMPLETED");
    stop();
    const seen = events.map((event) => event.campaignProgress);
    expect(seen.map((p) => p.seq)).toEqual(seen.map((p) => p.seq).sort((a, b) => a - b));
    for (const p of seen)
      expect(p.queued + p.retrying + p.sending + p.sent + p.failed + p.skipped + p.unconfirmed).toBe(p.total);
    expect(seen.at(-1)).toMatchObject({ sent: 400, percent: 100 });
    expect(seen.length).toBeGreaterThan(3);
  });

  test("a page hears of the recipients that it shows and of no others", async () => {
    const id = await aCampaign(app.database, { recipients: 300, simulation: SLOW });
    const list = await app.query(`query ($id: ID!) { campaign(id: $id) { recipients(first: 100) { nodes { id } } } }`, {
      id,
    });
    const ids = list.data.campaign.recipients.nodes.slice(40, 45).map((row: { id: string }) => row.id);
    const rows = app.webs[1]!.subscribe(
      `subscription ($id: ID!, $ids: [ID!]!) { recipientsChanged(campaignId: $id, ids: $ids) { seq resync recipients { id status } } }`,
      { id, ids },
    );
    const first = await rows.until(() => true);
    expect(first.recipientsChanged).toMatchObject({ resync: true });
    expect(first.recipientsChanged.recipients.map((row: { id: string }) => row.id)).toEqual(ids);
    await app.query(ACT("dispatchCampaign"), { id });
    const sent = new Set<string>();
    await rows.until((event) => {
      for (const row of event.recipientsChanged.recipients) {
        expect(ids).toContain(row.id);
        if (row.status === "SENT") sent.add(row.id);
      }
      return sent.size === ids.length;
    });
    rows.stop();
    await completed(id);
  });

  test("the newest activity comes newest first", async () => {
    const id = await aCampaign(app.database, { recipients: 120, simulation: SLOW });
    const activity = app.subscribe(
      `subscription ($id: ID!) { recipientActivity(campaignId: $id, first: 10) { seq changes recipients { status activityAt } } }`,
      { id },
    );
    await activity.until(() => true);
    await app.query(ACT("dispatchCampaign"), { id });
    const event = await activity.until(({ recipientActivity: a }) => a.changes > 0);
    activity.stop();
    const times = event.recipientActivity.recipients.map((row: { activityAt: string }) => Date.parse(row.activityAt));
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(times.length).toBe(10);
    await completed(id);
  });
});

describe("what is not there", () => {
  const elsewhere = newId();

  test.each([elsewhere, "nonsense", ""])(
    "the id %p is answered NOT_FOUND by every action and subscription",
    async (id) => {
      for (const verb of ["dispatchCampaign", "retryFailedRecipients"]) {
        expect((await app.query(ACT(verb), { id })).errors?.[0]?.extensions.code).toBe("NOT_FOUND");
      }
      for (const verb of ["pauseCampaign", "resumeCampaign", "cancelCampaign"]) {
        expect((await app.query(ACT_ON(verb), { id })).errors?.[0]?.extensions.code).toBe("NOT_FOUND");
      }
      expect((await app.query(`query ($id: ID!) { campaign(id: $id) { id } }`, { id })).data.campaign).toBeNull();
      await expect(app.subscribe(WATCH, { id }).until(() => true)).rejects.toThrow("NOT_FOUND");
    },
  );

  test("another workspace's campaign is as good as none", async () => {
    const workspaceId = await anotherWorkspace();
    const id = await aCampaign(app.database, { recipients: 3, workspaceId });
    expect((await app.query(`query ($id: ID!) { campaign(id: $id) { id } }`, { id })).data.campaign).toBeNull();
    expect((await app.query(ACT("dispatchCampaign"), { id })).errors?.[0]?.extensions.code).toBe("NOT_FOUND");
    await expect(app.subscribe(WATCH, { id }).until(() => true)).rejects.toThrow("NOT_FOUND");
  });
});

async function anotherWorkspace(): Promise<string> {
  const { default: pg } = await import("pg");
  const owner = new pg.Client({ connectionString: app.databaseUrl });
  await owner.connect();
  const id = newId();
  await owner.query(`INSERT INTO workspace (id, name, message_secret) VALUES ($1, 'Another', 'x')`, [id]);
  await owner.end();
  return id;
}

describe("the door", () => {
  const post = (body: string) =>
    fetch(`${app.webs[0]!.url}/graphql`, { method: "POST", headers: { "content-type": "application/json" }, body });

  test("a request that is too large, broken or too long is answered in GraphQL's own form", async () => {
    const large = await post(JSON.stringify({ query: "{ workspace { id } }", variables: { x: "x".repeat(300_000) } }));
    expect(large.status).toBe(413);
    expect(((await large.json()) as { errors: { message: string }[] }).errors[0]!.message).toContain("256 kB");
    expect((await post("{ not json")).status).toBe(400);
    const long = await app.query(`{ ${"workspace { id } ".repeat(400)} }`);
    expect(long.status).toBe(400);
  });

  test("a page of another site gets no socket", async () => {
    const refused = await new Promise((resolve) => {
      const socket = new WebSocket(`${app.webs[0]!.url.replace("http", "ws")}/graphql`, "graphql-transport-ws", {
        origin: "https://elsewhere.example",
      });
      socket.once("unexpected-response", (_request, response) => resolve(response.statusCode));
      socket.once("error", () => undefined);
      socket.once("open", () => resolve("open"));
    });
    expect(refused).toBe(403);
  });

  test("an internal fault shows neither SQL nor a stack", async () => {
    const other = await openApp({ workers: 0 });
    const { default: pg } = await import("pg");
    const owner = new pg.Client({ connectionString: other.databaseUrl });
    await owner.connect();
    await owner.query(`ALTER TABLE campaign RENAME TO hidden`);
    await owner.end();
    const { errors } = await other.query(`{ campaigns { nodes { id } } }`);
    await other.stop();
    expect(errors).toMatchObject([{ extensions: { code: "INTERNAL_SERVER_ERROR" } }]);
    expect(JSON.stringify(errors)).not.toMatch(/campaign"|select|relation|at /i);
  });

  test("an operator's probes answer", async () => {
    const url = app.webs[0]!.url;
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: "ready", database: "ok", redis: "ok" });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain("campaign_dispatcher_workers_alive 1");
    expect(metrics).toMatch(/campaign_dispatcher_recipients_settled_total\{outcome="sent"\} \d+/);
  });
});

test("every type, field, argument and enum value says what it is", async () => {
  const { data } = await app.query(
    `{ __schema { types { name description kind fields(includeDeprecated: true) { name description args { name description } } inputFields { name description } enumValues { name description } } } }`,
  );
  const silent: string[] = [];
  for (const type of data.__schema.types) {
    if (type.name.startsWith("__") || ["Query", "Mutation", "Subscription"].includes(type.name)) continue;
    if (!type.description) silent.push(type.name);
  }
  for (const type of data.__schema.types.filter((t: { name: string }) => !t.name.startsWith("__"))) {
    for (const member of [...(type.fields ?? []), ...(type.inputFields ?? []), ...(type.enumValues ?? [])]) {
      if (!member.description) silent.push(`${type.name}.${member.name}`);
      for (const arg of member.args ?? [])
        if (!arg.description) silent.push(`${type.name}.${member.name}(${arg.name})`);
    }
  }
  expect(silent).toEqual([]);
});

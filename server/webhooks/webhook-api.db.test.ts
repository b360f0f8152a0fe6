import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { Role } from "../accounts/access.ts";
import { enqueue } from "../platform/outbox.store.ts";
import { type App, aToken, openApp, openDoor, quickSettings, SAMPLE_WORKSPACE_ID } from "../testing/app.ts";
import { eventually } from "../testing/eventually.ts";
import { HttpSink } from "../testing/http-sink.ts";
import { aWorkspace, type Ledger, openLedgerOn } from "../testing/ledger.ts";
import { isSignedWith } from "../testing/webhooks.ts";
import { forgetDeliveries } from "./forget-deliveries.ts";

/** Webhooks through the API of a whole installation, with a worker that calls a receiver on this machine. */

let app: App;
let ledger: Ledger;
let sink: HttpSink;

beforeAll(async () => {
  sink = await HttpSink.start({ status: 200, body: "thank you" });
  app = await openApp({ settings: quickSettings({ OUTBOUND_PRIVATE: "true" }) });
  ledger = await openLedgerOn(app.databaseUrl);
});
afterAll(async () => {
  await ledger.drop();
  await app.stop();
  await sink.stop();
});
beforeEach(async () => {
  await ledger.owner.query(`DELETE FROM webhook`);
  sink.mend();
});

interface Answer {
  webhook: { id: string; url: string; events: string[]; enabled: boolean } | null;
  secret: string | null;
  userErrors: { code: string; field: string | null; message: string }[];
}

async function mutate<Result>(
  name: string,
  type: string,
  input: object,
  selection: string,
  door = app,
): Promise<Result> {
  const { data, errors } = await door.query(
    `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} userErrors { code field message } } }`,
    { input },
  );
  expect(errors).toBeUndefined();
  return data[name] as Result;
}

const SHOWN = "webhook { id url description events enabled disabledAt disabledBecause secretReadable } secret";
const create = (input: object = {}, door?: App) =>
  mutate<Answer>(
    "createWebhook",
    "CreateWebhookInput",
    { url: `${sink.url}/hook?key=abc`, events: ["RESPONSE_RECEIVED"], ...input },
    SHOWN,
    door,
  );
const update = (input: object) => mutate<Answer>("updateWebhook", "UpdateWebhookInput", input, SHOWN);
const rotate = (webhookId: string) =>
  mutate<Answer>("rotateWebhookSecret", "RotateWebhookSecretInput", { webhookId }, SHOWN);

interface Delivery {
  id: string;
  eventId: string;
  type: string;
  status: string;
  attempts: number;
  statusCode: number | null;
  answer: string | null;
  nextTryAt: string | null;
  payload: string;
}
const DELIVERY = "id eventId type status attempts statusCode problem answer nextTryAt payload";
const sendTest = (webhookId: string, more: object = {}) =>
  mutate<{ delivery: Delivery | null; userErrors: Answer["userErrors"] }>(
    ...(["sendTestWebhook", "SendTestWebhookInput"] as const),
    { webhookId, ...more },
    `delivery { ${DELIVERY} }`,
  );
const resend = (deliveryId: string) =>
  mutate<{ delivery: Delivery | null; userErrors: Answer["userErrors"] }>(
    ...(["resendWebhookDelivery", "ResendWebhookDeliveryInput"] as const),
    { deliveryId },
    `delivery { ${DELIVERY} }`,
  );

interface Log {
  nodes: Delivery[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}
async function logOf(id: string, more = ""): Promise<Log> {
  const { data, errors } = await app.query(
    `query ($id: ID!) { webhook(id: $id) { deliveries${more} { nodes { ${DELIVERY} } pageInfo { hasNextPage endCursor } } } }`,
    { id },
  );
  expect(errors).toBeUndefined();
  return data.webhook.deliveries as Log;
}

const happened = (webhookId: string, count: number, type = "response.received") =>
  app.database.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) =>
    enqueue(
      ...([tx, type, [webhookId]] as const),
      Array.from({ length: count }, (_, number) => ({ number })),
    ),
  );
const auditOf = async () => {
  const { data } = await app.query(`{ auditLog(first: 10) { nodes { action subjectName } } }`);
  return data.auditLog.nodes as { action: string; subjectName: string }[];
};

describe("making a webhook", () => {
  test("shows its secret once, and nothing tells it again", async () => {
    const { webhook, secret, userErrors } = await create({ description: "Our CRM" });
    expect(userErrors).toEqual([]);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(webhook).toMatchObject({ events: ["RESPONSE_RECEIVED"], enabled: true, secretReadable: true });
    const everything = await app.query(`{ webhooks { nodes { id url description events enabled secretReadable
      deliveries { nodes { ${DELIVERY} } } } } auditLog { nodes { action subjectName } } }`);
    expect(everything.errors).toBeUndefined();
    expect(JSON.stringify(everything)).not.toContain(secret!.slice("whsec_".length));
    const [row] = await ledger.owner.query(`SELECT * FROM webhook WHERE id = $1`, [webhook!.id]);
    expect(JSON.stringify(row)).not.toContain(secret!.slice("whsec_".length));
    expect((row!["secrets"] as Buffer).toString("latin1")).not.toContain(secret!.slice("whsec_".length));
  });

  test("by the same idempotency key makes one, and shows the secret the first time alone", async () => {
    const first = await create({ idempotencyKey: "once" });
    const again = await create({ idempotencyKey: "once" });
    expect(again).toMatchObject({ webhook: { id: first.webhook!.id }, secret: null, userErrors: [] });
    const other = await create({ idempotencyKey: "once", events: ["CAMPAIGN_COMPLETED"] });
    expect(other).toMatchObject({ webhook: null, userErrors: [{ code: "IDEMPOTENCY_KEY_REUSED" }] });
    expect(await ledger.owner.query(`SELECT FROM webhook`)).toHaveLength(1);
  });

  const refusals: [string, object, string, string][] = [
    ["without an address", { url: " " }, "url", "REQUIRED"],
    ["at what is no address", { url: "receiver" }, "url", "INVALID"],
    ["with a password in its address", { url: "https://me:secret@a.example/" }, "url", "INVALID"],
    ["at the address of the machine's host", { url: "http://169.254.169.254/latest" }, "url", "INVALID"],
    ["at an endless address", { url: `https://a.example/${"x".repeat(2_000)}` }, "url", "TOO_LONG"],
    ["that listens to nothing", { events: [] }, "events", "REQUIRED"],
    ["that listens to tests", { events: ["TEST"] }, "events", "INVALID"],
    ["with a long description", { description: "x".repeat(201) }, "description", "TOO_LONG"],
    ["with a blank key", { idempotencyKey: " " }, "idempotencyKey", "INVALID"],
  ];
  test.each(refusals)("%s is refused at its field", async (_what, input, field, code) => {
    expect(await create(input)).toMatchObject({ webhook: null, secret: null, userErrors: [{ field, code }] });
    expect(await ledger.owner.query(`SELECT FROM webhook`)).toEqual([]);
  });

  test("at a private address is refused where the installation does not allow it", async () => {
    const strict = await openApp({ workers: 0 });
    const privately = await create({ url: "https://10.0.0.1/" }, strict);
    const plainly = await create({ url: "http://a.example/" }, strict);
    await strict.stop();
    expect(privately.userErrors).toMatchObject([
      { field: "url", message: "10.0.0.1 is not a public address, so it is not called." },
    ]);
    expect(plainly.userErrors).toMatchObject([{ field: "url", message: "The address must start with https://." }]);
  });

  test("is refused beyond ten, also when two make the tenth at once", async () => {
    for (let i = 0; i < 9; i += 1) await create();
    const both = await Promise.all([create({ idempotencyKey: "a" }), create({ idempotencyKey: "b" })]);
    expect(both.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual(["TOO_MANY"]);
    expect(await ledger.owner.query(`SELECT FROM webhook`)).toHaveLength(10);
    // A refusal uses no key up: once there is room, the same call goes through.
    await ledger.owner.query(`DELETE FROM webhook WHERE id IN (SELECT id FROM webhook LIMIT 1)`);
    const key = both[0].webhook ? "b" : "a";
    expect((await create({ idempotencyKey: key })).secret).not.toBeNull();
  });
});

describe("a webhook", () => {
  test("is changed in what is given alone, and switched off and on", async () => {
    const { id } = (await create({ description: "Our CRM" })).webhook!;
    const changed = await update({ webhookId: id, events: ["CAMPAIGN_COMPLETED", "CAMPAIGN_COMPLETED"] });
    expect(changed.webhook).toMatchObject({ description: "Our CRM", events: ["CAMPAIGN_COMPLETED"], enabled: true });
    expect(changed.secret).toBeNull();
    const off = await update({ webhookId: id, enabled: false, description: "" });
    expect(off.webhook).toMatchObject({
      ...{ enabled: false, description: null, disabledAt: expect.any(String), disabledBecause: null },
    });
    expect((await sendTest(id)).userErrors).toMatchObject([{ code: "NOT_ALLOWED" }]);
    expect((await update({ webhookId: id, enabled: true })).webhook).toMatchObject({ enabled: true, disabledAt: null });
    expect((await update({ webhookId: id, url: "ftp://a.example" })).userErrors).toMatchObject([{ field: "url" }]);
  });

  test("signs with both secrets after it was given a new one", async () => {
    const { webhook, secret: before } = await create();
    const { secret: after } = await rotate(webhook!.id);
    expect(after).toMatch(/^whsec_/);
    await sendTest(webhook!.id);
    const arrival = await eventually(() =>
      Promise.resolve(sink.arrivals.find(({ body }) => body.includes(webhook!.id))),
    );
    expect([isSignedWith(before!, arrival), isSignedWith(after!, arrival)]).toEqual([true, true]);
  });

  test("whose secret cannot be read any more says so, and is mended by a new one", async () => {
    const { id } = (await create()).webhook!;
    await ledger.owner.query(`UPDATE webhook SET secrets = 'lost' WHERE id = $1`, [id]);
    const asked = await app.query(`query ($id: ID!) { webhook(id: $id) { secretReadable } }`, { id });
    expect(asked.data.webhook).toEqual({ secretReadable: false });
    expect((await rotate(id)).webhook).toMatchObject({ secretReadable: true });
  });

  test("is removed with its log", async () => {
    const { id } = (await create()).webhook!;
    await happened(id, 3);
    await mutate("deleteWebhook", "DeleteWebhookInput", { webhookId: id }, "");
    expect((await app.query(`query ($id: ID!) { webhook(id: $id) { id } }`, { id })).data.webhook).toBeNull();
    expect(await ledger.owner.query(`SELECT FROM webhook_delivery WHERE webhook_id = $1`, [id])).toEqual([]);
  });

  test("leaves in the audit log who did what, and no address that may have a secret in it", async () => {
    const { id } = (await create()).webhook!;
    await update({ webhookId: id, events: ["CAMPAIGN_COMPLETED"] });
    await rotate(id);
    await mutate("deleteWebhook", "DeleteWebhookInput", { webhookId: id }, "");
    const subjectName = new URL(sink.url).host;
    expect((await auditOf()).slice(0, 4)).toEqual(
      ["DELETED", "SECRET_ROTATED", "CHANGED", "CREATED"].map((what) => ({ action: `WEBHOOK_${what}`, subjectName })),
    );
  });
});

describe("telling", () => {
  test("a test goes the way of all events, and the log says what became of it", async () => {
    const { webhook, secret } = await create();
    const { delivery } = await sendTest(webhook!.id, { idempotencyKey: "test" });
    expect(delivery).toMatchObject({ type: "TEST", status: "PENDING", attempts: 0 });
    const done = await eventually(async () =>
      (await logOf(webhook!.id)).nodes.find(({ status }) => status === "DELIVERED"),
    );
    expect(done).toMatchObject({
      id: delivery!.id,
      statusCode: 200,
      answer: "thank you",
      attempts: 1,
      nextTryAt: null,
    });
    const arrival = sink.arrivals.find(({ headers }) => headers["webhook-id"] === delivery!.eventId)!;
    expect(arrival.body).toBe(done.payload);
    expect(JSON.parse(arrival.body)).toMatchObject({ type: "webhook.test", data: { webhookId: webhook!.id } });
    expect(isSignedWith(secret!, arrival)).toBe(true);
    const again = await sendTest(webhook!.id, { idempotencyKey: "test" });
    expect(again).toMatchObject({ delivery: { id: delivery!.id }, userErrors: [] });
    expect((await logOf(webhook!.id)).nodes).toHaveLength(1);
  });

  test("again sends the same id and body, after a failure and after a success alike", async () => {
    const { id } = (await create()).webhook!;
    await happened(id, 1);
    const delivered = await eventually(async () =>
      (await logOf(id)).nodes.find(({ status, attempts }) => status === "DELIVERED" && attempts === 1),
    );
    expect((await resend(delivered.id)).delivery).toMatchObject({ status: "PENDING", attempts: 1 });
    await eventually(async () => (await logOf(id)).nodes.find(({ attempts }) => attempts === 2));
    await ledger.owner.query(
      `UPDATE webhook_delivery SET status = 'failed', next_at = NULL, tries = 10 WHERE id = $1 AND lease IS NULL`,
      [delivered.id],
    );
    await resend(delivered.id);
    const last = await eventually(async () => (await logOf(id)).nodes.find(({ attempts }) => attempts === 3));
    expect(last.status).toBe("DELIVERED");
    const calls = sink.arrivals.filter(({ headers }) => headers["webhook-id"] === delivered.eventId);
    expect(calls.map(({ body }) => body)).toEqual(Array(3).fill(delivered.payload));
  });

  test("again all that failed since a time leaves older ones and others alone", async () => {
    const { id } = (await create()).webhook!;
    await update({ webhookId: id, enabled: false });
    await happened(id, 5);
    const rows = await ledger.owner.query<{ id: string }>(
      `UPDATE webhook_delivery SET status = 'failed', next_at = NULL WHERE webhook_id = $1 RETURNING id`,
      [id],
    );
    const old = rows.slice(0, 2).map((row) => row.id);
    await ledger.owner.query(
      `UPDATE webhook_delivery SET occurred_at = now() - interval '2 hours' WHERE id = ANY($1)`,
      [old],
    );
    const again = () =>
      mutate<{ resent: number; userErrors: Answer["userErrors"] }>(
        ...(["resendFailedWebhookDeliveries", "ResendFailedWebhookDeliveriesInput"] as const),
        { webhookId: id, since: new Date(Date.now() - 3_600_000).toISOString() },
        "resent",
      );
    expect(await again()).toMatchObject({ resent: 0, userErrors: [{ code: "NOT_ALLOWED" }] });
    await update({ webhookId: id, enabled: true });
    expect(await again()).toEqual({ resent: 3, userErrors: [] });
    expect(await again()).toEqual({ resent: 0, userErrors: [] });
    await eventually(async () => (await logOf(id, `(status: DELIVERED)`)).nodes.length === 3);
    expect((await logOf(id, `(status: FAILED)`)).nodes.map((node) => node.id).sort()).toEqual(old.sort());
  });
});

describe("the log", () => {
  test("is paged by keyset, the newest first, and filtered by status and type", async () => {
    const { id } = (await create()).webhook!;
    await update({ webhookId: id, enabled: false });
    await happened(id, 3);
    await happened(id, 2, "campaign.completed");
    const first = await logOf(id, `(first: 3)`);
    const rest = await logOf(id, `(first: 3, after: "${first.pageInfo.endCursor}")`);
    expect([first.nodes, rest.nodes].map((nodes) => nodes.map(({ type }) => type))).toEqual([
      ["CAMPAIGN_COMPLETED", "CAMPAIGN_COMPLETED", "RESPONSE_RECEIVED"],
      ["RESPONSE_RECEIVED", "RESPONSE_RECEIVED"],
    ]);
    expect([first.pageInfo.hasNextPage, rest.pageInfo.hasNextPage]).toEqual([true, false]);
    expect((await logOf(id, `(type: CAMPAIGN_COMPLETED, status: PENDING)`)).nodes).toHaveLength(2);
    expect((await logOf(id, `(status: FAILED)`)).nodes).toEqual([]);
  });

  test("forgets what is too old, of every workspace, and nothing else", async () => {
    const { id } = (await create()).webhook!;
    await update({ webhookId: id, enabled: false });
    const [old] = await happened(id, 2);
    await ledger.owner.query(`UPDATE webhook_delivery SET occurred_at = now() - interval '31 days' WHERE id = $1`, [
      old,
    ]);
    await forgetDeliveries(app.database, 32);
    expect((await logOf(id)).nodes).toHaveLength(2);
    await forgetDeliveries(app.database, 30);
    expect((await logOf(id)).nodes.map((node) => node.id)).not.toContain(old);
    expect((await logOf(id)).nodes).toHaveLength(1);
  });
});

describe("whoever", () => {
  test("may not manage webhooks sees none of them", async () => {
    const { id } = (await create()).webhook!;
    const editor = openDoor(app.webs[0]!.url, await aToken(app.database, SAMPLE_WORKSPACE_ID, Role.EDITOR));
    for (const document of [
      `{ webhooks { nodes { url } } }`,
      `{ webhook(id: "${id}") { url } }`,
      `mutation { sendTestWebhook(input: { webhookId: "${id}" }) { delivery { id } } }`,
    ]) {
      const { errors } = await editor.query(document);
      expect(errors?.[0]).toMatchObject({ extensions: { code: "FORBIDDEN" } });
    }
    await editor.stop();
  });

  test("manages another workspace's sees its own alone", async () => {
    await create();
    const workspaceId = await aWorkspace(ledger);
    const stranger = openDoor(app.webs[0]!.url, await aToken(app.database, workspaceId));
    expect((await stranger.query(`{ webhooks { nodes { url } } }`)).data.webhooks.nodes).toEqual([]);
    await stranger.stop();
  });
});

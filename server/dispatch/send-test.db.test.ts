import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type App, openApp, quickSettings, SAMPLE_WORKSPACE_ID } from "../testing/app.ts";
import { HttpSink } from "../testing/http-sink.ts";
import { type Mailbox, openMailbox } from "../testing/mailbox.ts";
import type { Resolver } from "./sender-domain.ts";

const TEST = `mutation ($input: SendTestInput!) { sendTest(input: $input) { ok diagnosis { code words remedy providerWords } hints { code record } userErrors { code field message } } }`;
const CREATE = `mutation ($input: CreateTransportInput!) { createTransport(input: $input) { transport { id } userErrors { message } } }`;

/** Only the SPF record is there. */
const resolver: Resolver = {
  resolveTxt: (name) =>
    name === "example.com"
      ? Promise.resolve([["v=spf1 include:spf.example.net -all"]])
      : Promise.reject(Object.assign(new Error("none"), { code: "ENODATA" })),
};

let app: App;
let mailbox: Mailbox;
beforeAll(async () => {
  app = await openApp({ workers: 0, resolver, settings: quickSettings({ OUTBOUND_PRIVATE: "true" }) });
  mailbox = await openMailbox();
});
afterAll(async () => {
  await mailbox.stop();
  await app.stop();
});

let made = 0;
async function aTransport(more: Record<string, unknown> = {}): Promise<string> {
  const { username, password, hostname, port } = new URL(mailbox.mailUrl);
  const smtp = {
    host: hostname,
    port: Number(port),
    security: "NONE",
    user: username,
    password,
    from: "shop@example.com",
    ...more,
  };
  const { data } = await app.query(CREATE, { input: { name: `Transport ${(made += 1)}`, smtp } });
  return data.createTransport.transport.id;
}
const sendTest = async (input: Record<string, unknown>) => (await app.query(TEST, { input })).data.sendTest;

/** A transport that is called over HTTP. Settings want https; the receiver of tests has none. */
async function overHttp(input: Record<string, unknown>, url: string): Promise<string> {
  const { data } = await app.query(CREATE, { input });
  const { id } = data.createTransport.transport;
  await app.database.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) =>
    tx.query(`UPDATE transport SET config = jsonb_set(config, '{url}', to_jsonb($2::text)) WHERE id = $1`, [id, url]),
  );
  return id;
}

describe("sendTest", () => {
  test("really sends, says so, and adds what DNS says about the sender", async () => {
    const transportId = await aTransport();
    const answer = await sendTest({ transportId, to: " Ada@Example.com " });
    expect(answer).toMatchObject({
      ...{ ok: true, userErrors: [], diagnosis: { code: "SENT", words: "The test was accepted." } },
      hints: [{ code: "DKIM_NOT_SET" }, { code: "DMARC_MISSING", record: "_dmarc.example.com" }],
    });
    expect((await mailbox.mailTo("Ada@example.com")).from).toMatchObject({ address: "shop@example.com" });
  });

  test("says what is wrong, and what to do, where the server refuses", async () => {
    const transportId = await aTransport({ password: "wrong" });
    const answer = await sendTest({ transportId, to: "ada@example.com" });
    expect(answer).toMatchObject({
      ok: false,
      diagnosis: { code: "LOGIN_REFUSED", providerWords: expect.stringMatching(/^535/) },
    });
    expect(answer.diagnosis.remedy).toContain("app password");
    expect(answer.hints).toHaveLength(2);
  });

  test("sends once under one key, however often it is asked, and again after a failure", async () => {
    const transportId = await aTransport();
    const input = { transportId, to: "once@example.com", idempotencyKey: "once" };
    const answers = await Promise.all([sendTest(input), sendTest(input)]);
    expect(answers.map(({ diagnosis }) => diagnosis.code).sort()).toEqual(["ALREADY_ASKED", "SENT"]);
    expect(await sendTest(input)).toMatchObject({ ok: null, diagnosis: { code: "ALREADY_ASKED" }, userErrors: [] });
    expect(mailbox.received.filter(({ to }) => to.includes("once@example.com"))).toHaveLength(1);
    const reused = await sendTest({ ...input, to: "twice@example.com" });
    expect(reused).toMatchObject({ ok: null, diagnosis: null, userErrors: [{ code: "IDEMPOTENCY_KEY_REUSED" }] });

    const failing = {
      transportId: await aTransport({ password: "wrong" }),
      to: "ada@example.com",
      idempotencyKey: "mended",
    };
    expect((await sendTest(failing)).ok).toBe(false);
    expect((await sendTest(failing)).diagnosis.code).toBe("LOGIN_REFUSED");
  });

  test("holds only so many connections at once for a workspace", async () => {
    const transportId = await aTransport();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => sendTest({ transportId, to: "many@example.com" })),
    );
    const refused = answers.filter(({ userErrors }) => userErrors[0]?.code === "TOO_MANY_TRIES");
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.filter(({ ok }) => ok).length).toBe(8 - refused.length);
    expect((await sendTest({ transportId, to: "many@example.com" })).ok).toBe(true);
  });

  test("goes to one e-mail address", async () => {
    const transportId = await aTransport();
    for (const [to, code] of [
      ["", "REQUIRED"],
      ["ada", "INVALID"],
      ["ada@example.com, bo@example.com", "INVALID"],
    ])
      expect((await sendTest({ transportId, to })).userErrors).toMatchObject([{ code, field: "to" }]);
  });

  test("through SMS goes to a phone number with its country, and says what the provider makes of it", async () => {
    const provider = await HttpSink.start({ status: 201, body: JSON.stringify({ sid: "SM0", status: "queued" }) });
    const sms = { account: "AC1", token: "a-token", from: "+12025550100" };
    const transportId = await overHttp({ name: "Texts", sms }, provider.url);
    expect((await sendTest({ transportId, to: "030 123456" })).userErrors).toMatchObject([{ field: "to" }]);
    expect(provider.arrivals).toEqual([]);

    const sent = await sendTest({ transportId, to: "+49 30 123456" });
    expect(sent).toMatchObject({ ok: true, diagnosis: { code: "SENT" }, hints: [], userErrors: [] });
    const [{ body } = { body: "" }] = provider.taken;
    expect(Object.fromEntries(new URLSearchParams(body))).toMatchObject({
      ...{ To: "+4930123456", From: "+12025550100", Body: expect.stringContaining("Sample workspace") },
    });

    provider.answering = { status: 401, body: JSON.stringify({ code: 20003, message: "Authenticate" }) };
    const refused = await sendTest({ transportId, to: "+4930123456" });
    expect(refused).toMatchObject({ ok: false, diagnosis: { code: "SETTINGS_REFUSED" } });
    expect(refused.diagnosis.providerWords).toContain("Authenticate");
    await provider.stop();
    expect((await sendTest({ transportId, to: "+4930123456" })).diagnosis.code).toBe("UNREACHABLE");
  });

  test.each([
    [{ status: 204 } as const, "SENT"],
    [{ status: 403 } as const, "SETTINGS_REFUSED"],
    [{ status: 503 } as const, "COME_BACK_LATER"],
    [{ status: 422 } as const, "MESSAGE_REFUSED"],
    ["closes" as const, "TIMED_OUT"],
  ])("through a webhook is a signed call, and %j means %s", async (answering, code) => {
    const receiver = await HttpSink.start(answering);
    const transportId = await overHttp(
      { name: `Hook ${code}`, webhook: { url: "https://hook.example.com/" } },
      receiver.url,
    );
    const answer = await sendTest({ transportId, to: "ada@example.com" });
    expect(answer).toMatchObject({ ok: code === "SENT", diagnosis: { code }, hints: [] });
    const [{ headers, body } = { headers: {}, body: "{}" }] = receiver.arrivals;
    expect(headers).toMatchObject({
      "webhook-id": expect.stringMatching(/^test-/),
      "webhook-signature": expect.any(String),
    });
    expect(JSON.parse(body)).toMatchObject({ type: "message", to: { email: "ada@example.com", phone: null } });
    await receiver.stop();
  });

  test("is written down, with the transport and without the address", async () => {
    await sendTest({ transportId: await aTransport(), to: "written.down@example.com" });
    const { data } = await app.query(`{ auditLog(first: 1, action: TEST_SENT) { nodes { actorName subjectName } } }`);
    expect(data.auditLog.nodes).toEqual([{ actorName: "A token", subjectName: `Transport ${made}` }]);
  });
});

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type App, openApp } from "../testing/app.ts";
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
  app = await openApp({ workers: 0, resolver });
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

describe("sendTest", () => {
  test("really sends, says so, and adds what DNS says about the sender", async () => {
    const transportId = await aTransport();
    const answer = await sendTest({ transportId, to: " Ada@Example.com " });
    expect(answer).toMatchObject({
      ...{ ok: true, userErrors: [], diagnosis: { code: "SENT", words: "The mail server accepted the test." } },
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

  test("goes to one e-mail address, through a kind that can be tried", async () => {
    const transportId = await aTransport();
    for (const [to, code] of [
      ["", "REQUIRED"],
      ["ada", "INVALID"],
      ["ada@example.com, bo@example.com", "INVALID"],
    ])
      expect((await sendTest({ transportId, to })).userErrors).toMatchObject([{ code, field: "to" }]);
    const input = { name: "Texts", sms: { account: "AC1", token: "t", from: "+15005550006" } };
    const { data } = await app.query(CREATE, { input });
    const sms = data.createTransport.transport.id;
    expect((await sendTest({ transportId: sms, to: "+4930123456" })).userErrors).toMatchObject([
      { code: "NOT_ALLOWED" },
    ]);
  });

  test("is written down, with the transport and without the address", async () => {
    await sendTest({ transportId: await aTransport(), to: "written.down@example.com" });
    const { data } = await app.query(`{ auditLog(first: 1, action: TEST_SENT) { nodes { actorName subjectName } } }`);
    expect(data.auditLog.nodes).toEqual([{ actorName: "A token", subjectName: `Transport ${made}` }]);
  });
});

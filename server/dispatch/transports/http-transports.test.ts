import { afterEach, describe, expect, test } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import { type Answering, anSmsProvider, aWebhook, HTTP_FAULTS } from "../../testing/http-sink.ts";
import { transportSuite } from "../../testing/transport-suite.ts";
import { newSigningSecret } from "../../platform/webhook-signature.ts";
import { FailureReason } from "../failure-reason.ts";
import { retryAfter } from "./http-reply.ts";
import { sms } from "./sms.ts";
import type { Content, Message } from "./transport.ts";
import { webhook } from "./webhook.ts";

const CONTENT: Content = {
  subject: "How was it?",
  text: "Tell us & win nothing: https://feedback.example.com/r/1",
  html: "<p>Tell us</p>",
  link: "https://feedback.example.com/r/1",
  unsubscribeUrl: "https://feedback.example.com/u/1",
};
const aMessage = (changes: Partial<Message> = {}): Message => ({
  ...{ key: "a-key", to: { name: "Ada Example", email: "ada@example.com", phone: "+12025550143" } },
  ...{ tryNumber: 1, simulation: null, render: () => CONTENT },
  ...changes,
});

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function opened<Made extends { transport: { close?(): Promise<void> }; close(): Promise<void> }>(
  making: Promise<Made>,
): Promise<Made> {
  const made = await making;
  cleanUps.push(() => made.transport.close!(), made.close);
  return made;
}

async function answerOf(making: ReturnType<typeof aWebhook>, answering: Answering, message = aMessage()) {
  const { sink, transport } = await opened(making);
  sink.answering = answering;
  const outcome = await transport.send(message);
  return { outcome, calls: sink.arrivals.length };
}

const twilioError = (status: number, code: number, message: string): Answering => ({
  ...{ status, headers: { "content-type": "application/json" } },
  body: JSON.stringify({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }),
});

describe("a webhook", () => {
  test("gets the message as JSON, signed, and named by its key on every try", async () => {
    const signingSecret = newSigningSecret();
    const { sink, transport } = await opened(aWebhook({ signingSecret }));
    for (const tryNumber of [1, 2]) expect(await transport.send(aMessage({ tryNumber }))).toEqual({ kind: "sent" });
    expect(sink.arrivals).toHaveLength(2);
    for (const { path, headers, body } of sink.arrivals) {
      expect(path).toBe("/hook");
      expect(headers).toMatchObject({ "idempotency-key": "a-key", "content-type": "application/json" });
      const said = new Webhook(signingSecret).verify(body, headers as Record<string, string>);
      expect(said).toEqual({ type: "message", key: "a-key", to: aMessage().to, content: CONTENT });
    }
  });

  const { RATE_LIMITED, BUSY, TIMED_OUT, CONTENT_REFUSED, MESSAGE_TOO_LARGE, OTHER } = FailureReason;
  test.each([
    [200, { kind: "sent" }],
    [202, { kind: "sent" }],
    [301, { kind: "halted" }],
    [307, { kind: "halted" }],
    [400, { kind: "failed", reason: CONTENT_REFUSED, code: "400" }],
    [401, { kind: "halted" }],
    [403, { kind: "halted" }],
    [404, { kind: "failed", reason: OTHER }],
    [408, { kind: "retry", reason: TIMED_OUT }],
    [410, { kind: "failed", reason: OTHER, code: "410" }],
    [413, { kind: "failed", reason: MESSAGE_TOO_LARGE }],
    [422, { kind: "failed", reason: CONTENT_REFUSED }],
    [425, { kind: "retry", reason: BUSY }],
    [429, { kind: "retry", reason: RATE_LIMITED, code: "429" }],
    [500, { kind: "retry", reason: BUSY }],
    [502, { kind: "retry", reason: BUSY }],
    [503, { kind: "retry", reason: BUSY }],
  ])("that answers %d", async (status, expected) => {
    const { outcome, calls } = await answerOf(aWebhook(), { status, body: "its own\n words" });
    expect(outcome).toMatchObject(expected);
    if ("because" in outcome) expect(outcome.because).toContain(`${status} its own words`);
    expect(calls).toBe(1);
  });

  test("that answers with a page of HTML is quoted by its status alone", async () => {
    const page = { status: 404, headers: { "content-type": "text/html" }, body: "<html><body>Oops</body></html>" };
    expect((await answerOf(aWebhook(), page)).outcome).toMatchObject({ because: "404" });
  });

  test("that says when to come back is heard", async () => {
    const busy = { status: 429, headers: { "retry-after": "120" } };
    expect((await answerOf(aWebhook(), busy)).outcome).toMatchObject({ kind: "retry", afterMs: 120_000 });
  });

  test.each(["resets", "closes", "stays silent", "babbles"] as const)(
    "that %s may have taken the message: unconfirmed",
    async (answering) => {
      const { outcome, calls } = await answerOf(aWebhook(), answering);
      expect(outcome).toEqual({ kind: "unconfirmed", because: expect.stringMatching(/./) });
      expect(calls).toBe(1);
    },
  );

  test("that is not there is unreachable", async () => {
    const { sink, transport } = await opened(aWebhook());
    await sink.stop();
    expect(await transport.send(aMessage())).toEqual({
      kind: "unreachable",
      because: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test.each(["https://10.0.0.1/hook", "http://receiver.example.com/hook", "nonsense"])(
    "at %s halts the campaign with words, where private addresses are not allowed",
    async (url) => {
      const transport = webhook({ allowPrivate: false }).open({ url }, { signingSecret: newSigningSecret() });
      expect(await transport.send(aMessage())).toEqual({ kind: "halted", because: expect.stringMatching(/address/) });
    },
  );

  test("whose name leads into the house halts the campaign, and nothing is called", async () => {
    const reach = { allowPrivate: false, resolve: async () => ["127.0.0.1"] };
    const transport = webhook(reach).open({ url: "https://hook.example.com/" }, { signingSecret: newSigningSecret() });
    expect(await transport.send(aMessage())).toEqual({
      kind: "halted",
      because: expect.stringContaining("not a public address"),
    });
  });

  test("without a usable secret halts the campaign and sends nothing unsigned", async () => {
    const { outcome, calls } = await answerOf(aWebhook({ signingSecret: "secret" }), { status: 200 });
    expect(outcome).toEqual({ kind: "halted", because: "The signing secret is not set." });
    expect(calls).toBe(0);
  });
});

describe("an SMS", () => {
  test("is asked for in Twilio's form, with the account's login", async () => {
    const { sink, transport } = await opened(anSmsProvider());
    expect(await transport.send(aMessage())).toEqual({ kind: "sent" });
    const [{ path, headers, body }] = sink.arrivals as [(typeof sink.arrivals)[number]];
    expect(path).toBe("/2010-04-01/Accounts/AC0/Messages.json");
    expect(headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(headers.authorization).toBe(`Basic ${Buffer.from("AC0:a-token").toString("base64")}`);
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      ...{ To: "+12025550143", From: "+12025550100", Body: CONTENT.text },
    });
  });

  test("leaves the choice of the sender to a messaging service", async () => {
    const { sink, transport } = await opened(anSmsProvider({ from: "MG0123" }));
    await transport.send(aMessage());
    const fields = Object.fromEntries(new URLSearchParams(sink.arrivals[0]!.body));
    expect(fields).toMatchObject({ MessagingServiceSid: "MG0123" });
    expect(fields).not.toHaveProperty("From");
  });

  const { ADDRESS_INVALID, REFUSED_AS_SPAM, RATE_LIMITED, BUSY, MESSAGE_TOO_LARGE, OTHER } = FailureReason;
  test.each([
    ["a number that is none", 400, 21211, { kind: "failed", reason: ADDRESS_INVALID, code: "21211" }],
    ["a number that is no mobile's", 400, 21614, { kind: "failed", reason: ADDRESS_INVALID, code: "21614" }],
    ["somebody who answered STOP", 400, 21610, { kind: "failed", reason: REFUSED_AS_SPAM, code: "21610" }],
    ["a text that is too long", 400, 21617, { kind: "failed", reason: MESSAGE_TOO_LARGE }],
    ["a country that the account may not send to", 403, 21408, { kind: "failed", reason: OTHER, code: "21408" }],
    ["a short code of another country", 400, 21659, { kind: "failed", reason: OTHER, code: "21659" }],
    ["a code that nobody knows", 400, 29999, { kind: "failed" }],
    ["too many requests", 429, 20429, { kind: "retry", reason: RATE_LIMITED, code: "20429" }],
    ["a sender whose queue is full", 400, 21611, { kind: "retry", reason: BUSY }],
    ["a login that is refused", 401, 20003, { kind: "halted" }],
    ["an account that does not exist", 404, 20404, { kind: "halted" }],
    ["a sender that is not the account's", 400, 21660, { kind: "halted" }],
  ])("%s (%d, %d)", async (_what, status, code, expected) => {
    const { outcome } = await answerOf(anSmsProvider(), twilioError(status, code, "its own words"));
    expect(outcome).toMatchObject(expected);
    expect(outcome).toMatchObject({ because: `${status} ${code} its own words` });
  });

  test.each([
    ["401 without a word", { status: 401 }, "halted"],
    ["403 from a wall in front", { status: 403, body: "<html>" }, "halted"],
    ["404, an address that leads elsewhere", { status: 404 }, "halted"],
    ["429 without a code", { status: 429 }, "retry"],
    ["503, not taken", { status: 503 }, "retry"],
    ["500, which may have happened after it was taken", { status: 500 }, "unconfirmed"],
    ["502, an answer lost behind the provider's doors", { status: 502 }, "unconfirmed"],
    ["504, the same", { status: 504 }, "unconfirmed"],
    ["200 from something that is not the provider", { status: 200, body: "<html>Welcome</html>" }, "unconfirmed"],
    ["201 whose body broke off", { status: 201, body: '{"sid": "SM' }, "sent"],
    ["a reset", "resets", "unconfirmed"],
    ["a close", "closes", "unconfirmed"],
    ["silence", "stays silent", "unconfirmed"],
    ["no HTTP", "babbles", "unconfirmed"],
  ] as [string, Answering, string][])("%s", async (_what, answering, kind) => {
    const { outcome, calls } = await answerOf(anSmsProvider(), answering);
    expect(outcome.kind).toBe(kind);
    expect(calls).toBe(1);
  });

  test("that was taken and refused in the same breath has failed", async () => {
    const body = JSON.stringify({ sid: "SM1", status: "failed", error_code: 30005, error_message: "unknown handset" });
    expect((await answerOf(anSmsProvider(), { status: 201, body })).outcome).toMatchObject({
      ...{ kind: "failed", reason: FailureReason.MAILBOX_UNKNOWN, code: "30005" },
    });
  });

  test("without a token halts the campaign, and without a number fails alone; neither calls anybody", async () => {
    const without = await answerOf(anSmsProvider({ token: "" }), { status: 201 });
    expect(without).toMatchObject({ outcome: { kind: "halted" }, calls: 0 });
    const nobody = aMessage({ to: { name: null, email: "ada@example.com", phone: null } });
    const failed = await answerOf(anSmsProvider(), { status: 201 }, nobody);
    expect(failed).toMatchObject({ outcome: { kind: "failed", reason: ADDRESS_INVALID }, calls: 0 });
  });

  test("never leaves twice in one try, nor over a connection that another message used", async () => {
    const { sink, transport } = await opened(anSmsProvider());
    for (let n = 0; n < 3; n += 1) await transport.send(aMessage());
    expect(sink.arrivals.map(({ headers }) => headers.connection)).toEqual(["close", "close", "close"]);
  });

  test("an account's name cannot leave its place in the path", async () => {
    const { sink } = await opened(anSmsProvider());
    const config = { preset: "twilio", url: `${sink.url}/`, account: "../../x?y=#z", from: "ACME" } as const;
    const transport = sms({ allowPrivate: true }).open(config, { token: "a-token" });
    await transport.send(aMessage());
    expect(sink.arrivals[0]!.path).toBe("/2010-04-01/Accounts/..%2F..%2Fx%3Fy%3D%23z/Messages.json");
  });
});

test.each([
  ["a webhook", aWebhook],
  ["an SMS provider", anSmsProvider],
])("who lacks a field that the message needs fails alone, and %s is not called", async (_who, open) => {
  const render = () => {
    throw Object.assign(new Error("unfilled"), { name: "UnfilledError", field: "order" });
  };
  const { outcome, calls } = await answerOf(open(), { status: 201 }, aMessage({ render }));
  expect(outcome).toEqual({
    ...{ kind: "failed", reason: FailureReason.MISSING_FIELD, code: "missing_field" },
    because: 'The recipient lacks "order".',
  });
  expect(calls).toBe(0);
});

describe("Retry-After", () => {
  const noon = new Date("2026-01-14T12:00:00Z");
  const after = (text: string) =>
    retryAfter({ kind: "answered", status: 503, headers: { "retry-after": text }, body: "" }, noon).afterMs;

  test.each([
    ["0", 0],
    ["120", 120_000],
    [" 120 ", 120_000],
    ["Wed, 14 Jan 2026 12:02:00 GMT", 120_000],
    ["Wednesday, 14-Jan-26 12:02:00 GMT", 120_000],
    ["Wed Jan 14 12:02:00 2026", 120_000],
    ["Wed, 14 Jan 2026 11:00:00 GMT", 0],
    ["99999999999", 86_400_000],
    ["", undefined],
    ["soon", undefined],
    ["-5", undefined],
    ["1.5", undefined],
  ])("%j is %p ms", (text, expected) => expect(after(text)).toBe(expected));
});

transportSuite("webhook", () => aWebhook(), { faults: HTTP_FAULTS });
transportSuite("sms", () => anSmsProvider(), { faults: HTTP_FAULTS });

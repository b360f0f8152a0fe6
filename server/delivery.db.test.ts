import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import PostalMime from "postal-mime";
import { type App, eventually, openApp, quickSettings } from "./testing/app.ts";
import { openSmtpSink, type SmtpSink } from "./testing/smtp-sink.ts";

/** The whole way of real mail: a campaign over the API, a worker, a mail server's dialogue, and what is told of it. */

const LOGIN = { user: "shop", password: "right-password" };
let app: App;
let sink: SmtpSink;
beforeAll(async () => {
  app = await openApp({ settings: quickSettings({ CATCH_MAIL: "true", CATCH_MAIL_PORT: "0" }) });
  sink = await openSmtpSink({ login: LOGIN, keepMails: true });
});
afterEach(() => sink.script(null));
afterAll(async () => {
  await app.stop();
  await sink.close();
});

const done = async (document: string, input: unknown) => {
  const { data, errors } = await app.query(document, { input });
  expect(errors ?? []).toEqual([]);
  expect(data.done.userErrors).toEqual([]);
  return data.done;
};
const decide = (name: string, campaignId: string, more: Record<string, unknown> = {}) =>
  done(
    `mutation ($input: ${name[0]!.toUpperCase()}${name.slice(1)}Input!) { done: ${name}(input: $input) { userErrors { code message } } }`,
    { campaignId, ...more },
  );

const smtp = (password: string) => ({
  ...{ host: "127.0.0.1", port: sink.port, security: "NONE", user: LOGIN.user, password },
  ...{ from: "shop@example.com", fromName: "The shop" },
});

async function aTransport(password = LOGIN.password): Promise<string> {
  const input = { name: `Mail ${Math.random()}`, smtp: smtp(password) };
  const { transport } = await done(
    `mutation ($input: CreateTransportInput!) { done: createTransport(input: $input) { transport { id } userErrors { field message } } }`,
    input,
  );
  return transport.id;
}

async function aCampaign(transportId: string, customers: { email: string; name?: string }[], more: object = {}) {
  const message = { subject: "How did we do, {{ name }}?", body: "Dear {{ name }}, tell us: {{ link }}" };
  const { campaign } = await done(
    `mutation ($input: CreateCampaignInput!) { done: createCampaign(input: $input) { campaign { id } userErrors { field message } } }`,
    { name: "Spring", transportId, ...message, ...more },
  );
  await done(
    `mutation ($input: AddRecipientsInput!) { done: addRecipients(input: $input) { userErrors { message } } }`,
    { campaignId: campaign.id, recipients: customers },
  );
  return campaign.id as string;
}

const SEEN = `query ($id: ID!) { campaign(id: $id) {
  status statusReason heldBy { rule because by } failures { reason count isTransient }
  progress { total queued retrying sent failed skipped unconfirmed }
  recipients(first: 100) { nodes { email status failureReason error attempts { number outcome reason code message } } } } }`;
const seen = async (id: string) => (await app.query(SEEN, { id })).data.campaign;
const until = (id: string, status: string) =>
  eventually(async () => {
    const campaign = await seen(id);
    return campaign.status === status ? campaign : undefined;
  });

describe("mail through a server of the workspace's own", () => {
  test("arrives once for each customer, filled, with a link of their own and a way off the list", async () => {
    const id = await aCampaign(await aTransport(), [
      { email: "ada@example.com", name: "Ada" },
      { email: "bo@example.com", name: "Bo <b>" },
    ]);
    await decide("dispatchCampaign", id);
    expect(await until(id, "COMPLETED")).toMatchObject({ progress: { sent: 2, failed: 0 } });
    const mails = await Promise.all(sink.mails.slice(-2).map((raw) => PostalMime.parse(raw)));
    const [ada, bo] = ["ada", "bo"].map((who) => mails.find((mail) => mail.to?.[0]?.address === `${who}@example.com`)!);
    expect(ada).toMatchObject({
      subject: "How did we do, Ada?",
      from: { name: "The shop", address: "shop@example.com" },
    });
    const link = /tell us: (http\S+\/r\/\S{44})/.exec(ada!.text!)?.[1];
    expect(link).toBeDefined();
    expect(bo!.text).not.toContain(link);
    expect(bo!.html).toContain("Bo &lt;b&gt;");
    const header = (name: string) => ada!.headers.find(({ key }) => key === name)?.value;
    expect(header("list-unsubscribe")).toMatch(/^<http\S+\/u\/\S{44}>$/);
    expect(header("list-unsubscribe-post")).toBe("List-Unsubscribe=One-Click");
  });

  test("whoever leaves the list by one click is skipped by the next campaign", async () => {
    const transport = await aTransport();
    const first = await aCampaign(transport, [{ email: "cleo@example.com", name: "Cleo" }]);
    await decide("dispatchCampaign", first);
    await until(first, "COMPLETED");
    const { headers } = await PostalMime.parse(sink.mails.at(-1)!);
    const url = headers.find(({ key }) => key === "list-unsubscribe")!.value.slice(1, -1);
    const path = new URL(url).pathname;
    expect((await fetch(app.webs[0]!.url + path)).status).toBe(200);
    const second = await aCampaign(transport, [{ email: "cleo@example.com", name: "Cleo" }]);
    const response = await fetch(app.webs[0]!.url + path, {
      ...{ method: "POST", body: "List-Unsubscribe=One-Click" },
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect(response.status).toBe(200);
    const taken = sink.log.length;
    await decide("dispatchCampaign", second);
    expect(await until(second, "COMPLETED")).toMatchObject({ progress: { sent: 0, skipped: 1 } });
    expect(sink.log).toHaveLength(taken);
  });

  test("a login that is refused pauses the campaign with the server's words and fails nobody; mended, it goes on", async () => {
    const transportId = await aTransport("a-wrong-password");
    const id = await aCampaign(transportId, [{ email: "dan@example.com", name: "Dan" }]);
    await decide("dispatchCampaign", id);
    const paused = await until(id, "PAUSED");
    expect(paused).toMatchObject({
      heldBy: { rule: "PAUSED", by: null, because: expect.stringContaining("535") },
      progress: { queued: 1, failed: 0, unconfirmed: 0 },
    });
    expect(JSON.stringify(paused)).not.toContain("a-wrong-password");
    await done(
      `mutation ($input: UpdateTransportInput!) { done: updateTransport(input: $input) { userErrors { field message } } }`,
      { transportId, smtp: smtp(LOGIN.password) },
    );
    await decide("resumeCampaign", id);
    expect(await until(id, "COMPLETED")).toMatchObject({ progress: { sent: 1 } });
  });

  test("each refusal stands under its reason, in the provider's words, and is sent to again by it", async () => {
    const replies: Record<string, `${number} ${string}`> = {
      "gone@example.com": "550 5.1.1 no such user",
      "full@example.com": "552 5.2.2 mailbox full",
    };
    sink.script(({ phase, recipient }) => {
      const does = phase === "RCPT" ? replies[recipient ?? ""] : undefined;
      return does && { does };
    });
    const people = ["gone", "full", "fine"].map((name) => ({ email: `${name}@example.com`, name }));
    const id = await aCampaign(await aTransport(), people);
    await decide("dispatchCampaign", id);
    const campaign = await until(id, "COMPLETED");
    expect(campaign.failures).toEqual([
      { reason: "MAILBOX_FULL", count: 1, isTransient: true },
      { reason: "MAILBOX_UNKNOWN", count: 1, isTransient: false },
    ]);
    const gone = campaign.recipients.nodes.find(({ email }: { email: string }) => email === "gone@example.com");
    expect(gone).toMatchObject({ failureReason: "MAILBOX_UNKNOWN", error: "550 5.1.1 no such user" });
    expect(gone.attempts).toMatchObject([{ number: 1, outcome: "FAILED", reason: "MAILBOX_UNKNOWN" }]);

    sink.script(null);
    await decide("retryFailedRecipients", id, { reasons: ["MAILBOX_FULL"] });
    const again = await until(id, "COMPLETED");
    expect(again).toMatchObject({ progress: { total: 3, sent: 2, failed: 1 } });
    const full = again.recipients.nodes.find(({ email }: { email: string }) => email === "full@example.com");
    expect(full.attempts.map(({ outcome }: { outcome: string }) => outcome)).toEqual(["FAILED", "SENT"]);
  });

  test("an answer that gets lost after the last byte leaves it unconfirmed, and it is sent again when somebody says so", async () => {
    sink.script(({ phase }) => (phase === "dot" ? { does: "close", taken: true } : undefined));
    const id = await aCampaign(await aTransport(), [{ email: "eve@example.com", name: "Eve" }]);
    const before = sink.log.length;
    await decide("dispatchCampaign", id);
    expect(await until(id, "COMPLETED")).toMatchObject({ progress: { unconfirmed: 1, sent: 0 } });
    sink.script(null);
    await decide("resendUnconfirmed", id);
    expect(await until(id, "COMPLETED")).toMatchObject({ progress: { unconfirmed: 0, sent: 1 } });
    const [first, second] = sink.log.slice(before);
    expect([first?.to, second?.to, first?.key === second?.key]).toEqual(["eve@example.com", "eve@example.com", false]);
  });

  test("whom the message cannot be filled for fails alone, by the name of the field", async () => {
    const people = [{ email: "fay@example.com", name: "Fay" }, { email: "nameless@example.com" }];
    const id = await aCampaign(await aTransport(), people);
    await decide("dispatchCampaign", id);
    const campaign = await until(id, "COMPLETED");
    expect(campaign).toMatchObject({ progress: { sent: 1, failed: 1 }, failures: [{ reason: "MISSING_FIELD" }] });
    const failed = campaign.recipients.nodes.find(({ status }: { status: string }) => status === "FAILED");
    expect(failed.error).toContain("name");
  });
});

test("the mail server inside keeps what a campaign sends there, for its workspace to read", async () => {
  const id = await aCampaign("caught", [{ email: "gus@example.com", name: "Gus" }]);
  await decide("dispatchCampaign", id);
  await until(id, "COMPLETED");
  const { data: list } = await app.query(`{ caughtMails(first: 1) { nodes { id to subject } } }`);
  const [mail] = list.caughtMails.nodes;
  expect(mail).toMatchObject({ to: "gus@example.com", subject: "How did we do, Gus?" });
  const { data } = await app.query(`query ($id: ID!) { caughtMail(id: $id) { text } }`, { id: mail.id });
  expect(data.caughtMail.text).toMatch(/Dear Gus, tell us: http\S+\/r\/\S{44}/);
});

import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { createServer } from "node:net";
import { once } from "node:events";
import { createTransport, type SendMailOptions } from "nodemailer";
import { Role } from "../accounts/access.ts";
import { insertWorkspace, SAMPLE_WORKSPACE_ID } from "../accounts/workspace.store.ts";
import { newId } from "../platform/id.ts";
import { log } from "../platform/log.ts";
import { type App, aToken, eventually, openApp, openDoor, quickSettings } from "../testing/app.ts";
import { catchMail } from "./catch-mail.ts";
import { CAUGHT_MAIL_SECRETS, caughtMailTransport } from "./caught-mail.ts";
import { insertCaughtMail } from "./caught-mail.store.ts";
import { testSmtp } from "./test-smtp.ts";

let app: App;
let port: number;
beforeAll(async () => {
  app = await openApp({ workers: 0, settings: quickSettings({ CATCH_MAIL: "true", CATCH_MAIL_PORT: "0" }) });
  port = app.webs[0]!.caughtMailPort!;
});
afterAll(() => app.stop());

/** Sends as a campaign would, and rejects with the server's refusal. */
async function send(mail: SendMailOptions, { user = SAMPLE_WORKSPACE_ID, method = "PLAIN" } = {}): Promise<string> {
  const transport = createTransport({
    host: "127.0.0.1",
    port,
    ignoreTLS: true,
    auth: { user, pass: "any" },
    authMethod: method,
  });
  try {
    return (await transport.sendMail({ from: "The Shop <shop@example.com>", to: "ada@example.com", ...mail })).response;
  } finally {
    transport.close();
  }
}

const LIST = `query ($search: String, $first: Int, $after: String) { caughtMails(search: $search, first: $first, after: $after) { nodes { id from to subject receivedAt } pageInfo { hasNextPage endCursor } } }`;
const OPEN = `query ($id: ID!) { caughtMail(id: $id) { from to subject text html headers { name value } link raw } }`;
const list = async (variables: Record<string, unknown> = {}, door: Pick<App, "query"> = app) =>
  (await door.query(LIST, variables)).data.caughtMails;
async function open(subject: string) {
  const { nodes } = await list({ search: subject });
  return (await app.query(OPEN, { id: nodes[0].id })).data.caughtMail;
}

describe("the mail server inside", () => {
  test("keeps a mail, delivers none, and shows all that is in it", async () => {
    const text = "Rate us: https://feedback.example.com/r/abc.\nStop: https://feedback.example.com/u/abc";
    const html =
      '<p><a href="https://feedback.example.com/u/abc">Stop</a> <a href="https://feedback.example.com/r/abc?a=1&amp;b=2">Rate us</a></p>';
    const headers = { "List-Unsubscribe": "<https://feedback.example.com/u/abc>", "X-Shop": "Bäckerei" };
    expect(await send({ subject: "Wie war's in Zürich? 🍞", text, html, headers })).toContain("delivered to nobody");
    expect(await open("zürich")).toMatchObject({
      ...{ from: "The Shop <shop@example.com>", to: "ada@example.com", subject: "Wie war's in Zürich? 🍞" },
      ...{
        text: expect.stringContaining("Rate us"),
        html: `${html}\n`,
        link: "https://feedback.example.com/r/abc?a=1&b=2",
      },
      headers: expect.arrayContaining([{ name: "X-Shop", value: "Bäckerei" }]),
      raw: expect.stringContaining("List-Unsubscribe: <https://feedback.example.com/u/abc>"),
    });
  });

  test.each(["PLAIN", "LOGIN"])(
    "knows a workspace by its id, by AUTH %s, and takes nothing from others",
    async (method) => {
      expect(await send({ subject: `By ${method}` }, { method })).toMatch(/^250/);
      for (const user of [newId(), "owner@example.com", "' OR 1=1", ""])
        await expect(send({ subject: "Not kept" }, { method, user: user || "x" })).rejects.toThrow("535");
      const nobody = createTransport({ host: "127.0.0.1", port, ignoreTLS: true });
      await expect(
        nobody.sendMail({ from: "a@example.com", to: "b@example.com", subject: "Not kept" }),
      ).rejects.toThrow("530");
      nobody.close();
      expect((await list({ search: "not kept" })).nodes).toEqual([]);
    },
  );

  test("is where the settings for campaigns lead", async () => {
    const config = caughtMailTransport({ port, workspaceId: SAMPLE_WORKSPACE_ID });
    const about = { to: "bo@example.com", workspaceName: "The Workspace" };
    expect(await testSmtp(config, CAUGHT_MAIL_SECRETS, about)).toMatchObject({ code: "SENT" });
    expect((await list({ search: "bo@example.com" })).nodes[0]).toMatchObject({
      from: "Campaign Dispatcher <feedback@campaign-dispatcher.invalid>",
    });
  });

  test("listens on this machine's own address alone", async () => {
    const { networkInterfaces } = await import("node:os");
    const others = Object.values(networkInterfaces()).flatMap((all = []) =>
      all.filter(({ internal, family }) => !internal && family === "IPv4"),
    );
    for (const { address } of others) {
      const transport = createTransport({ host: address, port, ignoreTLS: true, connectionTimeout: 1_000 });
      await expect(transport.verify()).rejects.toThrow(/ECONNREFUSED|imeout/);
      transport.close();
    }
    expect.assertions(others.length);
  });

  test("refuses a mail of more than a megabyte, and stands", async () => {
    await expect(send({ subject: "Too large", text: "x\n".repeat(600_000) })).rejects.toThrow(/552|maximum allowed/);
    expect(await send({ subject: "Small enough", text: "x\n".repeat(300_000) })).toMatch(/^250/);
    expect((await list({ search: "too large" })).nodes).toEqual([]);
  });

  test("keeps whatever it is given: a mail without a head, without an end, with bytes that are no text", async () => {
    for (const raw of [
      "no head at all",
      "Subject: half a head",
      Buffer.from([0, 255, 0, 13, 10, 13, 10, 0]),
      "Subject: =?utf-8?B?////?=\r\n\r\n\0",
    ])
      expect(await send({ envelope: { from: "a@example.com", to: ["odd@example.com"] }, raw })).toMatch(/^250/);
    const { nodes } = await list({ search: "odd@example.com" });
    expect(nodes).toHaveLength(4);
    for (const { id } of nodes) expect((await app.query(OPEN, { id })).errors).toBeUndefined();
  });
});

describe("what it caught", () => {
  test("comes newest first, by pages, found by a part of the address or the subject", async () => {
    for (const number of [1, 2, 3]) await send({ subject: `Page ${number} of 100%`, to: `page.${number}@example.com` });
    const first = await list({ search: "of 100%", first: 2 });
    expect(first.nodes.map(({ subject }: { subject: string }) => subject)).toEqual([
      "Page 3 of 100%",
      "Page 2 of 100%",
    ]);
    const second = await list({ search: "of 100%", first: 2, after: first.pageInfo.endCursor });
    expect(second).toMatchObject({ nodes: [{ to: "page.1@example.com" }], pageInfo: { hasNextPage: false } });
    expect((await list({ search: "PAGE.2@" })).nodes).toHaveLength(1);
  });

  test("is this workspace's alone", async () => {
    const workspaceId = newId();
    await app.database.inWorkspace(workspaceId, (tx) => insertWorkspace(tx, "Another"));
    await send({ subject: "Theirs" }, { user: workspaceId });
    const theirs = openDoor(app.webs[0]!.url, await aToken(app.database, workspaceId));
    const [mail] = (await list({}, theirs)).nodes;
    expect(mail).toMatchObject({ subject: "Theirs" });
    expect((await list({ search: "Theirs" })).nodes).toEqual([]);
    expect((await app.query(OPEN, { id: mail.id })).data.caughtMail).toBeNull();
    await app.query(`mutation { clearCaughtMail { userErrors { code } } }`);
    expect((await list({}, theirs)).nodes).toHaveLength(1);
  });

  test("is at most the newest thousand", async () => {
    await app.database.inWorkspace(SAMPLE_WORKSPACE_ID, async (tx) => {
      const raw = Buffer.from("Subject: old\r\n\r\n");
      for (let i = 0; i < 1_003; i += 1)
        await insertCaughtMail(tx, {
          from: "a@example.com",
          to: `old.${i}@example.com`,
          subject: "old",
          messageId: null,
          raw,
        });
    });
    await send({ subject: "The newest" });
    const count = async () =>
      (await app.database.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) => tx.query(`SELECT FROM caught_mail`))).length;
    await eventually(async () => (await count()) === 1_000);
    expect((await list({ first: 1 })).nodes).toMatchObject([{ subject: "The newest" }]);
    expect((await list({ search: "old.0@" })).nodes).toEqual([]);
    expect((await list({ search: "old.1002@" })).nodes).toHaveLength(1);
  });

  test("is removed by those who may, and that is written down", async () => {
    await send({ subject: "Last" });
    const viewer = openDoor(app.webs[0]!.url, await aToken(app.database, SAMPLE_WORKSPACE_ID, Role.VIEWER));
    const clear = `mutation { clearCaughtMail { userErrors { code } } }`;
    expect((await viewer.query(clear)).errors?.[0]?.extensions.code).toBe("FORBIDDEN");
    expect((await list({}, viewer)).nodes.length).toBeGreaterThan(0);
    expect((await app.query(clear)).data.clearCaughtMail.userErrors).toEqual([]);
    expect((await list()).nodes).toEqual([]);
    const { data } = await app.query(`{ catchesMail auditLog(first: 1) { nodes { action subjectName } } }`);
    expect(data).toMatchObject({
      catchesMail: true,
      auditLog: { nodes: [{ action: "CAUGHT_MAIL_CLEARED", subjectName: expect.stringMatching(/^\d+ mails?$/) }] },
    });
  });
});

test("where its port is taken, the program goes without, and says so in the log", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const warned = jest.spyOn(log, "warn").mockImplementation(() => undefined);
  const taken = (other.address() as { port: number }).port;
  expect(await catchMail({ database: app.database, port: taken })).toBeNull();
  expect(warned).toHaveBeenCalledWith({ port: taken }, expect.stringContaining("CATCH_MAIL_PORT"));
  jest.restoreAllMocks();
  other.close();
  await once(other, "close");
});

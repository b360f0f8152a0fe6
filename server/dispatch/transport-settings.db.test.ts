import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { generateKeyPairSync } from "node:crypto";
import pg from "pg";
import { Role } from "../accounts/access.ts";
import { SAMPLE_WORKSPACE_ID } from "../accounts/workspace.store.ts";
import { open as openSealed, openKeyring, readSealingKeys } from "../platform/sealed.ts";
import { type App, aToken, openApp, openDoor, openWeb, quickSettings } from "../testing/app.ts";
import { aCampaign } from "../testing/campaigns.ts";
import { configuredOf } from "./configure-transport.ts";
import { aboutSecretsOf, type ConfiguredTransport } from "./transport-settings.ts";
import { transportIn } from "./transport-settings.store.ts";

const SMTP_FIELDS =
  "smtp { host port security user hasPassword from fromName replyTo connections dkimDomain dkimSelector hasDkimKey }";
const FIELDS = `id name kind version secretsReadable limits { domain messages per } ${SMTP_FIELDS}
  sms { preset url account from hasToken } webhook { url hasSigningSecret }`;
const ERRORS = "userErrors { code field message }";
const CREATE = `mutation ($input: CreateTransportInput!) { done: createTransport(input: $input) { transport { ${FIELDS} } signingSecret ${ERRORS} } }`;
const UPDATE = `mutation ($input: UpdateTransportInput!) { done: updateTransport(input: $input) { transport { ${FIELDS} } signingSecret ${ERRORS} } }`;
const DELETE = `mutation ($input: DeleteTransportInput!) { done: deleteTransport(input: $input) { ${ERRORS} } }`;
const LIMIT = `mutation ($input: SetTransportLimitInput!) { done: setTransportLimit(input: $input) { transport { ${FIELDS} } ${ERRORS} } }`;

const PASSWORD = "hunter2-hunter2";
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PEM = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const SMTP = { host: "smtp.example.com", user: "shop", password: PASSWORD, from: "shop@example.com" };

let app: App;
let owner: pg.Client;
beforeAll(async () => {
  app = await openApp({ workers: 0 });
  owner = new pg.Client({ connectionString: app.databaseUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await app.stop();
});

let made = 0;
const aName = () => `Transport ${(made += 1)}`;
const ask = async (document: string, input: unknown) => (await app.query(document, { input })).data.done;
const create = async (kinds: Record<string, unknown>) => ask(CREATE, { name: aName(), ...kinds });
const rowOf = (id: string): Promise<ConfiguredTransport> =>
  app.database.inWorkspace(SAMPLE_WORKSPACE_ID, async (tx) => (await transportIn(tx, id))!);
const placesOf = (userErrors: { code: string; field: string | null }[]) =>
  userErrors.map(({ code, field }) => `${field} ${code}`).sort();

describe("a mail server", () => {
  test("is kept with usual values for what was left out, and its password is never told", async () => {
    const { transport, signingSecret, userErrors } = await create({ smtp: SMTP });
    expect(userErrors).toEqual([]);
    expect(signingSecret).toBeNull();
    expect(transport).toMatchObject({
      ...{ kind: "SMTP", version: 1, secretsReadable: true, limits: [], sms: null, webhook: null },
      smtp: {
        ...{ host: "smtp.example.com", port: 587, security: "STARTTLS", user: "shop", hasPassword: true },
        ...{ from: "shop@example.com", fromName: null, replyTo: null, connections: 5 },
        ...{ dkimDomain: null, dkimSelector: null, hasDkimKey: false },
      },
    });
  });

  test("stands in the database in the shape that workers read, its secrets sealed for this row alone", async () => {
    const smtp = { ...SMTP, fromName: "The Shop", dkimDomain: "Example.com", dkimSelector: "mail", dkimKey: PEM };
    const { transport } = await create({ smtp });
    const row = await rowOf(transport.id);
    expect(row.config).toEqual({
      ...{ host: "smtp.example.com", port: 587, security: "starttls", user: "shop", replyTo: null, connections: 5 },
      from: { name: "The Shop", address: "shop@example.com" },
      dkim: { domain: "example.com", selector: "mail" },
    });
    const keyring = openKeyring({ given: quickSettings().secretKey, keptIn: null });
    expect(configuredOf(row, keyring)?.secrets).toEqual({ password: PASSWORD, dkimKey: PEM.trim() });
    const everything = JSON.stringify((await owner.query(`SELECT t::text FROM transport t`)).rows);
    expect(everything).not.toContain(PASSWORD);
    expect(everything).not.toContain(Buffer.from(PASSWORD).toString("hex"));
    const elsewhere = aboutSecretsOf({
      workspaceId: SAMPLE_WORKSPACE_ID,
      id: (await create({ smtp: SMTP })).transport.id,
    });
    expect(() => openSealed(keyring.toOpen()!, row.secrets!, elsewhere)).toThrow("not where it was sealed for");
  });

  test("that asks for nobody needs no password", async () => {
    const { transport } = await create({ smtp: { host: "localhost", security: "NONE", from: "shop@example.com" } });
    expect(transport.smtp).toMatchObject({ port: 25, user: null, hasPassword: false });
    expect((await rowOf(transport.id)).secrets).toBeNull();
  });

  test("everything wrong with it is said at once, in words and with its place", async () => {
    const { transport, userErrors } = await ask(CREATE, {
      name: " ",
      smtp: {
        ...{ host: "smtp://mail.example.com", port: 70_000, user: "shop", from: "shop", fromName: "The\nShop" },
        ...{ replyTo: "nobody", connections: 0, dkimDomain: "not a domain", dkimSelector: "a b", dkimKey: "mine" },
      },
    });
    expect(transport).toBeNull();
    expect(placesOf(userErrors)).toEqual([
      ...["name REQUIRED", "smtp.connections INVALID", "smtp.dkimDomain INVALID", "smtp.dkimKey INVALID"],
      ...["smtp.dkimSelector INVALID", "smtp.from INVALID", "smtp.fromName INVALID", "smtp.host INVALID"],
      ...["smtp.password REQUIRED", "smtp.port INVALID", "smtp.replyTo INVALID"],
    ]);
    const words = userErrors.map(({ message }: { message: string }) => message).join("\n");
    expect(words).toContain("without smtp://");
    expect(words).not.toContain("mine");
  });

  test.each([
    ["mail.example.com:587", "the port has a field of its own"],
    ["", "Say which mail server"],
    ["mail server", "is not the name of a server"],
    ["-mail.example.com", "is not the name of a server"],
    ["mail.example.com/x", "is not the name of a server"],
  ])("is not %j", async (host, words) => {
    const { userErrors } = await create({ smtp: { ...SMTP, host } });
    expect(userErrors).toMatchObject([{ field: "smtp.host", message: expect.stringContaining(words) }]);
  });

  test.each([
    ["MAIL.Example.com.", "mail.example.com"],
    ["10.0.0.7", "10.0.0.7"],
    ["2001:db8::1", "2001:db8::1"],
    ["münchen.example", "xn--mnchen-3ya.example"],
    ["mailpit", "mailpit"],
  ])("may be %j", async (host, kept) =>
    expect((await create({ smtp: { ...SMTP, host } })).transport.smtp.host).toBe(kept),
  );

  test.each([
    ["a public key", publicKey.export({ type: "spki", format: "pem" }).toString(), "Give the private one"],
    [
      "a locked key",
      privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }).toString(),
      "Give it without one",
    ],
    [
      "a key of another kind",
      generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      "ed25519",
    ],
    [
      "a short key",
      generateKeyPairSync("rsa", { modulusLength: 768 }).privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      "768 bits",
    ],
    ["half a key", PEM.slice(0, 400), "no private key in PEM"],
  ])("does not sign with %s", async (_what, dkimKey, words) => {
    const { userErrors } = await create({
      smtp: { ...SMTP, dkimDomain: "example.com", dkimSelector: "mail", dkimKey },
    });
    expect(userErrors).toMatchObject([{ field: "smtp.dkimKey", message: expect.stringContaining(words) }]);
  });

  test("is of one kind, and stays so", async () => {
    expect(placesOf((await create({})).userErrors)).toEqual(["null REQUIRED"]);
    const sms = { account: "AC1", token: "t", from: "+15005550006" };
    expect(placesOf((await create({ smtp: SMTP, sms })).userErrors)).toEqual(["sms INVALID"]);
    const { transport } = await create({ smtp: SMTP });
    expect(placesOf((await ask(UPDATE, { transportId: transport.id, sms })).userErrors)).toEqual(["sms INVALID"]);
  });

  test("has a name that no other one has", async () => {
    const name = aName();
    expect((await ask(CREATE, { name, smtp: SMTP })).userErrors).toEqual([]);
    expect(placesOf((await ask(CREATE, { name, smtp: SMTP })).userErrors)).toEqual(["name TAKEN"]);
    const { transport } = await create({ smtp: SMTP });
    expect(placesOf((await ask(UPDATE, { transportId: transport.id, name })).userErrors)).toEqual(["name TAKEN"]);
    expect((await ask(UPDATE, { transportId: transport.id, name: transport.name })).userErrors).toEqual([]);
  });
});

describe("changing it", () => {
  const { password: _kept, ...WITHOUT } = SMTP;

  test("keeps what is secret unless it is given, and raises the version each time", async () => {
    const signing = { dkimDomain: "example.com", dkimSelector: "mail" };
    const { transport } = await create({ smtp: { ...SMTP, ...signing, dkimKey: PEM } });
    const before = configuredOf(
      await rowOf(transport.id),
      openKeyring({ given: quickSettings().secretKey, keptIn: null }),
    );
    const changed = await ask(UPDATE, { transportId: transport.id, smtp: { ...WITHOUT, ...signing, port: 2525 } });
    expect(changed).toMatchObject({
      userErrors: [],
      transport: { version: 2, smtp: { port: 2525, hasPassword: true, hasDkimKey: true } },
    });
    const renamed = await ask(UPDATE, { transportId: transport.id, name: aName() });
    expect(renamed).toMatchObject({
      userErrors: [],
      transport: { version: 3, smtp: { port: 2525, hasPassword: true } },
    });
    const after = configuredOf(
      await rowOf(transport.id),
      openKeyring({ given: quickSettings().secretKey, keptIn: null }),
    );
    expect(after?.secrets).toEqual(before?.secrets);
    const unsigned = await ask(UPDATE, { transportId: transport.id, smtp: { ...WITHOUT, user: null } });
    expect(unsigned.transport.smtp).toMatchObject({ hasPassword: false, hasDkimKey: false, user: null });
  });

  test("sends a kept password neither to another server nor over an open line", async () => {
    const { transport } = await create({ smtp: SMTP });
    for (const other of [{ host: "smtp.elsewhere.example" }, { security: "NONE" }]) {
      const { userErrors, transport: same } = await ask(UPDATE, {
        transportId: transport.id,
        smtp: { ...WITHOUT, ...other },
      });
      expect(placesOf(userErrors)).toEqual(["smtp.password REQUIRED"]);
      expect(same).toMatchObject({ version: 1, smtp: { host: "smtp.example.com", security: "STARTTLS" } });
    }
    const given = await ask(UPDATE, { transportId: transport.id, smtp: { ...SMTP, host: "smtp.elsewhere.example" } });
    expect(given).toMatchObject({ userErrors: [], transport: { version: 2 } });
  });
});

describe("text messages and webhooks", () => {
  test("a provider of text messages is Twilio's own unless said otherwise; its token goes to no other server", async () => {
    const sms = { account: "AC1", token: "a-token", from: "+15005550006" };
    const { transport } = await create({ sms });
    expect(transport).toMatchObject({
      ...{ kind: "SMS", smtp: null },
      sms: { preset: "TWILIO", url: "https://api.twilio.com", account: "AC1", hasToken: true },
    });
    const { token: _kept, ...without } = sms;
    const other = { ...without, url: "https://sms.example.com/api/" };
    expect(placesOf((await ask(UPDATE, { transportId: transport.id, sms: other })).userErrors)).toEqual([
      "sms.token REQUIRED",
    ]);
    expect((await rowOf((await create({ sms: { ...other, token: "t" } })).transport.id)).config).toEqual({
      ...{ preset: "twilio", url: "https://sms.example.com/api", account: "AC1", from: "+15005550006" },
    });
    const bad = await create({ sms: { account: " ", from: "", url: "http://sms.example.com" } });
    expect(placesOf(bad.userErrors)).toEqual([
      "sms.account REQUIRED",
      "sms.from REQUIRED",
      "sms.token REQUIRED",
      "sms.url INVALID",
    ]);
  });

  test("a webhook's secret is made here, shown once, and again only when a new one is asked for", async () => {
    const { transport, signingSecret } = await create({ webhook: { url: "https://hooks.example.com/feedback" } });
    expect(signingSecret).toMatch(/^whsec_/);
    expect(Buffer.from(signingSecret.slice(6), "base64").length).toBeGreaterThanOrEqual(24);
    expect(transport.webhook).toEqual({ url: "https://hooks.example.com/feedback", hasSigningSecret: true });
    const moved = await ask(UPDATE, { transportId: transport.id, webhook: { url: "https://hooks.example.com/two" } });
    expect(moved.signingSecret).toBeNull();
    const keyring = openKeyring({ given: quickSettings().secretKey, keptIn: null });
    expect(configuredOf(await rowOf(transport.id), keyring)?.secrets).toEqual({ signingSecret });
    const anew = { url: "https://hooks.example.com/two", newSigningSecret: true };
    const renewed = await ask(UPDATE, { transportId: transport.id, webhook: anew });
    expect(renewed.signingSecret).toMatch(/^whsec_/);
    expect(renewed.signingSecret).not.toBe(signingSecret);
  });

  test.each([
    "http://hooks.example.com",
    "hooks.example.com",
    "https://user:pw@hooks.example.com",
    "file:///etc/passwd",
    "",
  ])("a webhook is not called at %j", async (url) => {
    const { userErrors } = await create({ webhook: { url } });
    expect(userErrors).toMatchObject([{ field: "webhook.url" }]);
    expect(userErrors[0].message).not.toContain("pw");
  });
});

describe("a limit", () => {
  test("of a transport or of a domain through it is set, changed and removed", async () => {
    const { transport } = await create({ smtp: SMTP });
    const set = (input: Record<string, unknown>) => ask(LIMIT, { transportId: transport.id, ...input });
    await set({ messages: 10, per: "SECOND" });
    const { transport: limited } = await set({ domain: "Example.COM", messages: 100, per: "HOUR" });
    expect(limited.limits).toEqual([
      { domain: "", messages: 10, per: "SECOND" },
      { domain: "example.com", messages: 100, per: "HOUR" },
    ]);
    expect((await set({ messages: 20, per: "MINUTE" })).transport.limits[0]).toEqual({
      domain: "",
      messages: 20,
      per: "MINUTE",
    });
    const list = await app.query(`{ transports(first: 1) { nodes { id limits { domain messages } } } }`);
    expect(list.data.transports.nodes).toEqual([
      {
        id: transport.id,
        limits: [
          { domain: "", messages: 20 },
          { domain: "example.com", messages: 100 },
        ],
      },
    ]);
    expect((await set({ domain: "example.com", messages: null })).transport.limits).toHaveLength(1);
    expect((await set({})).transport.limits).toEqual([]);
  });

  test("that is faster than the one before holds at once, and leaves a closed breaker closed", async () => {
    const { transport } = await create({ smtp: SMTP });
    const lane = async () =>
      (
        await owner.query(
          `SELECT next_at < now() + interval '1 minute' AS soon, closed_because FROM lane WHERE transport_id = $1`,
          [transport.id],
        )
      ).rows;
    await ask(LIMIT, { transportId: transport.id, messages: 1, per: "HOUR" });
    await owner.query(
      `UPDATE lane SET next_at = now() + interval '1 hour', closed_until = now(), closed_because = 'down' WHERE transport_id = $1`,
      [transport.id],
    );
    await ask(LIMIT, { transportId: transport.id, messages: 10, per: "SECOND" });
    expect(await lane()).toEqual([{ soon: true, closed_because: "down" }]);
    await ask(LIMIT, { transportId: transport.id });
    expect(await lane()).toEqual([{ soon: true, closed_because: "down" }]);
  });

  test("that is none is refused in words", async () => {
    const { transport } = await create({ smtp: SMTP });
    const { userErrors } = await ask(LIMIT, { transportId: transport.id, domain: "nothing", messages: 0 });
    expect(placesOf(userErrors)).toEqual(["domain INVALID", "messages INVALID", "per REQUIRED"]);
  });
});

describe("removing it", () => {
  test("is refused while a campaign that is not over goes out through it, and names the campaign", async () => {
    const { transport } = await create({ smtp: SMTP });
    const campaignId = await aCampaign(app.database, { name: "Spring" });
    const use = (status: string) =>
      owner.query(`UPDATE campaign SET transport_id = $1, status = $2 WHERE id = $3`, [
        transport.id,
        status,
        campaignId,
      ]);
    const input = { transportId: transport.id };
    for (const status of ["pending", "scheduled", "processing", "paused"]) {
      await use(status);
      const { userErrors } = await ask(DELETE, input);
      expect(userErrors).toMatchObject([
        { code: "NOT_ALLOWED", field: "transportId", message: expect.stringContaining("“Spring”") },
      ]);
    }
    await use("completed");
    expect((await ask(DELETE, input)).userErrors).toEqual([]);
    const { data } = await app.query(`query ($id: ID!) { transport(id: $id) { id } }`, { id: transport.id });
    expect(data.transport).toBeNull();
    const { rows } = await owner.query(`SELECT transport_id FROM campaign WHERE id = $1`, [campaignId]);
    expect(rows).toEqual([{ transport_id: null }]);
    expect((await app.query(DELETE, { input })).errors?.[0]?.extensions.code).toBe("NOT_FOUND");
  });
});

describe("who may", () => {
  test("an editor sees which transports there are, and neither their settings nor how to change them", async () => {
    await create({ smtp: SMTP });
    const editor = openDoor(app.webs[0]!.url, await aToken(app.database, SAMPLE_WORKSPACE_ID, Role.EDITOR));
    const list = await editor.query(`{ transports { nodes { id name kind } } }`);
    expect(list.errors).toBeUndefined();
    const shown = await editor.query(`{ transports(first: 1) { nodes { smtp { host } } } }`);
    expect(shown.errors?.[0]?.extensions.code).toBe("FORBIDDEN");
    const changed = await editor.query(CREATE, { input: { name: aName(), smtp: SMTP } });
    expect(changed.errors?.[0]?.extensions.code).toBe("FORBIDDEN");
  });

  test("what was done is written down, without what is secret", async () => {
    const { transport } = await create({ smtp: SMTP });
    await ask(LIMIT, { transportId: transport.id, domain: "example.com", messages: 5, per: "MINUTE" });
    await ask(UPDATE, { transportId: transport.id, name: aName() });
    await ask(DELETE, { transportId: transport.id });
    const { data } = await app.query(`{ auditLog(first: 4) { nodes { action subjectName } } }`);
    expect(data.auditLog.nodes).toMatchObject([
      { action: "TRANSPORT_DELETED" },
      { action: "TRANSPORT_CHANGED" },
      { action: "TRANSPORT_LIMIT_SET", subjectName: `${transport.name}, to example.com: 5 a minute` },
      { action: "TRANSPORT_CREATED", subjectName: transport.name },
    ]);
    expect(JSON.stringify(data)).not.toContain(PASSWORD);
  });
});

describe("without the key", () => {
  test("a transport with a secret is refused with what to set, and one without is taken", async () => {
    const own = quickSettings({ SECRET_KEY: "", DATABASE_URL: app.databaseUrl });
    const web = await openWeb(app.databaseUrl, app.redisUrl, own, app.token);
    const askIt = async (smtp: unknown) => (await web.query(CREATE, { input: { name: aName(), smtp } })).data.done;
    expect((await askIt(SMTP)).userErrors).toMatchObject([
      { code: "NOT_ALLOWED", field: null, message: expect.stringContaining("SECRET_KEY") },
    ]);
    expect((await askIt({ host: "localhost", security: "NONE", from: "a@example.com" })).userErrors).toEqual([]);
    await web.stop();
  });

  test("what was sealed with a key that is gone is told, and can be given again", async () => {
    const { transport } = await create({ smtp: SMTP });
    const other = quickSettings({ SECRET_KEY: Buffer.alloc(32, 7).toString("base64") });
    expect(readSealingKeys(Buffer.alloc(32, 7).toString("base64"))).toEqual(other.secretKey);
    const web = await openWeb(app.databaseUrl, app.redisUrl, other, app.token);
    const seen = await web.query(`query ($id: ID!) { transport(id: $id) { ${FIELDS} } }`, { id: transport.id });
    expect(seen.data.transport).toMatchObject({
      secretsReadable: false,
      smtp: { host: SMTP.host, hasPassword: false },
    });
    const { password: _gone, ...without } = SMTP;
    const input = { transportId: transport.id, smtp: without };
    expect(placesOf((await web.query(UPDATE, { input })).data.done.userErrors)).toEqual(["smtp.password REQUIRED"]);
    const given = (await web.query(UPDATE, { input: { ...input, smtp: SMTP } })).data.done;
    expect(given.transport).toMatchObject({ secretsReadable: true, smtp: { hasPassword: true } });
    await web.stop();
  });
});

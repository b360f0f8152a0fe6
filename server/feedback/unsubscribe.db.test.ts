import { createHmac, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { newId } from "../platform/id.ts";
import { personalToken } from "../recipients/personal-link.ts";
import { type App, openApp, quickSettings, SAMPLE_WORKSPACE_ID } from "../testing/app.ts";
import { aCampaign } from "../testing/campaigns.ts";
import { type Ledger, openLedgerOn } from "../testing/ledger.ts";
import { masked } from "./unsubscribe-page.ts";

/** The unsubscribe link, as customers, mail scanners, providers and guessers use it. */

let app: App;
let ledger: Ledger;
let secret: Buffer;
/** Whose word is taken for the caller's address, so that a test can be many callers. */
const settings = quickSettings({ TRUSTED_PROXIES: "loopback" });

beforeAll(async () => {
  app = await openApp({ workers: 0, settings });
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

/** A recipient in a campaign of its own, with the token of its unsubscribe link. */
async function aRecipient() {
  const campaignId = await aCampaign(app.database, { name: "Spring <b>", recipients: 1 });
  const address = `${newId()}@example.com`;
  const [row] = await ledger.owner.query<{ id: string }>(
    `UPDATE recipient SET email = $2, address_key = $2 WHERE campaign_id = $1 RETURNING id`,
    [campaignId, address],
  );
  return { id: row!.id, campaignId, address, token: personalToken(secret, row!.id, "unsubscribe") };
}

let callers = 0;
/** Asks as somebody who never asked before. */
const ask = (token: string, init: RequestInit = {}, from = `192.0.2.${++callers}`) =>
  fetch(`${app.webs[0]!.url}/u/${token}`, { ...init, headers: { "x-forwarded-for": from, ...init.headers } });
const suppression = async (address: string) =>
  (
    await ledger.owner.query<{ reason: string; note: string; address: string }>(
      `SELECT reason, note, address FROM suppression WHERE workspace_id = $1 AND address_key = $2`,
      [SAMPLE_WORKSPACE_ID, address],
    )
  )[0];

describe("a link that works", () => {
  test("opened however often, asks and changes nothing", async () => {
    const { token, address, id } = await aRecipient();
    const before = await ledger.owner.query(`SELECT * FROM recipient WHERE id = $1`, [id]);
    for (const method of ["GET", "HEAD", "GET"]) {
      const response = await ask(token, { method });
      expect(response.status).toBe(200);
      const html = await response.text();
      if (method === "GET") expect(html).toContain(`<button>Unsubscribe ${masked(address)}</button>`);
      expect(html).not.toContain(address);
    }
    expect(await suppression(address)).toBeUndefined();
    expect(await ledger.owner.query(`SELECT * FROM recipient WHERE id = $1`, [id])).toEqual(before);
  });

  test.each([
    ["the page's button", { headers: { "content-type": "application/x-www-form-urlencoded" }, body: "" }],
    [
      "a provider's one click",
      { headers: { "content-type": "application/x-www-form-urlencoded" }, body: "List-Unsubscribe=One-Click" },
    ],
    ["a one click as multipart", { body: oneClickForm() }],
    ["a POST of nothing at all", {}],
    [
      "a page of another site, which gains nothing by it",
      { headers: { origin: "https://elsewhere.example", cookie: "session=made-up" } },
    ],
  ])("posted to by %s, takes the customer off, and again changes nothing", async (_who, init: RequestInit) => {
    const { token, address } = await aRecipient();
    const response = await ask(token, { method: "POST", ...init });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("You will get no more messages.");
    const first = await suppression(address);
    expect(first).toEqual({ reason: "unsubscribed", note: "by the link in “Spring <b>”", address });
    expect((await ask(token, { method: "POST", ...init })).status).toBe(200);
    expect(await suppression(address)).toEqual(first);
  });

  test("a hundred clicks at once write it once", async () => {
    const { token, address } = await aRecipient();
    const clicks = await Promise.all(Array.from({ length: 100 }, () => ask(token, { method: "POST" })));
    expect(new Set(clicks.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await suppression(address)).toMatchObject({ reason: "unsubscribed" });
  });

  test("its page is small, runs nothing, asks for nothing else and is not kept", async () => {
    const response = await ask((await aRecipient()).token);
    const html = await response.text();
    expect(html.length).toBeLessThan(10_000);
    expect(html).not.toMatch(/<script|src=|href=|\son\w+=/);
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      "cache-control": "private, no-store",
      "x-frame-options": "DENY",
      "x-robots-tag": "noindex",
      "content-security-policy": expect.stringMatching(/^default-src 'none'; form-action 'self'; .*style-src 'sha256-/),
    });
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  test("works though the campaign is over and the customer is suppressed already, by hand", async () => {
    const { token, address, campaignId } = await aRecipient();
    await ledger.owner.query(`UPDATE campaign SET status = 'completed' WHERE id = $1`, [campaignId]);
    await ledger.owner.query(
      `INSERT INTO suppression (workspace_id, address_key, reason, created_by) VALUES ($1, $2, 'manual', 'Ada')`,
      [SAMPLE_WORKSPACE_ID, address],
    );
    expect((await ask(token, { method: "POST" })).status).toBe(200);
    expect(await suppression(address)).toMatchObject({ reason: "unsubscribed" });
  });
});

describe("a link that does not work", () => {
  const forged: Record<string, (token: string, id: string) => string> = {
    "an unknown recipient": () => personalToken(secret, newId(), "unsubscribe"),
    "a forged proof": (token) => token.slice(0, 22) + randomBytes(17).toString("base64url").slice(0, 22),
    "one bit turned": (token) => token.slice(0, -1) + (token.endsWith("A") ? "B" : "A"),
    "the answering link's proof": (_token, id) => personalToken(secret, id, "respond"),
    "another workspace's secret": (_token, id) => personalToken(randomBytes(32), id, "unsubscribe"),
    "a proof of no length": (token) => token.slice(0, 22),
    "one cut off": (token) => token.slice(0, -4),
    "one with more behind it": (token) => `${token}AAAA`,
    "no token": () => "x",
    "a wide character": () => "ü".repeat(44),
    "a NUL": () => "%00".repeat(44),
  };

  test.each(Object.keys(forged))("for %s: the same page, 404, and nothing is written", async (why) => {
    const { token, id, address } = await aRecipient();
    const reference = await (await ask("x")).text();
    for (const method of ["GET", "POST"]) {
      const response = await ask(forged[why]!(token, id), { method });
      expect(response.status).toBe(404);
      expect(await response.text()).toBe(reference);
    }
    expect(await suppression(address)).toBeUndefined();
  });

  test("for a recipient who was removed", async () => {
    const { token, id, address } = await aRecipient();
    await ledger.owner.query(`DELETE FROM recipient WHERE id = $1`, [id]);
    expect((await ask(token, { method: "POST" })).status).toBe(404);
    expect(await suppression(address)).toBeUndefined();
  });

  test("thirty times from one address is enough; others, and those with a link that works, go on", async () => {
    const { token } = await aRecipient();
    const from = "198.51.100.7";
    for (let i = 0; i < 40; i += 1) expect((await ask(token, {}, from)).status).toBe(200);
    for (let i = 0; i < 30; i += 1) expect((await ask("x", {}, from)).status).toBe(404);
    const refused = await ask("x", {}, from);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await ask(token)).status).toBe(200);
  });
});

test("the database computes HMAC-SHA-256 as everybody does, whatever the length of key and message", async () => {
  for (const [key, message] of [
    [0, 0],
    [1, 10],
    [32, 48],
    [64, 1],
    [65, 300],
    [131, 54],
  ].map((lengths) => lengths.map((n) => randomBytes(n)))) {
    const [row] = await ledger.owner.query<{ mac: Buffer }>(`SELECT hmac_sha256($1, $2) AS mac`, [key, message]);
    expect(row!.mac).toEqual(createHmac("sha256", key!).update(message!).digest());
  }
});

test("the web role can check a link, and neither make one nor read the secret", async () => {
  await expect(app.database.query(`SELECT hmac_sha256('a', 'b')`)).rejects.toThrow("permission denied");
  await expect(app.database.query(`SELECT message_secret FROM workspace`)).rejects.toThrow("permission denied");
});

test.each([
  ["ada.amber@example.com", "a•••@example.com"],
  ["a@example.com", "a•••@example.com"],
  ["+49 30 55 01 01", "•••101"],
])("%s is shown as %s", (address, shown) => {
  expect(masked(address)).toBe(shown);
});

function oneClickForm(): FormData {
  const form = new FormData();
  form.set("List-Unsubscribe", "One-Click");
  return form;
}

describe("a customer who said so elsewhere", () => {
  const unsubscribe = async (input: { address: string; note?: string }) => {
    const { data, errors } = await app.query(
      `mutation ($input: UnsubscribeInput!) { unsubscribe(input: $input) {
        suppression { address reason note createdAt } userErrors { code field }
      } }`,
      { input },
    );
    expect(errors).toBeUndefined();
    return data.unsubscribe;
  };

  test("is off the list by their own word, once, also where somebody had only noted the address", async () => {
    const { address } = await aRecipient();
    await app.query(
      `mutation ($address: String!) { suppressAddress(input: { address: $address }) { userErrors { code } } }`,
      {
        address,
      },
    );
    const first = await unsubscribe({ address: address.toUpperCase(), note: " by phone " });
    expect(first).toMatchObject({ suppression: { address, reason: "UNSUBSCRIBED", note: "by phone" }, userErrors: [] });
    expect(await unsubscribe({ address, note: "again" })).toEqual(first);
    const lifted = await app.query(
      `mutation ($address: String!) { unsuppressAddress(input: { address: $address }) { userErrors { field } } }`,
      { address },
    );
    expect(lifted.data.unsuppressAddress.userErrors).toEqual([{ field: "confirm" }]);
    const { data } = await app.query(`{ auditLog(first: 1) { nodes { action subjectName } } }`);
    expect(data.auditLog.nodes).toEqual([
      { action: "ADDRESS_SUPPRESSED", subjectName: address.toUpperCase().replace("EXAMPLE.COM", "example.com") },
    ]);
  });

  test("of whom there is no address stays what they are, with words", async () => {
    expect(await unsubscribe({ address: "no address", note: "x".repeat(501) })).toEqual({
      suppression: null,
      userErrors: [
        { code: "INVALID", field: "address" },
        { code: "TOO_LONG", field: "note" },
      ],
    });
  });
});

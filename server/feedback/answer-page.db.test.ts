import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { newId } from "../platform/id.ts";
import { personalToken } from "../recipients/personal-link.ts";
import { type App, openApp, quickSettings, SAMPLE_WORKSPACE_ID } from "../testing/app.ts";
import { aCampaign } from "../testing/campaigns.ts";
import { type Ledger, openLedgerOn } from "../testing/ledger.ts";

/** The answering link, as customers, mail scanners and guessers use it. */

let app: App;
let ledger: Ledger;
let secret: Buffer;
const settings = quickSettings({ TRUSTED_PROXIES: "loopback", RESPONSE_LINK_DAYS: "30" });

beforeAll(async () => {
  app = await openApp({ workers: 0, settings });
  ledger = await openLedgerOn(app.databaseUrl);
  const [workspace] = await ledger.owner.query<{ message_secret: Buffer }>(
    `UPDATE workspace SET name = 'Café <Ecke>', color = '#ffee00', review_links = $2 WHERE id = $1 RETURNING message_secret`,
    [SAMPLE_WORKSPACE_ID, JSON.stringify(LINKS)],
  );
  secret = workspace!.message_secret;
});
afterAll(async () => {
  await ledger.drop();
  await app.stop();
});

const LINKS = [
  { name: "Maps & more", url: "https://maps.example.com/café?x=1" },
  { name: "Stars", url: "https://stars.example/us" },
];

/** Somebody who was sent to so many days ago. */
async function aCustomer(daysAgo = 1) {
  const campaignId = await aCampaign(app.database, { recipients: 1 });
  const [row] = await ledger.owner.query<{ id: string }>(
    `WITH counted AS (UPDATE campaign SET queued = 0, sent = 1 WHERE id = $1)
     UPDATE recipient SET status = 'sent', sent_at = now() - $2 * interval '1 day' WHERE campaign_id = $1 RETURNING id`,
    [campaignId, daysAgo],
  );
  return { id: row!.id, campaignId, token: personalToken(secret, row!.id, "respond") };
}

/** All that the program knows of a customer and the campaign. */
const everything = async ({ id, campaignId }: { id: string; campaignId: string }) => [
  await ledger.owner.query(`SELECT * FROM recipient WHERE id = $1`, [id]),
  await ledger.owner.query(`SELECT * FROM campaign WHERE id = $1`, [campaignId]),
  await ledger.owner.query(`SELECT * FROM visit WHERE recipient_id = $1`, [id]),
  await ledger.owner.query(`SELECT * FROM response WHERE recipient_id = $1`, [id]),
];
const visitOf = async (id: string) =>
  (await ledger.owner.query<Record<string, Date | null>>(`SELECT * FROM visit WHERE recipient_id = $1`, [id]))[0];

const BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
let callers = 0;
/** Asks as somebody who never asked before. */
const ask = (path: string, init: RequestInit = {}, from = `192.0.2.${++callers % 250}`) =>
  fetch(`${app.webs[0]!.url}/r/${path}`, {
    redirect: "manual",
    ...init,
    headers: { "x-forwarded-for": from, "user-agent": BROWSER, ...init.headers },
  });
const post = (path: string, form: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  ask(path, { method: "POST", headers, body: new URLSearchParams(form) });

describe("a link that works", () => {
  test("opened however often, by whomever, with whatever stars in it, changes nothing", async () => {
    const customer = await aCustomer();
    const before = await everything(customer);
    const openings: [string, RequestInit][] = [
      ["", {}],
      ["?rating=5", {}],
      ["", { method: "HEAD" }],
      ["", { headers: { "sec-purpose": "prefetch;prerender" } }],
      ["?rating=1", { headers: { "user-agent": "Barracuda Sentinel (EE)" } }],
    ];
    for (const [query, init] of openings) expect((await ask(customer.token + query, init)).status).toBe(200);
    for (const path of ["opened", "review/1"]) expect((await ask(`${customer.token}/${path}`)).status).toBe(404);
    expect(await everything(customer)).toEqual(before);
  });

  test("asks in the workspace's name, and the stars in the link only preselect", async () => {
    const { token } = await aCustomer();
    const html = await (await ask(`${token}?rating=4`)).text();
    expect(html).toContain("How was it with Café &lt;Ecke&gt;?");
    expect(html.match(/value="\d" required checked/g)).toEqual([`value="4" required checked`]);
    for (const query of ["", "?rating=6", "?rating=4&rating=5", "?rating=<b>"])
      expect(await (await ask(token + query)).text()).not.toContain(" checked");
  });

  test("is small, asks for nothing else, is not kept, and is held to itself by its headers", async () => {
    const { token } = await aCustomer();
    for (const words of ["", "Words. ".repeat(280), `"`.repeat(2_000), "&".repeat(2_000)]) {
      if (words) await post(token, { rating: "3", comment: words });
      const response = await ask(token);
      const html = await response.text();
      expect(html.length).toBeLessThan(30_000);
      expect(html).not.toMatch(/\ssrc=|<link|@import|url\(|\son\w+=/);
      const policy = response.headers.get("content-security-policy")!;
      expect(policy).toMatch(/^default-src 'none'; /);
      expect(policy).not.toMatch(/unsafe|\*|http:/);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        ...{ "cache-control": "private, no-store", "x-frame-options": "DENY", "x-robots-tag": "noindex" },
        "referrer-policy": "same-origin",
      });
      expect(response.headers.getSetCookie()).toEqual([]);
    }
  });

  test.each([
    ["de-DE,de;q=0.9", "de", "Wie war es bei"],
    ["fr", "fr", "Comment s’est passée"],
    ["ja", "en", "How was it with"],
  ])("speaks the language asked for: %s", async (asked, language, words) => {
    const { token } = await aCustomer();
    const html = await (await ask(token, { headers: { "accept-language": asked } })).text();
    expect(html).toContain(`<html lang="${language}">`);
    expect(html).toContain(words);
    const broken = await (await ask("x", { headers: { "accept-language": asked } })).text();
    expect(broken).toContain(`<html lang="${language}">`);
  });
});

describe("answering", () => {
  test("leads back to the page, which thanks, shows the answer, the review links and the way off the list", async () => {
    const { token, id } = await aCustomer();
    const answered = await post(token, { rating: "1", comment: `<script>alert(1)</script> "No"` });
    expect([answered.status, answered.headers.get("location")]).toEqual([303, `/r/${token}`]);
    const html = await (await ask(token)).text();
    expect(html).toContain("Thank you for your answer.");
    expect(html).toContain(`<blockquote>&lt;script&gt;alert(1)&lt;/script&gt; "No"</blockquote>`);
    expect(html.match(/action="\/r\/[\w-]+\/review\/\d"/g)).toHaveLength(2);
    expect(html).toContain("Review on Maps &amp; more");
    expect(html).toContain(`href="/u/${personalToken(secret, id, "unsubscribe")}"`);
    expect(html).toMatch(/<details><summary>Change/);
    // Other stars in the link open the form with them, and with the words as they are.
    const other = await (await ask(`${token}?rating=5`)).text();
    expect(other).toMatch(/<details open>/);
    expect(other).toContain(`value="5" required checked`);
    expect(other).toContain(`&lt;script&gt;alert(1)&lt;/script&gt; "No"</textarea>`);
  });

  test.each([
    ["no stars", { comment: "Words." }, "Please choose your stars"],
    ["six stars", { rating: "6", comment: "Words." }, "Please choose your stars"],
    ["two and a half", { rating: "2.5", comment: "Words." }, "Please choose your stars"],
    ["too many words", { rating: "2", comment: "Words." + "x".repeat(1995) }, "Your words are longer than 2,000"],
  ])(
    "with %s is asked again in words, with what was written, and nothing is written down",
    async (_why, form, words) => {
      const customer = await aCustomer();
      const before = await everything(customer);
      const refused = await post(customer.token, form);
      expect(refused.status).toBe(400);
      const html = await refused.text();
      expect(html).toContain(`role="alert">${words}`);
      expect(html).toContain("\nWords.");
      expect(await everything(customer)).toEqual(before);
    },
  );

  test("with 2,000 characters of any kind works, and with what Postgres cannot keep too", async () => {
    const { token, id } = await aCustomer();
    expect((await post(token, { rating: "2", comment: "😀".repeat(1998) + "\0\ud800" })).status).toBe(303);
    const [row] = await ledger.owner.query<{ comment: string }>(
      `SELECT comment FROM response WHERE recipient_id = $1`,
      [id],
    );
    expect([...row!.comment]).toHaveLength(2000);
  });

  test.each([
    ["JSON", { headers: { "content-type": "application/json" }, body: `{"rating":5}` }],
    ["multipart", { body: new FormData() }],
    ["nothing", {}],
  ])("by %s is not understood, and nothing is written down", async (_what, init: RequestInit) => {
    const customer = await aCustomer();
    const before = await everything(customer);
    expect((await ask(customer.token, { method: "POST", ...init })).status).toBe(400);
    expect(await everything(customer)).toEqual(before);
  });

  test("far too large is refused before it is read", async () => {
    const { token } = await aCustomer();
    expect((await post(token, { rating: "5", comment: "x".repeat(40_000) })).status).toBe(413);
  });
});

describe("opening", () => {
  const REPORT = { automated: "no" };

  test("reported by a person's browser counts as one; who looks again is no news", async () => {
    const customer = await aCustomer();
    expect((await post(`${customer.token}/opened`, REPORT)).status).toBe(204);
    const first = await visitOf(customer.id);
    expect(first).toMatchObject({ opened_at: expect.any(Date), scanned_at: null, clicked_at: null });
    const after = await everything(customer);
    await post(`${customer.token}/opened`, REPORT);
    expect(await everything(customer)).toEqual(after);
  });

  test.each<[string, Record<string, string>, Record<string, string>]>([
    ["a scanner by its name", REPORT, { "user-agent": "Mozilla/5.0 (compatible; LinkScanBot/1.0)" }],
    ["a browser without a head", REPORT, { "user-agent": "Mozilla/5.0 HeadlessChrome/138.0.0.0" }],
    ["a browser that a program drives", { automated: "yes" }, {}],
    ["a browser that fetches ahead", REPORT, { "sec-purpose": "prefetch;prerender" }],
    ["something that did not run the page's script", {}, {}],
  ])("reported by %s is kept apart, and no opening", async (_who, form, headers) => {
    const { id, token, campaignId } = await aCustomer();
    expect((await post(`${token}/opened`, form, headers)).status).toBe(204);
    expect(await visitOf(id)).toMatchObject({ opened_at: null, scanned_at: expect.any(Date) });
    const [campaign] = await ledger.owner.query(`SELECT opened, scanned FROM campaign WHERE id = $1`, [campaignId]);
    expect(campaign).toEqual({ opened: 0, scanned: 1 });
    await post(token, { rating: "4" });
    expect(await visitOf(id)).toMatchObject({ opened_at: expect.any(Date), scanned_at: expect.any(Date) });
  });
});

describe("going on to a public review", () => {
  test("is written down once and leads there", async () => {
    const { id, token } = await aCustomer();
    await post(token, { rating: "1" });
    const gone = await post(`${token}/review/1`);
    expect([gone.status, gone.headers.get("location")]).toEqual([303, "https://maps.example.com/caf%C3%A9?x=1"]);
    const first = await visitOf(id);
    expect(first!["clicked_at"]).toEqual(expect.any(Date));
    expect((await post(`${token}/review/2`)).headers.get("location")).toBe("https://stars.example/us");
    expect(await visitOf(id)).toEqual(first);
  });

  test.each(["0", "3", "11", "-1", "x", "%00"])(
    "to place %s, which there is not, leads back to the page",
    async (n) => {
      const { id, token } = await aCustomer();
      const gone = await post(`${token}/review/${n}`);
      expect([gone.status, gone.headers.get("location")]).toEqual([303, `/r/${token}`]);
      expect(await visitOf(id)).toBeUndefined();
    },
  );
});

describe("a link that does not work", () => {
  const broken: Record<string, (token: string, id: string) => string | Promise<string>> = {
    "of an unknown recipient": () => personalToken(secret, newId(), "respond"),
    "with a forged proof": (token) => token.slice(0, 22) + randomBytes(17).toString("base64url").slice(0, 22),
    "that is the unsubscribe link's": (_token, id) => personalToken(secret, id, "unsubscribe"),
    "that is cut off": (token) => token.slice(0, -4),
    "that is none": () => "x",
    "with a NUL": () => "%00".repeat(44),
    "with what is no character": (token) => `${token}%E4`,
    "with much behind it": (token) => token + "x".repeat(500),
    "that is too old": async () => (await aCustomer(31)).token,
  };

  test.each(Object.keys(broken))("%s is answered as all of them, and nothing is written", async (why) => {
    const customer = await aCustomer();
    const before = await everything(customer);
    const token = await broken[why]!(customer.token, customer.id);
    const reference = await (await ask("x")).text();
    const answers = [
      await ask(token),
      await post(token, { rating: "5" }),
      await post(token),
      await post(`${token}/opened`, { automated: "no" }),
      await post(`${token}/review/1`),
    ];
    for (const response of answers) {
      expect(response.status).toBe(404);
      expect(await response.text()).toBe(reference);
    }
    expect(await everything(customer)).toEqual(before);
  });

  test("works with a slash behind it, as some programs write addresses", async () => {
    const { token } = await aCustomer();
    expect((await ask(`${token}/`)).status).toBe(200);
  });

  test("works until its last day", async () => {
    const { token } = await aCustomer(29.9);
    expect((await ask(token)).status).toBe(200);
  });

  test("counts by itself: whoever uses one that works is never slowed down", async () => {
    const from = "198.51.100.8";
    const { token } = await aCustomer();
    for (let i = 0; i < 12; i += 1) {
      const sent = { method: "POST", body: new URLSearchParams({ rating: "4", automated: "no" }) };
      const statuses = [
        (await ask(token, {}, from)).status,
        (await ask(token, sent, from)).status,
        (await ask(`${token}/opened`, sent, from)).status,
        (await ask(`${token}/review/1`, sent, from)).status,
      ];
      expect(statuses).toEqual([200, 303, 204, 303]);
    }
  });

  test("thirty times from one address, as with unsubscribe links and together with them, is enough", async () => {
    const from = "198.51.100.7";
    const { token } = await aCustomer();
    for (let i = 0; i < 15; i += 1) expect((await ask("x", {}, from)).status).toBe(404);
    for (let i = 0; i < 15; i += 1)
      await fetch(`${app.webs[0]!.url}/u/x`, { headers: { "x-forwarded-for": from, "user-agent": BROWSER } });
    const refused = await ask("x", {}, from);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await ask(token)).status).toBe(200);
  });
});

test("the web role gets the unsubscribe link's proof for the answering link's alone", async () => {
  const { id, token } = await aCustomer();
  const proof = Buffer.from(token, "base64url").subarray(16);
  const proofFor = (shown: Buffer) => app.database.query(`SELECT unsubscribe_proof($1, $2) AS proof`, [id, shown]);
  const expected = Buffer.from(personalToken(secret, id, "unsubscribe"), "base64url").subarray(16);
  expect(await proofFor(proof)).toEqual([{ proof: expected }]);
  for (const wrong of [randomBytes(17), expected, proof.subarray(0, 8), Buffer.alloc(0)])
    expect(await proofFor(wrong)).toEqual([{ proof: null }]);
  await expect(ledger.worker.query(`SELECT unsubscribe_proof($1, $2)`, [id, proof])).rejects.toThrow(
    "permission denied",
  );
});

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Role, Scope } from "../accounts/access.ts";
import { insertApiToken } from "../accounts/api-token.store.ts";
import { newId } from "../platform/id.ts";
import { type App, aToken, openApp, openDoor, SAMPLE_WORKSPACE_ID, type WebDoor } from "../testing/app.ts";
import { aCampaign } from "../testing/campaigns.ts";
import { aWorkspace, countersOf, type Ledger, maintained, openLedgerOn, recount } from "../testing/ledger.ts";
import { rollUpByHand } from "../testing/rollups.ts";
import type { FeedbackTaken } from "./take-feedback.ts";

/** Bounces and complaints, from the request to the rows. */

let app: App;
let ledger: Ledger;
/** A token that may report and nothing else. */
let reporter: WebDoor;
const NOTHING: FeedbackTaken = { changed: 0, noted: 0, repeated: 0, unmatched: 0 };

beforeAll(async () => {
  app = await openApp({ workers: 0 });
  ledger = await openLedgerOn(app.databaseUrl);
  const secret = await app.database.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) =>
    insertApiToken(tx, {
      ...{ id: newId(), name: "Bounces", scopes: [Scope.REPORT_FEEDBACK], createdBy: "A test", expiresAt: null },
    }),
  );
  reporter = openDoor(app.webs[0]!.url, secret);
});
afterAll(async () => {
  await ledger.drop();
  await app.stop();
});

/** A campaign that wrote to one customer, whose row stands as wished; counters and rows agree. */
async function writtenTo(address: string, status = "sent", workspaceId = SAMPLE_WORKSPACE_ID) {
  const campaignId = await aCampaign(app.database, { recipients: 1, workspaceId });
  await ledger.owner.query(
    `WITH started AS (UPDATE campaign SET status = 'completed', started_at = now(), queued = 0, ${status} = 1 WHERE id = $1),
          run AS (INSERT INTO run (id, workspace_id, campaign_id, number, kind, status) VALUES ($4, $5, $1, 1, 'first', 'completed'))
     UPDATE recipient SET status = $2, email = $3, address_key = lower($3), attempts = 1, tries = 1,
            sent_at = CASE WHEN $2 = 'sent' THEN clock_timestamp() END, activity_at = clock_timestamp() WHERE campaign_id = $1`,
    [campaignId, status, address, newId(), workspaceId],
  );
  await rollUpByHand(ledger.owner, campaignId);
  const ref = { workspaceId, campaignId };
  const row = async () =>
    (
      await ledger.owner.query<{
        status: string;
        reason: string | null;
        error_code: string | null;
        error: string | null;
      }>(`SELECT status, reason, error_code, error FROM recipient WHERE campaign_id = $1`, [campaignId])
    )[0]!;
  const attempts = () =>
    ledger.owner.query(`SELECT outcome, reason, code FROM attempt WHERE campaign_id = $1 ORDER BY id`, [campaignId]);
  const tally = () =>
    ledger.owner.query(`SELECT reason, count FROM failure_tally WHERE campaign_id = $1`, [campaignId]);
  return { ref, row, attempts, tally };
}

async function suppressionOf(address: string, workspaceId = SAMPLE_WORKSPACE_ID): Promise<string | undefined> {
  const [row] = await ledger.owner.query<{ reason: string }>(
    `SELECT reason FROM suppression WHERE workspace_id = $1 AND address_key = lower($2)`,
    [workspaceId, address],
  );
  return row?.reason;
}

async function tell(path: string, body: string | object, door = reporter) {
  const response = await door.fetch(`/feedback/${path}`, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    body: (await response.json()) as FeedbackTaken & { errors: { message: string }[] },
  };
}
const events = (...all: object[]) => tell("events/generic", { events: all });
/** The sample report, about another address. */
const reportOn = (address: string, name = "postfix-like") =>
  readFileSync(new URL(`../testing/samples/bounces/${name}.eml`, import.meta.url), "utf8").replace(
    /(ada\.amber@example\.com|dara\.dune@example\.com|eli\.ember@example\.net)/gi,
    address,
  );
const anAddress = () => `${newId()}@example.com`;

describe("a mail that came back", () => {
  test("fails who was sent to, with reason, code and words, suppresses the address, and counts once", async () => {
    const address = anAddress();
    const { ref, row, attempts, tally } = await writtenTo(address);
    const before = await countersOf(ledger, ref);
    expect(await tell("mail", reportOn(address))).toEqual({ status: 200, body: { ...NOTHING, changed: 1 } });
    expect(await row()).toEqual({
      ...{ status: "failed", reason: "mailbox_unknown", error_code: "550 5.1.1" },
      error: expect.stringContaining("nobody of that name here"),
    });
    expect(await suppressionOf(address)).toBe("bounced");
    const after = await countersOf(ledger, ref);
    expect(after).toMatchObject({ sent: 0, failed: 1, seq: before.seq + 1 });
    expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
    expect(await attempts()).toEqual([{ outcome: "failed", reason: "mailbox_unknown", code: "550 5.1.1" }]);
    expect(await tally()).toEqual([{ reason: "mailbox_unknown", count: 1 }]);

    expect(await tell("mail", reportOn(address))).toEqual({ status: 200, body: { ...NOTHING, repeated: 1 } });
    expect((await countersOf(ledger, ref)).seq).toBe(after.seq);
    expect(await attempts()).toHaveLength(1);
  });

  test("twenty times at once is one change", async () => {
    const address = anAddress();
    const { ref } = await writtenTo(address);
    const told = await Promise.all(Array.from({ length: 20 }, () => tell("mail", reportOn(address))));
    expect(told.map(({ body }) => body.changed).reduce((a, b) => a + b)).toBe(1);
    expect(await countersOf(ledger, ref)).toMatchObject({ sent: 0, failed: 1 });
  });

  test("again never reaches the campaign before", async () => {
    const address = anAddress();
    const [older, newer] = [await writtenTo(address), await writtenTo(address)];
    for (let i = 0; i < 3; i += 1) await tell("mail", reportOn(address));
    expect((await newer.row()).status).toBe("failed");
    expect((await older.row()).status).toBe("sent");
  });

  test("about somebody who was in doubt says that it had left, and failed", async () => {
    const address = anAddress();
    const { ref, row } = await writtenTo(address, "unconfirmed");
    await tell("mail", reportOn(address));
    expect((await row()).status).toBe("failed");
    expect(await countersOf(ledger, ref)).toMatchObject({ unconfirmed: 0, failed: 1 });
  });

  test("because the sender is not trusted fails the recipient, and leaves the address usable", async () => {
    const address = anAddress();
    const { row } = await writtenTo(address);
    await tell("mail", reportOn(address).replaceAll("5.1.1", "5.7.26"));
    expect(await row()).toMatchObject({ status: "failed", reason: "sender_not_trusted" });
    expect(await suppressionOf(address)).toBeUndefined();
  });

  test("late is noted once, and changes nothing else", async () => {
    const address = anAddress();
    const { ref, row, attempts } = await writtenTo(address);
    const before = await countersOf(ledger, ref);
    expect((await tell("mail", reportOn(address, "delayed"))).body).toEqual({ ...NOTHING, noted: 1 });
    expect((await tell("mail", reportOn(address, "delayed"))).body).toEqual({ ...NOTHING, repeated: 1 });
    expect((await row()).status).toBe("sent");
    expect(await suppressionOf(address)).toBeUndefined();
    expect(await countersOf(ledger, ref)).toEqual(before);
    expect(await attempts()).toEqual([{ outcome: "retry", reason: "unreachable", code: "4.4.1" }]);
  });

  test("late, told twenty times at once, is noted once", async () => {
    const address = anAddress();
    const { attempts } = await writtenTo(address);
    const told = await Promise.all(Array.from({ length: 20 }, () => tell("mail", reportOn(address, "delayed"))));
    expect(told.map(({ body }) => body.noted).reduce((a, b) => a + b)).toBe(1);
    expect(await attempts()).toHaveLength(1);
  });

  test("about somebody whom nobody wrote to suppresses nobody: anybody can write such a mail", async () => {
    const address = anAddress();
    for (const name of ["postfix-like", "complaint"])
      expect((await tell("mail", reportOn(address, name))).body).toEqual({ ...NOTHING, unmatched: 1 });
    expect(await suppressionOf(address)).toBeUndefined();
  });

  test("as a complaint suppresses and leaves the recipient as it is", async () => {
    const address = anAddress();
    const { row } = await writtenTo(address);
    expect((await tell("mail", reportOn(address, "complaint"))).body).toEqual({ ...NOTHING, changed: 1 });
    expect(await suppressionOf(address)).toBe("complained");
    expect((await row()).status).toBe("sent");
  });

  test("that is no report is taken and does nothing, so that no mail server sends it back", async () => {
    expect(await tell("mail", reportOn("x@example.com", "absence"))).toEqual({ status: 200, body: NOTHING });
    expect(await tell("mail", "")).toEqual({ status: 200, body: NOTHING });
  });

  test("of over a megabyte is refused", async () => {
    expect((await tell("mail", "x".repeat(1_000_001))).status).toBe(413);
  });
});

describe("what a provider posts", () => {
  test("of a bounce, a complaint and a delivery has its effect", async () => {
    const [bounced, complained, delivered] = [anAddress(), anAddress(), anAddress()];
    const first = await writtenTo(bounced.toUpperCase().replace("EXAMPLE.COM", "example.com"));
    const third = await writtenTo(delivered, "unconfirmed");
    const { body } = await events(
      { type: "bounced", email: bounced, permanent: true, code: "550", text: "gone\0" },
      { type: "complained", email: complained },
      { type: "delivered", email: delivered },
      { type: "delivered", email: delivered },
      { type: "bounced", email: "no address", permanent: true },
    );
    expect(body).toEqual({ changed: 3, noted: 0, repeated: 1, unmatched: 1 });
    expect(await first.row()).toMatchObject({ status: "failed", error: "gone\ufffd" });
    // A provider's word counts though nobody of this address is found.
    expect(await suppressionOf(complained)).toBe("complained");
    expect((await third.row()).status).toBe("sent");
    expect(await maintained(ledger, third.ref)).toEqual(await recount(ledger, third.ref));
  });

  test("a complaint outweighs a bounce, and not the other way round", async () => {
    const address = anAddress();
    await events({ type: "bounced", email: address, permanent: true });
    expect(await suppressionOf(address)).toBe("bounced");
    await events({ type: "complained", email: address });
    expect(await suppressionOf(address)).toBe("complained");
    expect((await events({ type: "bounced", email: address, permanent: true })).body.changed).toBe(0);
    expect(await suppressionOf(address)).toBe("complained");
  });

  test.each([
    ["events/nobody", {}, 404, /There are generic, ses, postmark/],
    ["events/constructor", {}, 404, /no preset/],
    ["events/generic", "{", 400, /no JSON/],
    ["events/generic", { events: [{ type: "bounced" }] }, 400, /at events\.0\.email/],
  ])("%s with %j is refused in words", async (path, body, status, message) => {
    const answered = await tell(path, body);
    expect(answered).toMatchObject({ status, body: { errors: [{ message: expect.stringMatching(message) }] } });
  });

  test("reaches nothing of another workspace", async () => {
    const address = anAddress();
    const workspaceId = await aWorkspace(ledger);
    const theirs = await writtenTo(address, "sent", workspaceId);
    expect((await tell("mail", reportOn(address))).body).toEqual({ ...NOTHING, unmatched: 1 });
    await events({ type: "bounced", email: address, permanent: true });
    expect((await theirs.row()).status).toBe("sent");
    expect(await suppressionOf(address, workspaceId)).toBeUndefined();
  });
});

test("is for tokens with the scope alone", async () => {
  const { url } = app.webs[0]!;
  const editor = openDoor(url, await aToken(app.database, SAMPLE_WORKSPACE_ID, Role.EDITOR));
  for (const path of ["mail", "events/generic"]) {
    expect((await tell(path, "{}", editor)).status).toBe(403);
    expect((await tell(path, "{}", openDoor(url))).status).toBe(401);
    expect((await tell(path, "{}", openDoor(url, "cdt_made-up"))).status).toBe(401);
    const foreign = { method: "POST", body: "{}", headers: { origin: "https://elsewhere.example" } };
    expect((await reporter.fetch(`/feedback/${path}`, foreign)).status).toBe(403);
  }
  const { errors } = await reporter.query(`{ campaigns { nodes { id } } }`);
  expect(errors?.[0]?.extensions.code).toBe("FORBIDDEN");
});

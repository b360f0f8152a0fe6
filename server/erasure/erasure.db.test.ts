import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Channel } from "../campaigns/campaign.ts";
import { insertCaughtMail } from "../dispatch/caught-mail.store.ts";
import { type CampaignRef, release, sweepCancelled } from "../dispatch/dispatch.store.ts";
import { startRun } from "../dispatch/run.store.ts";
import { newId } from "../platform/id.ts";
import { enqueue } from "../platform/outbox.store.ts";
import { addRecipients } from "../recipients/add-recipients-to-campaign.ts";
import { personalToken } from "../recipients/personal-link.ts";
import { type App, aToken, eventually, openApp, openDoor, SAMPLE_WORKSPACE_ID } from "../testing/app.ts";
import { Role } from "../accounts/access.ts";
import { importFile, problemsOf } from "../testing/imports.ts";
import {
  aBatch,
  aCampaign,
  aWorkspace,
  claimAs,
  type Ledger,
  maintained,
  openLedgerOn,
  recount,
  rowsOf,
  sendAll,
  setStatus,
  settleAs,
} from "../testing/ledger.ts";
import { withoutWords } from "../testing/rollups.ts";

/** A made-up person who is everywhere: this word stands in every value of theirs, these digits in their number. */
const WORD = "zaubernuss";
const DIGITS = "301234567";
const EMAIL = `zilla.${WORD}@example.com`;
const PHONE = `+49${DIGITS}`;
const WRITTEN_OTHERWISE = ` Zilla.${WORD.toUpperCase()}@EXAMPLE.com `;

let app: App;
let ledger: Ledger;
let secret: Buffer;
/** Whose batches nobody takes away: a worker that lives. */
const workerId = newId();
beforeAll(async () => {
  app = await openApp();
  ledger = await openLedgerOn(app.databaseUrl);
  const [row] = await ledger.owner.query<{ message_secret: Buffer }>(
    `SELECT message_secret FROM workspace WHERE id = $1`,
    [SAMPLE_WORKSPACE_ID],
  );
  secret = row!.message_secret;
  await ledger.owner.query(
    `INSERT INTO worker (id, host, pid, expires_at) VALUES ($1, 'a test', 1, now() + interval '1 hour')`,
    [workerId],
  );
});
afterAll(async () => {
  await ledger.drop();
  await app.stop();
});

const AMOUNTS = `recipients responses attempts importRows oldValues caughtMails uploads`;
const NOTHING = Object.fromEntries(AMOUNTS.split(" ").map((name) => [name, 0]));

async function erase(address: string, idempotencyKey: string | null = null) {
  const { data, errors } = await app.query(
    `mutation ($input: ErasePersonInput!) { erasePerson(input: $input) { erased { ${AMOUNTS} } userErrors { code field message } } }`,
    { input: { address, idempotencyKey } },
  );
  if (errors) throw new Error(JSON.stringify(errors));
  return data.erasePerson as { erased: Record<string, number> | null; userErrors: { code: string; message: string }[] };
}

async function held(address: string) {
  const { data } = await app.query(
    `query ($address: String!) { personData(address: $address) {
       address recipients { campaign { name } recipient { name email status } } otherAddresses
       suppression { reason address } uploads { fileName } amounts { ${AMOUNTS} } } }`,
    { address },
  );
  return data.personData as {
    recipients: { campaign: { name: string } }[];
    otherAddresses: string[];
    suppression: { reason: string } | null;
    amounts: Record<string, number>;
  };
}

/** A transport that no worker here has, so that campaigns stand still as they were put. */
const NOWHERE = { transport: "nowhere" };

/** Adds the person, behind those who are there. */
async function addTo(
  { workspaceId, campaignId }: CampaignRef,
  person: { email?: string; phone?: string } = { email: EMAIL.toUpperCase(), phone: PHONE },
) {
  const recipient = { name: `Zilla ${WORD}`, fields: { pet: `a ${WORD} cat` }, ...person };
  const { payload } = await addRecipients(app.database, workspaceId, { campaignId, recipients: [recipient] });
  expect(payload).toMatchObject({ added: 1 });
}

/** A campaign of three whose last one is the person, who waits in a batch that nobody owns. */
async function withGivenBack(): Promise<CampaignRef> {
  const ref = await aCampaign(ledger, { ...NOWHERE, name: "Given back", status: "processing", recipients: 2 });
  await addTo(ref);
  const { id, epoch } = await aBatch(ledger, ref, { workerId });
  await release(ledger.worker, ref.workspaceId, { id, epoch }, "given back");
  await setStatus(ledger, ref, "paused");
  return ref;
}

/** A campaign of two whose last one is the person, who waits for another try. */
async function withRetry(): Promise<CampaignRef> {
  const ref = await aCampaign(ledger, { ...NOWHERE, name: "Retrying", status: "processing", recipients: 1 });
  await addTo(ref);
  await settleAs(ledger, await aBatch(ledger, ref, { workerId }), "retry");
  return ref;
}

async function sentTo(): Promise<CampaignRef> {
  const ref = await aCampaign(ledger, { ...NOWHERE, name: "Sent", status: "processing", recipients: 1 });
  await addTo(ref);
  await sendAll(ledger, ref);
  return ref;
}

async function theirId(ref: CampaignRef): Promise<string> {
  return (await rowsOf(ledger, ref)).at(-1)!.id;
}

const page = (token: string) => app.webs[0]!.fetch(`/r/${token}`, { headers: { accept: "text/html" } });

async function answer(ref: CampaignRef): Promise<string> {
  const id = await theirId(ref);
  const token = personalToken(secret, id, "respond");
  const { status } = await app.webs[0]!.fetch(`/r/${token}`, {
    ...{ method: "POST", redirect: "manual" },
    body: new URLSearchParams({ rating: "4", comment: `Greetings, ${WORD}` }),
  });
  expect(status).toBe(303);
  const { errors } = await app.query(
    `mutation ($id: ID!, $note: String) { setResponseNote(input: { id: $id, note: $note }) { userErrors { message } } }`,
    { id, note: `call ${WORD} back` },
  );
  expect(errors).toBeUndefined();
  return token;
}

async function bounce(): Promise<void> {
  const event = { type: "bounced", email: EMAIL, code: "550 5.1.1", text: `${EMAIL} is unknown here` };
  const body = JSON.stringify({ events: [event] });
  const told = await app.webs[0]!.fetch("/feedback/events/generic", { method: "POST", body });
  expect(await told.json()).toMatchObject({ changed: 1 });
}

/** A file with the person in a row that goes in, in one that is warned of, and in rows that are refused. */
async function importThem(ref: CampaignRef): Promise<string> {
  const file = [
    "email,name,phone,pet",
    `${EMAIL},Zilla ${WORD} the second,not ${WORD}'s number,${WORD}`,
    `${EMAIL},again,,`,
    `nobody,${EMAIL},,`,
    `other@example.com,Other,,`,
    "",
  ].join("\n");
  const more = { onDuplicate: "UPDATE", fileName: "customers.csv" };
  const { id, updated, invalid } = await importFile(app, ref.campaignId, file, more);
  expect([updated, invalid]).toEqual([1, 1]);
  return id;
}

async function catchMail(): Promise<void> {
  const raw = Buffer.from(`To: ${EMAIL}\r\nSubject: Hello ${WORD}\r\n\r\nHow did we do, ${WORD}?\r\n`);
  const head = { from: "shop@example.com", subject: `Hello ${WORD}`, messageId: null };
  await ledger.web.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) => insertCaughtMail(tx, { ...head, to: EMAIL, raw }));
}

/** Two services were told of events: one about this person, the other about somebody else; both named them in their answers. */
async function nameInAnswers(recipientId: string): Promise<void> {
  const about = [recipientId, newId()].map((id) => ({ recipientId: id }));
  const ids = await ledger.web.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) =>
    enqueue(tx, "recipient.failed", [newId()], about),
  );
  const answers = [`no ${WORD} here`, `ours is <${EMAIL}>`];
  for (const [i, id] of ids.entries())
    await ledger.owner.query(`UPDATE webhook_delivery SET answer = $2 WHERE id = $1`, [id, answers[i]]);
}

interface Column {
  table: string;
  column: string;
  type: string;
}

/** Every column that could keep words, of every table there is. */
function wordyColumns(): Promise<Column[]> {
  return ledger.owner.query(
    `SELECT c.table_name AS table, c.column_name AS column, c.data_type AS type
     FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
       AND c.data_type IN ('text', 'character varying', 'character', 'json', 'jsonb', 'bytea', 'ARRAY', 'inet', 'xml')
       AND c.is_generated = 'NEVER'
     ORDER BY 1, 2`,
  );
}

/** In which columns of the whole database the person still stands. */
async function traces(): Promise<string[]> {
  const found: string[] = [];
  for (const { table, column, type } of await wordyColumns()) {
    const text = type === "bytea" ? `encode("${column}", 'escape')` : `"${column}"::text`;
    const [{ count } = { count: 0 }] = await ledger.owner.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM "${table}" WHERE strpos(lower(${text}), $1) > 0 OR strpos(${text}, $2) > 0`,
      [WORD, DIGITS],
    );
    if (count > 0) found.push(`${table}.${column}`);
  }
  return found;
}

/** Words of a closed set, and what only the engine writes: nothing of a person's can come in there. */
const CLOSED = [
  ...["recipient.status", "recipient.held_by", "recipient.reason", "recipient.error_code", "recipient.address_key"],
  ...["attempt.outcome", "attempt.reason", "attempt.code"],
  ...["import_problem.code", "import_problem.column_name"],
];

/**
 * Puts the word into every column of the rows that are the person's, whether the program writes it there or not: a
 * column that is new is filled too, and found afterwards if erasing forgets it.
 */
async function fillEveryColumn(recipientId: string, importId: string): Promise<void> {
  const theirs: Record<string, [where: string, id: string]> = {
    recipient: ["id = $2", recipientId],
    response: ["recipient_id = $2", recipientId],
    visit: ["recipient_id = $2", recipientId],
    attempt: ["recipient_id = $2", recipientId],
    import_old_value: ["import_id = $2", importId],
    import_problem: ["import_id = $2", importId],
  };
  for (const { table, column, type } of await wordyColumns()) {
    const rows = theirs[table];
    if (!rows || CLOSED.includes(`${table}.${column}`)) continue;
    const value = { jsonb: `jsonb_build_array($1::text)`, bytea: `convert_to($1, 'UTF8')`, ARRAY: `ARRAY[$1]` }[type];
    const isObject = column === "fields";
    await ledger.owner.query(
      `UPDATE "${table}" SET "${column}" = ${isObject ? `jsonb_build_object('own', $1::text)` : (value ?? "$1::text")} WHERE ${rows[0]}`,
      [`${WORD} <${EMAIL}>`, rows[1]],
    );
  }
}

describe("a person who is erased", () => {
  let everywhere: CampaignRef[];
  let importId: string;
  let token: string;

  beforeAll(async () => {
    const pending = await aCampaign(ledger, { name: "Pending", recipients: 2 });
    await addTo(pending);
    const scheduled = await aCampaign(ledger, { name: "Scheduled", status: "scheduled", recipients: 1 });
    await addTo(scheduled);
    const cancelled = await aCampaign(ledger, { ...NOWHERE, name: "Cancelled", recipients: 1 });
    await addTo(cancelled);
    await ledger.web.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) => startRun(tx, cancelled.campaignId, "first"));
    await setStatus(ledger, cancelled, "cancelled");
    while ((await sweepCancelled(ledger.worker, cancelled)).more);
    const texted = await aCampaign(ledger, { ...NOWHERE, name: "Texted", channel: Channel.SMS });
    await addTo(texted);
    const answered = await sentTo();
    token = await answer(answered);
    const [retrying, givenBack] = [await withRetry(), await withGivenBack()];
    const bounced = await sentTo();
    // While they are no dead address yet: after that no file changes them.
    importId = await importThem(pending);
    await bounce();
    await catchMail();
    await nameInAnswers(await theirId(answered));
    everywhere = [pending, scheduled, cancelled, texted, answered, retrying, givenBack, bounced];
    await fillEveryColumn(await theirId(answered), importId);
    await fillEveryColumn(await theirId(bounced), importId);
  });

  test("is found everywhere before, by whatever way of writing the address", async () => {
    expect(await traces()).toEqual(
      expect.arrayContaining([
        ...["recipient.address_key", "recipient.name", "recipient.fields", "recipient.email_given", "recipient.phone"],
        ...["recipient.error", "response.comment", "response.note", "attempt.message", "caught_mail.raw"],
        ...["import_problem.value", "import_problem.cells", "import_problem.message", "import_old_value.name"],
        ...["upload_chunk.bytes", "suppression.address", "suppression.note", "webhook_delivery.answer"],
      ]),
    );
    const { recipients, otherAddresses, suppression, amounts } = await held(WRITTEN_OTHERWISE);
    expect(recipients.map(({ campaign }) => campaign.name).sort()).toEqual(
      ["Cancelled", "Given back", "Pending", "Retrying", "Scheduled", "Sent", "Sent", "Texted"].sort(),
    );
    expect(otherAddresses).toContain(PHONE);
    expect(suppression).toMatchObject({ reason: "BOUNCED" });
    expect(amounts).toMatchObject({ recipients: 8, responses: 1, caughtMails: 1, uploads: 1 });
    for (const amount of Object.values(amounts)) expect(amount).toBeGreaterThan(0);
  });

  test("stands nowhere in the database but on the list of whom not to write to", async () => {
    const statuses = await Promise.all(everywhere.map(async (ref) => (await rowsOf(ledger, ref)).map((r) => r.status)));
    const { erased, userErrors } = await erase(WRITTEN_OTHERWISE, "request-17");
    expect(userErrors).toEqual([]);
    expect(erased).toMatchObject({ recipients: 8, responses: 1, caughtMails: 1, uploads: 1 });
    expect(await traces()).toEqual(["suppression.address_key"]);

    for (const [i, ref] of everywhere.entries()) {
      expect(withoutWords(await maintained(ledger, ref))).toEqual(withoutWords(await recount(ledger, ref)));
      const after = (await rowsOf(ledger, ref)).map((r) => r.status);
      // Whoever waited is skipped; nobody is lost, and nothing else changes.
      const waited = (status: string, place: number) =>
        status === "queued" && (ref === everywhere[3] || place === statuses[i]!.length - 1 || i === 0);
      expect(after.length).toBe(statuses[i]!.length);
      for (const [place, status] of statuses[i]!.entries())
        if (!waited(status, place)) expect(after[place]).toBe(status);
    }
  });

  test("keeps their rating and their place, and their link is one that does not work", async () => {
    const [answered] = await ledger.owner.query(
      `SELECT s.rating, s.comment, r.status, r.name, r.fields, c.rated, c.rating_sum
       FROM response s JOIN recipient r ON r.id = s.recipient_id JOIN campaign c ON c.id = r.campaign_id
       WHERE r.campaign_id = $1`,
      [everywhere[4]!.campaignId],
    );
    expect(answered).toEqual({
      ...{ rating: 4, comment: null, status: "sent", name: null, fields: {}, rated: 1, rating_sum: 4 },
    });
    const unknown = personalToken(secret, newId(), "respond");
    const [theirs, nobodys] = [await page(token), await page(unknown)];
    expect([theirs.status, await theirs.text()]).toEqual([nobodys.status, await nobodys.text()]);
    const post = { method: "POST", body: new URLSearchParams({ rating: "1", comment: WORD }), redirect: "manual" };
    expect((await app.webs[0]!.fetch(`/r/${token}`, post as RequestInit)).status).toBe(nobodys.status);
    const unsubscribe = personalToken(secret, await theirId(everywhere[4]!), "unsubscribe");
    expect((await app.webs[0]!.fetch(`/u/${unsubscribe}`, { method: "POST" })).status).toBe(nobodys.status);
  });

  test("has no note written about them any more", async () => {
    const { data } = await app.query(
      `mutation ($id: ID!, $note: String) { setResponseNote(input: { id: $id, note: $note }) { response { id } userErrors { code field } } }`,
      { id: await theirId(everywhere[4]!), note: WORD },
    );
    expect(data.setResponseNote).toEqual({ response: null, userErrors: [{ code: "NOT_ALLOWED", field: "id" }] });
  });

  test("is named in the audit log by a fingerprint", async () => {
    const { data } = await app.query(`{ auditLog(first: 1) { nodes { action subjectName } } }`);
    const [entry] = data.auditLog.nodes as { action: string; subjectName: string }[];
    expect(entry).toMatchObject({
      action: "PERSON_ERASED",
      subjectName: expect.stringMatching(/^[0-9a-f]{8}: 8 recip/),
    });
  });

  test("is erased again without an error, and nothing more goes", async () => {
    expect(await erase(EMAIL, "request-17")).toEqual({ erased: NOTHING, userErrors: [] });
    expect(await erase(PHONE)).toMatchObject({ erased: { recipients: 0 }, userErrors: [] });
    expect((await erase("other@example.net", "request-17")).userErrors).toMatchObject([
      { code: "IDEMPOTENCY_KEY_REUSED" },
    ]);
    expect((await held(EMAIL)).amounts).toEqual(NOTHING);
  });

  test("does not come in again by a later file, whose report does not keep them", async () => {
    const ref = await aCampaign(ledger, { name: "Later" });
    const later = await importFile(app, ref.campaignId, `email,name\n${EMAIL},Zilla ${WORD}\nbo@example.com,Bo\n`);
    expect(later).toMatchObject({ accepted: 1, suppressed: 1 });
    expect(await problemsOf(app.webs[0]!, later.id)).toMatchObject([{ code: "SUPPRESSED", value: null }]);
    expect((await traces()).filter((trace) => !trace.startsWith("upload"))).toEqual(["suppression.address_key"]);
    await app.query(`mutation { unsuppressAddress(input: { address: "${EMAIL}" }) { userErrors { message } } }`);
    expect((await held(EMAIL)).suppression).toMatchObject({ reason: "ERASED" });
  });

  test("is not retried, and the campaign sends to the others", async () => {
    const [retrying, givenBack, bounced] = everywhere.slice(5) as [CampaignRef, CampaignRef, CampaignRef];
    const { data } = await app.query(
      `mutation ($id: ID!) { retryFailedRecipients(input: { campaignId: $id }) { userErrors { code } } }`,
      { id: bounced.campaignId },
    );
    expect(data.retryFailedRecipients.userErrors).toEqual([{ code: "NO_RECIPIENTS" }]);
    await setStatus(ledger, givenBack, "processing");
    await sendAll(ledger, givenBack);
    expect(await maintained(ledger, givenBack)).toMatchObject({ sent: 2, skipped: 1, queued: 0, sending: 0 });
    expect(await maintained(ledger, givenBack)).toEqual(await recount(ledger, givenBack));
    expect(await maintained(ledger, retrying)).toMatchObject({ skipped: 1, retrying: 1 });
    // Undoing the import that updated them gives nothing back, and counts right.
    const { data: undone } = await app.query(
      `mutation ($id: ID!) { undoImport(input: { importId: $id }) { userErrors { message } } }`,
      { id: importId },
    );
    expect(undone.undoImport.userErrors).toEqual([]);
    expect(await traces()).not.toContain("recipient.name");
    expect(await maintained(ledger, everywhere[0]!)).toEqual(await recount(ledger, everywhere[0]!));
  });
});

describe("erasing", () => {
  test("waits for nobody: while a worker has them in hand it is refused and changes nothing", async () => {
    const ref = await aCampaign(ledger, { ...NOWHERE, name: "In hand", status: "processing", recipients: 1 });
    await addTo(ref, { email: "in.hand@example.com" });
    const batch = await aBatch(ledger, ref, { workerId });
    const before = await rowsOf(ledger, ref);
    const refused = await erase("in.hand@example.com");
    expect(refused.erased).toBeNull();
    expect(refused.userErrors).toEqual([
      {
        ...{ code: "NOT_ALLOWED", field: "address" },
        message: "“In hand” is sending to this person at this moment. Try again in a minute, or pause it first.",
      },
    ]);
    expect(await rowsOf(ledger, ref)).toEqual(before);
    expect((await held("in.hand@example.com")).suppression).toBeNull();
    await settleAs(ledger, batch, "sent");
    expect((await erase("in.hand@example.com")).erased).toMatchObject({ recipients: 1 });
    expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
  });

  test("waits for the end of an import", async () => {
    const ref = await aCampaign(ledger, { name: "Importing" });
    // Ended, so that no worker changes it under the test's hands.
    const { id } = await importFile(app, ref.campaignId, "email\nlate@example.com\n", { fileName: "late.csv" });
    await ledger.owner.query(
      `UPDATE import SET status = 'waiting', leased_until = now() + interval '1 hour' WHERE id = $1`,
      [id],
    );
    expect((await erase("late@example.com")).userErrors[0]!.message).toBe(
      "“late.csv” is being imported and may have this person. Wait for its end, or cancel it.",
    );
    await ledger.owner.query(`UPDATE import SET status = 'cancelled', leased_until = NULL WHERE id = $1`, [id]);
    expect((await erase("late@example.com")).userErrors).toEqual([]);
  });

  test("beside a worker that sends keeps the counters right", async () => {
    const ref = await aCampaign(ledger, { ...NOWHERE, name: "Busy", status: "processing", recipients: 300 });
    const people = (await rowsOf(ledger, ref)).filter((_row, i) => i % 10 === 9).map((row) => row.address_key);
    const sending = (async () => {
      for (;;) {
        const claimed = await claimAs(ledger, ref, { workerId, size: 20 });
        if (claimed.kind !== "batch" && claimed.kind !== "held") return;
        if (claimed.kind === "batch") await settleAs(ledger, claimed.batch, "sent");
      }
    })();
    for (const address of people) await eventually(async () => (await erase(address)).erased !== null);
    await sending;
    expect(await maintained(ledger, ref)).toEqual(await recount(ledger, ref));
    expect((await rowsOf(ledger, ref)).filter((row) => row.address_key.startsWith("erased:")).length).toBe(30);
  });

  test("is an admin's, and reaches no other workspace", async () => {
    const workspaceId = await aWorkspace(ledger, "Elsewhere");
    const ref = await aCampaign(ledger, { workspaceId, name: "Theirs" });
    await addTo(ref, { email: "elsewhere@example.com" });
    expect((await held("elsewhere@example.com")).recipients).toEqual([]);
    expect((await erase("elsewhere@example.com")).erased).toMatchObject({ recipients: 0 });
    expect(await rowsOf(ledger, ref)).toMatchObject([{ address_key: "elsewhere@example.com" }]);
    const editor = openDoor(app.webs[0]!.url, await aToken(app.database, SAMPLE_WORKSPACE_ID, Role.EDITOR));
    for (const asked of [
      `{ personData(address: "a@example.com") { address } }`,
      `mutation { erasePerson(input: { address: "a@example.com" }) { userErrors { code } } }`,
    ])
      expect((await editor.query(asked)).errors?.[0]?.extensions.code).toBe("FORBIDDEN");
    await editor.stop();
  });

  test("spares whoever's address only ends like theirs", async () => {
    const ref = await aCampaign(ledger, { name: "Alike" });
    const file = "email,name\nda@example.com,D\nada@example.com,A\nada@example.com,A\nda@example.com,D\n";
    const { id } = await importFile(app, ref.campaignId, file);
    expect((await erase("da@example.com")).erased).toMatchObject({ recipients: 1, importRows: 1 });
    expect(await problemsOf(app.webs[0]!, id)).toMatchObject([{ value: "ada@example.com" }, { value: null }]);
  });
});

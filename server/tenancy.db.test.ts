import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  getNamedType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
} from "graphql";
import { Role } from "./accounts/access.ts";
import { insertAccount } from "./accounts/account.store.ts";
import { insertApiToken } from "./accounts/api-token.store.ts";
import { insertInvitation, insertMember } from "./accounts/member.store.ts";
import { openSession } from "./accounts/session.store.ts";
import { SAMPLE_WORKSPACE_ID } from "./accounts/workspace.store.ts";
import type { CampaignRef } from "./dispatch/dispatch.store.ts";
import type { WorkspaceTransaction } from "./platform/database.ts";
import { newId } from "./platform/id.ts";
import { welcomeLink } from "./sample.ts";
import { makeSchema } from "./schema.ts";
import { type App, openApp, openDoor } from "./testing/app.ts";
import { type Browser, openBrowser } from "./testing/browser.ts";
import {
  aBatch,
  aCampaign,
  aWorkspace,
  type Ledger,
  openLedger,
  openLedgerOn,
  rowsOf,
  settleAs,
} from "./testing/ledger.ts";
import { rollUpByHand } from "./testing/rollups.ts";

const OF_IMPORTS = [
  ...["suppression", "upload", "upload_chunk", "import", "import_problem", "import_old_value", "import_address"],
];
const TENANT_TABLES = [
  ...["campaign", "recipient", "run", "batch", "attempt", "idempotency_key"],
  ...["member", "session", "api_token", "invitation", "audit_entry"],
  ...["transport", "lane", "failure_tally", "caught_mail", "reminder"],
  ...OF_IMPORTS,
  ...["visit", "response", "campaign_rollup", "response_time_tally", "webhook", "webhook_delivery"],
];
const ROLES = ["web", "worker"] as const;

describe("the second wall, row-level security", () => {
  let ledger: Ledger;
  let theirs: CampaignRef;
  let ours: CampaignRef;

  beforeAll(async () => {
    ledger = await openLedger();
    theirs = await furnished(await aWorkspace(ledger));
    ours = await furnished(SAMPLE_WORKSPACE_ID);
  });
  afterAll(() => ledger.drop());

  // A row in every table: an open batch, an attempt, a key.
  async function furnished(workspaceId: string): Promise<CampaignRef> {
    const ref = await aCampaign(ledger, { workspaceId, status: "processing", recipients: 4 });
    const batch = await aBatch(ledger, ref, { size: 3 });
    await settleAs(ledger, batch, "failed", { positions: [1] });
    await ledger.owner.query(
      `INSERT INTO idempotency_key (workspace_id, key, operation, input_hash) VALUES ($1, 'theirs', 'dispatch', 'x')`,
      [workspaceId],
    );
    await furnishWithImport(ledger, ref);
    await furnishWithTransport(ledger, ref);
    await furnishWithResponse(ledger, ref);
    await furnishWithWebhook(ledger, ref);
    return ref;
  }

  const as = <T>(role: (typeof ROLES)[number], workspaceId: string, work: (tx: WorkspaceTransaction) => Promise<T>) =>
    ledger[role].inWorkspace(workspaceId, work);

  test("covers every table of a tenant: a new table without a policy fails here", async () => {
    const open = await ledger.owner.query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT relrowsecurity
       ORDER BY relname`,
    );
    expect(open.map((table) => table["relname"])).toEqual(["migration", "worker"]);
  });

  test("the roles that the program works as own nothing and cannot step round it", async () => {
    const roles = await ledger.owner.query(
      `SELECT rolname, rolsuper, rolbypassrls, rolcanlogin, rolcreaterole, rolcreatedb FROM pg_roles
       WHERE rolname LIKE 'dispatcher\\_%' ORDER BY rolname`,
    );
    const harmless = {
      rolsuper: false,
      rolbypassrls: false,
      rolcanlogin: false,
      rolcreaterole: false,
      rolcreatedb: false,
    };
    expect(roles).toEqual([
      { rolname: "dispatcher_web", ...harmless },
      { rolname: "dispatcher_worker", ...harmless },
    ]);
    for (const role of ROLES) {
      await expect(ledger[role].query(`CREATE TABLE mine (id int)`)).rejects.toThrow("permission denied");
    }
  });

  const readable = [
    ...["campaign", "recipient", "run", "batch", "attempt", "idempotency_key", ...OF_IMPORTS].map(
      (table) => ["web", table] as const,
    ),
    ...["transport", "lane", "failure_tally", "caught_mail"].map((table) => ["web", table] as const),
    ...["visit", "response", "reminder", "campaign_rollup", "response_time_tally", "webhook", "webhook_delivery"].map(
      (table) => ["web", table] as const,
    ),
    ...["campaign", "recipient", "run", "batch", "attempt", ...OF_IMPORTS].map((table) => ["worker", table] as const),
    ...["transport", "lane", "failure_tally", "reminder", "campaign_rollup", "webhook", "webhook_delivery"].map(
      (table) => ["worker", table] as const,
    ),
  ];

  test.each(readable)("as %s, %s shows this workspace's rows and no others", async (role, table) => {
    const seen = await as(role, SAMPLE_WORKSPACE_ID, (tx) => tx.query(`SELECT DISTINCT workspace_id FROM ${table}`));
    expect(seen).toEqual([{ workspace_id: SAMPLE_WORKSPACE_ID }]);
    const inside = await as(role, theirs.workspaceId, (tx) => tx.query(`SELECT DISTINCT workspace_id FROM ${table}`));
    expect(inside).toEqual([{ workspace_id: theirs.workspaceId }]);
  });

  test.each(readable)("as %s without a workspace, %s is empty", async (role, table) => {
    expect(await ledger[role].query(`SELECT * FROM ${table}`)).toEqual([]);
  });

  test("the workspace named in one transaction is forgotten in the next, on the same connection", async () => {
    await as("web", SAMPLE_WORKSPACE_ID, (tx) => tx.query(`SELECT 1`));
    for (let i = 0; i < 10; i += 1) expect(await ledger.web.query(`SELECT id FROM campaign`)).toEqual([]);
  });

  test.each(ROLES)("as %s, another workspace's rows cannot be changed", async (role) => {
    const before = await rowsOf(ledger, theirs);
    const changed = await as(role, SAMPLE_WORKSPACE_ID, async (tx) => [
      await tx.query(`UPDATE campaign SET name = 'ours' WHERE id = $1 RETURNING id`, [theirs.campaignId]),
      await tx.query(`UPDATE recipient SET name = 'ours' WHERE campaign_id = $1 RETURNING id`, [theirs.campaignId]),
      await tx.query(`UPDATE run SET cursor_position = 9 WHERE campaign_id = $1 RETURNING id`, [theirs.campaignId]),
    ]);
    expect(changed).toEqual([[], [], []]);
    expect(await rowsOf(ledger, theirs)).toEqual(before);
  });

  test.each(ROLES)("as %s, a row cannot be moved into another workspace", async (role) => {
    for (const table of ["campaign", "recipient", "run"]) {
      const move = as(role, SAMPLE_WORKSPACE_ID, (tx) =>
        tx.query(`UPDATE ${table} SET workspace_id = $1`, [theirs.workspaceId]),
      );
      await expect(move).rejects.toThrow("row-level security");
    }
  });

  test("as web, nothing can be put into another workspace", async () => {
    const inserts = [
      `INSERT INTO campaign (id, workspace_id, name, channel, transport) VALUES ($2, $1, 'ours', 'email', 'simulated')`,
      `INSERT INTO run (id, workspace_id, campaign_id, number, kind) SELECT $2, $1, '${ours.campaignId}', 7, 'first'`,
      `INSERT INTO recipient (id, workspace_id, campaign_id, position, address_key)
       VALUES ($2, $1, '${theirs.campaignId}', 99, 'ours')`,
      `INSERT INTO idempotency_key (workspace_id, key, operation, input_hash) VALUES ($1, $2::text, 'dispatch', 'x')`,
      `INSERT INTO attempt (workspace_id, campaign_id, recipient_id, run_id, number, at, outcome)
       VALUES ($1, '${theirs.campaignId}', $2, $2, 1, now(), 'failed')`,
    ];
    for (const insert of inserts) {
      const put = as("web", SAMPLE_WORKSPACE_ID, (tx) => tx.query(insert, [theirs.workspaceId, newId()]));
      await expect(put).rejects.toThrow("row-level security");
    }
  });

  test("as worker, another workspace's batches and attempts can be neither made nor ended", async () => {
    const ended = await as("worker", SAMPLE_WORKSPACE_ID, (tx) =>
      tx.query(`DELETE FROM batch WHERE campaign_id = $1 RETURNING id`, [theirs.campaignId]),
    );
    expect(ended).toEqual([]);
    const attempt = as("worker", SAMPLE_WORKSPACE_ID, (tx) =>
      tx.query(
        `INSERT INTO attempt (workspace_id, campaign_id, recipient_id, run_id, number, at, outcome)
         VALUES ($1, $2, $3, $3, 1, now(), 'sent')`,
        [theirs.workspaceId, theirs.campaignId, newId()],
      ),
    );
    await expect(attempt).rejects.toThrow("row-level security");
  });

  test.each([
    ["worker", `INSERT INTO campaign (id, workspace_id, name, channel, transport) VALUES ($1, $2, 'x', 'email', 'x')`],
    [
      "worker",
      `INSERT INTO import_problem (import_id) SELECT id FROM upload WHERE id = $1 AND workspace_id = $2 FOR UPDATE`,
    ],
    ["worker", `DELETE FROM import_old_value WHERE import_id = $1 AND workspace_id = $2`],
    ["worker", `DELETE FROM suppression WHERE address_key = $1::text AND workspace_id = $2`],
    ["web", `UPDATE import_problem SET code = 'x' WHERE import_id = $1 AND workspace_id = $2`],
    ["worker", `UPDATE transport SET name = 'ours' WHERE id = $1 AND workspace_id = $2`],
    ["worker", `SELECT raw FROM caught_mail WHERE id = $1 AND workspace_id = $2`],
    ["web", `UPDATE caught_mail SET raw = '' WHERE id = $1 AND workspace_id = $2`],
    ["worker", `UPDATE webhook SET url = 'ours' WHERE id = $1 AND workspace_id = $2`],
    ["worker", `DELETE FROM webhook_delivery WHERE id = $1 AND workspace_id = $2`],
    ["web", `UPDATE webhook_delivery SET data = '{}' WHERE id = $1 AND workspace_id = $2`],
    ["worker", `SELECT rating FROM response WHERE recipient_id = $1 AND workspace_id = $2`],
    ["worker", `INSERT INTO reminder (workspace_id, campaign_id, number, after_hours) VALUES ($2, $1, 1, 1)`],
    ["worker", `UPDATE reminder SET after_hours = 1 WHERE campaign_id = $1 AND workspace_id = $2`],
    ["web", `DELETE FROM response WHERE recipient_id = $1 AND workspace_id = $2`],
    ["worker", `DELETE FROM recipient WHERE id = $1 AND workspace_id = $2`],
    ["worker", `SELECT FROM idempotency_key WHERE key = $1::text AND workspace_id = $2`],
    ["web", `DELETE FROM campaign WHERE id = $1 AND workspace_id = $2`],
    ["web", `UPDATE attempt SET outcome = 'sent' WHERE recipient_id = $1 AND workspace_id = $2`],
    ["web", `UPDATE batch SET epoch = 9 WHERE id = $1 AND workspace_id = $2`],
    ["web", `SELECT message_secret FROM workspace WHERE id = $1 OR id = $2`],
    ["web", `SELECT FROM worker WHERE id = $1 OR id = $2`],
  ] as const)("the %s role has no right to: %s", async (role, statement) => {
    const done = as(role, SAMPLE_WORKSPACE_ID, (tx) => tx.query(statement, [newId(), SAMPLE_WORKSPACE_ID]));
    await expect(done).rejects.toThrow("permission denied");
  });

  test("the doors for what has no workspace yet answer with ids and numbers, or with who shows a secret", async () => {
    const functions = await ledger.owner.query<{ name: string; answers: string }>(
      `SELECT proname AS name, pg_get_function_result(oid) AS answers FROM pg_proc
       WHERE pronamespace = 'public'::regnamespace AND prosecdef ORDER BY 1`,
    );
    expect(functions.map(({ name, answers }) => `${name}: ${answers}`)).toEqual([
      "account_by_email: TABLE(account_id uuid, password_hash text)",
      "api_token_of: TABLE(token_id uuid, workspace_id uuid, name text, scopes text[], used_long_ago boolean)",
      "begin_reminder: void",
      "campaign_workspace: uuid",
      "campaigns_due: TABLE(workspace_id uuid, campaign_id uuid)",
      "campaigns_to_forget: TABLE(workspace_id uuid, campaign_id uuid)",
      "campaigns_with_work: TABLE(workspace_id uuid, campaign_id uuid)",
      "fingerprint_of: text",
      "imports_to_forget: TABLE(workspace_id uuid, import_id uuid)",
      "imports_with_work: TABLE(workspace_id uuid, import_id uuid)",
      "invitation_of: TABLE(workspace_id uuid, invitation_id uuid)",
      "live_workers: integer",
      "orphaned_batches: TABLE(workspace_id uuid, batch_id uuid, epoch integer)",
      "recipient_of_link: TABLE(workspace_id uuid, campaign_id uuid)",
      "reminders_due: TABLE(workspace_id uuid, campaign_id uuid, number smallint)",
      "remove_expired_secrets: integer",
      "remove_old_caught_mail: integer",
      "remove_old_uploads: integer",
      "remove_old_webhook_deliveries: integer",
      "session_of: TABLE(session_id uuid, account_id uuid, workspace_id uuid, member_id uuid, role text, name text, used_long_ago boolean)",
      "unsubscribe_proof: bytea",
      "uploads_broken_off: TABLE(workspace_id uuid, upload_id uuid, content_id uuid)",
      "use_account_link: uuid",
      "webhooks_with_work: TABLE(workspace_id uuid, webhook_id uuid, failing boolean)",
    ]);
    for (const call of [
      "campaigns_with_work()",
      "imports_with_work()",
      "orphaned_batches()",
      "reminders_due()",
      `begin_reminder('${newId()}', '${theirs.campaignId}', 1::smallint)`,
      "webhooks_with_work()",
      `campaign_workspace('${newId()}')`,
    ]) {
      await expect(ledger.web.query(`SELECT * FROM ${call}`)).rejects.toThrow("permission denied");
    }
    for (const call of ["account_by_email('a')", "session_of('a')", "api_token_of('a')", "invitation_of('a')"]) {
      await expect(ledger.worker.query(`SELECT * FROM ${call}`)).rejects.toThrow("permission denied");
    }
    const work = await ledger.worker.query(`SELECT * FROM campaigns_with_work()`);
    expect(work).toContainEqual({ workspace_id: theirs.workspaceId, campaign_id: theirs.campaignId });
  });

  test("the worker begins a reminder in its own workspace alone", async () => {
    const begin = (id: string) =>
      as("worker", SAMPLE_WORKSPACE_ID, (tx) => tx.query(`SELECT begin_reminder($1, $2, 1::smallint)`, [newId(), id]));
    await begin(theirs.campaignId);
    await begin(ours.campaignId);
    const begun = await ledger.owner.query(`SELECT DISTINCT workspace_id FROM campaign WHERE reminds_id IS NOT NULL`);
    expect(begun).toEqual([{ workspace_id: SAMPLE_WORKSPACE_ID }]);
  });

  test("a workspace id that is none is refused before it reaches a statement", async () => {
    await expect(ledger.web.inWorkspace("'; DROP TABLE campaign; --", () => Promise.resolve())).rejects.toThrow("UUID");
  });

  test("the tables named here are all there are", async () => {
    const tables = await ledger.owner.query(
      `SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = 'public'
       AND column_name = 'workspace_id' ORDER BY 1`,
    );
    expect(tables.map((table) => table["table_name"])).toEqual([...TENANT_TABLES].sort());
  });
});

describe("every field of the schema that takes an id", () => {
  let app: App;
  let ledger: Ledger;
  let theirs: CampaignRef;
  let theirRecipient: string;
  let ours: CampaignRef;
  /** Signed in as an owner of our workspace: nothing is refused for want of a right. */
  let owner: Browser;
  /** What is called by this name in the schema, as the other workspace has it. */
  let theirIds: Record<string, string>;

  beforeAll(async () => {
    app = await openApp({ workers: 0 });
    ledger = await openLedgerOn(app.databaseUrl);
    theirs = await aCampaign(ledger, { workspaceId: await aWorkspace(ledger), recipients: 3 });
    ours = await aCampaign(ledger, { recipients: 3 });
    theirRecipient = (await rowsOf(ledger, theirs))[0]!.id;
    const { importId, uploadId } = await furnishWithImport(ledger, theirs);
    const { transportId, caughtMailId } = await furnishWithTransport(ledger, theirs);
    await furnishWithResponse(ledger, theirs);
    const { webhookId, deliveryId } = await furnishWithWebhook(ledger, theirs);
    const people = await theirPeople(theirs.workspaceId);
    theirIds = {
      ...{ importId, uploadId, transportId, "transport.id": transportId, "caughtMail.id": caughtMailId },
      ...{ id: theirs.campaignId, campaignId: theirs.campaignId, ids: theirRecipient, recipientId: theirRecipient },
      ...{ "AssignResponseInput.id": theirRecipient, "SetResponseNoteInput.id": theirRecipient },
      ...{ webhookId, deliveryId, "webhook.id": webhookId },
      ...{ campaignIds: theirs.campaignId, assigneeId: people["memberId"]!, ...people },
    };
    owner = openBrowser(app.webs[0]!.url);
    const link = new URL((await welcomeLink(app.database, app.webs[0]!.url))!);
    const token = link.pathname.split("/").at(-1);
    await owner.query(
      `mutation ($token: String!) { signInWithLink(input: { token: $token }) { me { role } userErrors { code } } }`,
      { token },
    );
  });

  // Somebody who works there and is signed in, somebody who is invited, a token.
  async function theirPeople(workspaceId: string): Promise<Record<string, string>> {
    const accountId = newId();
    return app.database.inWorkspace(
      workspaceId,
      async (tx) => {
        await insertAccount(tx, { id: accountId, email: "bo@example.com", name: "Bo", passwordHash: null });
        const memberId = (await insertMember(tx, accountId, Role.OWNER))!;
        const life = { address: null, userAgent: null, days: 1, idleDays: 1 };
        await openSession(tx, { accountId, workspaceId, ...life });
        const [session] = await tx.query<{ id: string }>(`SELECT id FROM session`);
        const invited = { email: "cleo@example.com", role: Role.VIEWER, invitedBy: "Bo", days: 1 };
        const { id: invitationId } = await insertInvitation(tx, invited);
        const tokenId = newId();
        const token = { id: tokenId, name: "Theirs", scopes: [], createdBy: "Bo", expiresAt: null };
        await insertApiToken(tx, token);
        return { memberId, invitationId, tokenId, sessionId: session!.id, workspaceId };
      },
      accountId,
    );
  }

  /** All that the other workspace has, as it stands. */
  async function theirRows(): Promise<unknown> {
    const tables = TENANT_TABLES.map(
      (table) =>
        `SELECT '${table}' AS of, (SELECT jsonb_agg(t ORDER BY t::text) FROM ${table} t WHERE workspace_id = $1) AS rows`,
    );
    return ledger.owner.query(tables.join(" UNION ALL "), [theirs.workspaceId]);
  }

  afterAll(async () => {
    await ledger.drop();
    await app.stop();
  });

  const ids: Record<string, (name: string) => string> = {
    "another workspace's": (name) => {
      const id = theirIds[name] ?? theirIds[name.slice(name.lastIndexOf(".") + 1)];
      if (!id) throw new Error(`${name} takes an id that no case here knows: add what the other workspace has of it`);
      return id;
    },
    "an unknown": () => newId(),
    "a garbage": () => "1; DROP TABLE campaign",
    "an empty": () => "",
  };

  test.each(Object.keys(ids))("answers %s id as if there were none, and changes nothing", async (whose) => {
    const before = await theirRows();
    const schema = await makeSchema();
    const asked: string[] = [];
    const wrong: string[] = [];
    for (const kind of ["query", "mutation", "subscription"] as const) {
      for (const field of fieldsTakingIds(schema, kind)) {
        asked.push(field.name);
        const { document, variables } = callOf(kind, field, ids[whose]!);
        const answer =
          kind === "subscription" ? await firstOf(document, variables) : await owner.query(document, variables);
        const hidden =
          answer.errors?.[0]?.extensions.code === "NOT_FOUND" ||
          (kind === "query" && !answer.errors && answer.data[field.name] === null);
        if (!hidden) wrong.push(`${field.name}: ${JSON.stringify(answer)}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(asked.length).toBeGreaterThanOrEqual(16);
    expect(await theirRows()).toEqual(before);
  });

  // What else stands in paths: a proof that is nobody's but the link's (unsubscribe.db.test.ts), a name of ours.
  const NO_IDS: Record<string, string> = {
    "/u/:token": "open to whoever has the link",
    "/r/:token": "the same",
    "/r/:token/opened": "the same",
    "/r/:token/review/:number": "the same",
    "/feedback/events/:preset": "for tokens with the scope",
  };

  test("every path of the server but the ways in is closed to those who are not signed in", async () => {
    const open: string[] = [];
    for (const { method, url } of app.webs[0]!.routes) {
      const send = { method, ...(["PUT", "POST"].includes(method) && { body: "{}" }) };
      const { status } = await fetch(app.webs[0]!.url + url.replace(/:\w+/g, "generic"), send);
      if (status !== 401) open.push(`${method} ${url}`);
    }
    const reading = ["/healthz", "/metrics", "/readyz", "/u/:token", "/r/:token"];
    const opened = reading.flatMap((url) => [`GET ${url}`, `HEAD ${url}`]);
    const posted = ["/u/:token", "/r/:token", "/r/:token/opened", "/r/:token/review/:number"];
    const ofGraphql = ["GET", "HEAD", "OPTIONS", "POST"].map((method) => `${method} /graphql`);
    expect(open.sort()).toEqual([...opened, ...ofGraphql, ...posted.map((url) => `POST ${url}`)].sort());
  });

  test("what the server gives without being asked by id is this workspace's alone", async () => {
    const response = await app.webs[0]!.fetch("/suppressions.csv");
    expect(response.status).toBe(200);
    expect(await response.text()).not.toContain("theirs@example.com");
    const before = await theirRows();
    const put = { method: "PUT", body: "theirs@example.com\n" };
    expect(await (await app.webs[0]!.fetch("/suppressions.csv", put)).json()).toMatchObject({ added: 1 });
    const told = { events: [{ type: "complained", email: "theirs@example.com" }] };
    await app.webs[0]!.fetch("/feedback/events/generic", { method: "POST", body: JSON.stringify(told) });
    expect(await theirRows()).toEqual(before);
  });

  // The id in a path says by the path what it is of.
  const ROUTE_IDS: Record<string, string> = { uploads: "uploadId", imports: "importId", exports: "campaignId" };

  test.each(Object.keys(ids))("and every path of the server that takes one: %s id is not found", async (whose) => {
    const routes = app.webs[0]!.routes.filter(({ url }) => url.includes("/:") && !(url in NO_IDS));
    const before = await theirRows();
    for (const { method, url } of routes) {
      const of = ROUTE_IDS[url.split("/")[1]!];
      if (!of) throw new Error(`${method} ${url} takes an id that no case here knows`);
      const path = url.replace(/:\w+/, encodeURIComponent(ids[whose]!(of)));
      const send = { method, ...(method === "PUT" && { body: "email\nada@example.com\n" }) };
      const response = await app.webs[0]!.fetch(path, send);
      const answer = { path, status: response.status, body: await response.text() };
      expect(answer).toMatchObject({
        status: 404,
        ...(method !== "HEAD" && { body: expect.stringContaining("NOT_FOUND") }),
      });
      const unsigned = await fetch(app.webs[0]!.url + path, send);
      expect({ path, status: unsigned.status }).toEqual({ path, status: 401 });
    }
    expect(routes.map(({ method, url }) => `${method} ${url}`).sort()).toEqual([
      "GET /exports/:id/recipients.csv",
      "GET /exports/:id/recipients.jsonl",
      "GET /imports/:id/rejected.csv",
      "HEAD /imports/:id/rejected.csv",
      "PUT /uploads/:id",
    ]);
    expect(await theirRows()).toEqual(before);
  });

  test("and every other is closed to those who are not signed in, but for the ways in", async () => {
    const schema = await makeSchema();
    const stranger = openBrowser(app.webs[0]!.url);
    const open: string[] = [];
    for (const kind of ["query", "mutation", "subscription"] as const) {
      for (const field of fieldsOf(schema, kind)) {
        const { document, variables } = callOf(kind, field, () => newId());
        const answer = kind === "subscription" ? null : await stranger.query(document, variables);
        // A socket that nobody signed in on is tried with the subscriptions.
        const code = answer ? answer.errors?.[0]?.extensions.code : await refusalOnSocket(document, variables);
        if (code !== "UNAUTHENTICATED") open.push(field.name);
      }
    }
    expect(open.sort()).toEqual(WAYS_IN);
  });

  async function refusalOnSocket(document: string, variables: Record<string, unknown>): Promise<string | undefined> {
    const door = openDoor(app.webs[0]!.url);
    const subscription = door.subscribe(document, variables);
    const refused = await subscription
      .until(() => true)
      .then(
        () => undefined,
        (error: Error) => /UNAUTHENTICATED/.exec(error.message)?.[0],
      );
    subscription.stop();
    await door.stop();
    return refused;
  }

  test("another workspace's recipient is not in our campaign, neither asked for nor watched", async () => {
    const variables = { id: ours.campaignId, recipient: theirRecipient };
    const read = await app.query(
      `query ($id: ID!, $recipient: ID!) { campaign(id: $id) { recipient(id: $recipient) { id } } }`,
      variables,
    );
    expect(read.data.campaign.recipient).toBeNull();
    const watched = await firstOf(
      `subscription ($id: ID!, $recipient: ID!) { recipientsChanged(campaignId: $id, ids: [$recipient, "garbage"]) { recipients { id } } }`,
      variables,
    );
    expect(watched.data.recipientsChanged.recipients).toEqual([]);
  });

  test("another workspace's campaigns are not in the list, whatever is searched for", async () => {
    const all = await app.query(`{ campaigns(first: 100) { nodes { id } } }`);
    expect(all.data.campaigns.nodes.map((node: { id: string }) => node.id)).toEqual([ours.campaignId]);
  });

  async function firstOf(document: string, variables: Record<string, unknown>) {
    const subscription = app.subscribe(document, variables);
    try {
      return { data: await subscription.until(() => true), errors: undefined };
    } catch (error) {
      const code = /NOT_FOUND|INTERNAL_SERVER_ERROR|BAD_USER_INPUT/.exec(String(error))?.[0] ?? String(error);
      return { data: null, errors: [{ message: "", extensions: { code } }] };
    } finally {
      subscription.stop();
    }
  }
});

/** An upload with a chunk, an import with a problem and what it overwrote, a suppression. */
async function furnishWithImport(ledger: Ledger, { workspaceId, campaignId }: CampaignRef) {
  const [uploadId, importId] = [newId(), newId()];
  const rows = [
    `INSERT INTO upload (id, workspace_id, file_name, content_id, status) VALUES ($2, $1, 'theirs.csv', $2, 'received')`,
    `INSERT INTO upload_chunk (workspace_id, upload_id, content_id, number, bytes) VALUES ($1, $2, $2, 0, 'x')`,
    `INSERT INTO import (id, workspace_id, campaign_id, upload_id, file_name, plan, dry_run, started_by, status)
     VALUES ($3, $1, $4, $2, 'theirs.csv', '{"format": {"names": []}}', false, 'Bo', 'completed')`,
    `INSERT INTO import_problem (workspace_id, import_id, row_number, code, rejected, message, cells)
     VALUES ($1, $3, 2, 'EMAIL_INVALID', true, 'theirs', '["theirs"]')`,
    `INSERT INTO import_old_value (workspace_id, import_id, recipient_id, fields) VALUES ($1, $3, $3, '{}')`,
    `INSERT INTO import_address (workspace_id, import_id, address_key) VALUES ($1, $3, 'theirs@example.com')`,
    `INSERT INTO suppression (workspace_id, address_key, reason) VALUES ($1, 'theirs@example.com', 'manual')`,
  ];
  const values = [workspaceId, uploadId, importId, campaignId];
  for (const row of rows) {
    const used = values.slice(0, Math.max(...[...row.matchAll(/\$(\d)/g)].map(([, number]) => Number(number))));
    // Whatever a statement leaves out has to be named all the same, or its type is not known.
    const unused = used.map((_value, i) => `$${i + 1}::uuid`).join(", ");
    await ledger.owner.query(`WITH given AS (SELECT ${unused}) ${row}`, used);
  }
  return { uploadId, importId };
}

/** A transport with a limit, a caught mail, and a reminder. */
async function furnishWithTransport(ledger: Ledger, { workspaceId, campaignId }: CampaignRef) {
  const [transportId, caughtMailId] = [newId(), newId()];
  await ledger.owner.query(
    `INSERT INTO transport (id, workspace_id, name, kind, config) VALUES ($1, $2, 'theirs', 'webhook', '{"url": "x"}')`,
    [transportId, workspaceId],
  );
  await ledger.owner.query(
    `INSERT INTO lane (workspace_id, transport_id, domain, messages, per) VALUES ($1, $2, '', 1, 'hour')`,
    [workspaceId, transportId],
  );
  await ledger.owner.query(
    `INSERT INTO caught_mail (id, workspace_id, sender, recipient, subject, raw) VALUES ($1, $2, 'a', 'b', 'theirs', '')`,
    [caughtMailId, workspaceId],
  );
  await ledger.owner.query(
    `INSERT INTO failure_tally (workspace_id, campaign_id, at, reason, count) VALUES ($1, $2, now(), 'other', 0)`,
    [workspaceId, campaignId],
  );
  await ledger.owner.query(
    `INSERT INTO reminder (workspace_id, campaign_id, number, after_hours) VALUES ($1, $2, 1, 24)`,
    [workspaceId, campaignId],
  );
  return { transportId, caughtMailId };
}

/** A webhook, and an event that it was told of. */
async function furnishWithWebhook({ owner }: Ledger, { workspaceId }: CampaignRef) {
  const [webhookId, deliveryId] = [newId(), newId()];
  await owner.query(
    `INSERT INTO webhook (id, workspace_id, url, events, secrets) VALUES ($1, $2, 'https://a.example/', '{}', 'theirs')`,
    [webhookId, workspaceId],
  );
  await owner.query(
    `INSERT INTO webhook_delivery (id, workspace_id, webhook_id, event_id, type, data, status, next_at)
     VALUES ($1, $2, $3, $1, 'webhook.test', '{}', 'failed', NULL)`,
    [deliveryId, workspaceId, webhookId],
  );
  return { webhookId, deliveryId };
}

/** Somebody who opened and answered, and what is rolled up of it. */
async function furnishWithResponse({ owner }: Ledger, { workspaceId, campaignId }: CampaignRef) {
  const first = `FROM recipient WHERE campaign_id = $1 ORDER BY position LIMIT 1`;
  await owner.query(
    `INSERT INTO visit (recipient_id, workspace_id, campaign_id, asked_at, opened_at)
     SELECT id, workspace_id, campaign_id, now(), now() ${first}`,
    [campaignId],
  );
  await owner.query(
    `INSERT INTO response (recipient_id, workspace_id, campaign_id, rating, comment, asked_at, answered_at)
     SELECT id, workspace_id, campaign_id, 4, 'theirs', now(), now() ${first}`,
    [campaignId],
  );
  await rollUpByHand(owner, campaignId);
  await owner.query(
    `INSERT INTO response_time_tally (workspace_id, campaign_id, day, bin, count) VALUES ($1, $2, now(), 1, 1)`,
    [workspaceId, campaignId],
  );
}

/** What may be asked without being signed in, in the order of the alphabet. */
const WAYS_IN = [
  ...["acceptInvitation", "invitation", "me", "requestPasswordReset", "resetPassword"],
  ...["signIn", "signInWithLink", "signOut", "signUp"],
];

type Kind = "query" | "mutation" | "subscription";
type Field = GraphQLField<unknown, unknown>;

function fieldsTakingIds(schema: GraphQLSchema, kind: Kind): Field[] {
  return fieldsOf(schema, kind).filter((field) => field.args.some((arg) => takesId(arg.type)));
}

function fieldsOf(schema: GraphQLSchema, kind: Kind): Field[] {
  const type = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  }[kind];
  return Object.values(type?.getFields() ?? {});
}

function takesId(type: GraphQLInputType): boolean {
  const named = getNamedType(type);
  if (isInputObjectType(named)) return Object.values(named.getFields()).some((field) => takesId(field.type));
  return named.name === "ID";
}

/** A call of the field with nothing but what it needs and what takes an id: wherever it does, the one for that name. */
function callOf(kind: Kind, field: Field, idFor: (name: string) => string) {
  const needed = field.args.filter(
    (arg) => (isNonNullType(arg.type) && arg.defaultValue === undefined) || takesId(arg.type),
  );
  const declared = needed.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(", ");
  const passed = needed.map((arg) => `${arg.name}: $${arg.name}`).join(", ");
  const selection = isLeafType(getNamedType(field.type)) ? "" : "{ __typename }";
  return {
    document:
      needed.length > 0
        ? `${kind} (${declared}) { ${field.name}(${passed}) ${selection} }`
        : `${kind} { ${field.name} ${selection} }`,
    variables: Object.fromEntries(
      needed.map((arg) => [arg.name, valueOf(arg.type, `${field.name}.${arg.name}`, idFor)]),
    ),
  };
}

function valueOf(type: GraphQLInputType, name: string, idFor: (name: string) => string): unknown {
  if (isNonNullType(type)) return valueOf(type.ofType, name, idFor);
  if (isListType(type)) return [valueOf(type.ofType, name, idFor)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type)) {
    const needed = Object.values(type.getFields()).filter(
      (field) => (isNonNullType(field.type) && field.defaultValue === undefined) || takesId(field.type),
    );
    return Object.fromEntries(
      needed.map((field) => [field.name, valueOf(field.type, `${type.name}.${field.name}`, idFor)]),
    );
  }
  const values: Record<string, unknown> = { String: "x", Boolean: true, DateTimeISO: "2026-01-01T00:00:00Z" };
  return type.name === "ID" ? idFor(name) : (values[type.name] ?? 1);
}

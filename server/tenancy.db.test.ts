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
import { SAMPLE_WORKSPACE_ID } from "./accounts/workspace.store.ts";
import type { CampaignRef } from "./dispatch/dispatch.store.ts";
import type { WorkspaceTransaction } from "./platform/database.ts";
import { newId } from "./platform/id.ts";
import { makeSchema } from "./schema.ts";
import { type App, openApp } from "./testing/app.ts";
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

const TENANT_TABLES = ["campaign", "recipient", "run", "batch", "attempt", "idempotency_key"];
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
    ...["campaign", "recipient", "run", "batch", "attempt", "idempotency_key"].map((table) => ["web", table] as const),
    ...["campaign", "recipient", "run", "batch", "attempt"].map((table) => ["worker", table] as const),
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
      `INSERT INTO recipient (id, workspace_id, campaign_id, position, address_key) VALUES ($1, $2, $1, 1, 'x')`,
    ],
    ["worker", `INSERT INTO run (id, workspace_id, campaign_id, number, kind) VALUES ($1, $2, $1, 1, 'first')`],
    ["worker", `DELETE FROM recipient WHERE id = $1 AND workspace_id = $2`],
    ["worker", `SELECT FROM idempotency_key WHERE key = $1::text AND workspace_id = $2`],
    ["web", `DELETE FROM campaign WHERE id = $1 AND workspace_id = $2`],
    ["web", `UPDATE batch SET epoch = 9 WHERE id = $1 AND workspace_id = $2`],
    ["web", `SELECT message_secret FROM workspace WHERE id = $1 OR id = $2`],
    ["web", `SELECT FROM worker WHERE id = $1 OR id = $2`],
  ] as const)("the %s role has no right to: %s", async (role, statement) => {
    const done = as(role, SAMPLE_WORKSPACE_ID, (tx) => tx.query(statement, [newId(), SAMPLE_WORKSPACE_ID]));
    await expect(done).rejects.toThrow("permission denied");
  });

  test("the doors for what has no workspace yet answer with ids and numbers alone", async () => {
    const functions = await ledger.owner.query<{ name: string; answers: string }>(
      `SELECT proname AS name, pg_get_function_result(oid) AS answers FROM pg_proc
       WHERE pronamespace = 'public'::regnamespace AND prosecdef ORDER BY 1`,
    );
    expect(functions.map(({ name, answers }) => `${name}: ${answers}`)).toEqual([
      "campaign_workspace: uuid",
      "campaigns_with_work: TABLE(workspace_id uuid, campaign_id uuid)",
      "live_workers: integer",
      "orphaned_batches: TABLE(workspace_id uuid, batch_id uuid, epoch integer)",
    ]);
    for (const call of ["campaigns_with_work()", "orphaned_batches()", `campaign_workspace('${newId()}')`]) {
      await expect(ledger.web.query(`SELECT * FROM ${call}`)).rejects.toThrow("permission denied");
    }
    const work = await ledger.worker.query(`SELECT * FROM campaigns_with_work()`);
    expect(work).toContainEqual({ workspace_id: theirs.workspaceId, campaign_id: theirs.campaignId });
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

  beforeAll(async () => {
    app = await openApp({ workers: 0 });
    ledger = await openLedgerOn(app.databaseUrl);
    theirs = await aCampaign(ledger, { workspaceId: await aWorkspace(ledger), recipients: 3 });
    ours = await aCampaign(ledger, { recipients: 3 });
    theirRecipient = (await rowsOf(ledger, theirs))[0]!.id;
  });
  afterAll(async () => {
    await ledger.drop();
    await app.stop();
  });

  const ids = {
    "another workspace's": () => theirs.campaignId,
    "an unknown": () => newId(),
    "a garbage": () => "1; DROP TABLE campaign",
    "an empty": () => "",
  };

  test.each(Object.keys(ids) as (keyof typeof ids)[])("answers %s campaign id as if there were none", async (whose) => {
    const schema = await makeSchema();
    const asked: string[] = [];
    const wrong: string[] = [];
    for (const kind of ["query", "mutation", "subscription"] as const) {
      for (const field of fieldsTakingIds(schema, kind)) {
        asked.push(field.name);
        const { document, variables } = callOf(kind, field, ids[whose]());
        const answer =
          kind === "subscription" ? await firstOf(document, variables) : await app.query(document, variables);
        const hidden =
          answer.errors?.[0]?.extensions.code === "NOT_FOUND" ||
          (kind === "query" && !answer.errors && answer.data[field.name] === null);
        if (!hidden) wrong.push(`${field.name}: ${JSON.stringify(answer)}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(asked.length).toBeGreaterThanOrEqual(10);
    expect(await rowsOf(ledger, theirs)).toHaveLength(3);
  });

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

type Kind = "query" | "mutation" | "subscription";
type Field = GraphQLField<unknown, unknown>;

function fieldsTakingIds(schema: GraphQLSchema, kind: Kind): Field[] {
  const type = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  }[kind];
  return Object.values(type?.getFields() ?? {}).filter((field) => field.args.some((arg) => takesId(arg.type)));
}

function takesId(type: GraphQLInputType): boolean {
  const named = getNamedType(type);
  if (isInputObjectType(named)) return Object.values(named.getFields()).some((field) => takesId(field.type));
  return named.name === "ID";
}

/** A call of the field with nothing but what it needs, and this id wherever it takes one. */
function callOf(kind: Kind, field: Field, id: string) {
  const needed = field.args.filter((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined);
  const declared = needed.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(", ");
  const passed = needed.map((arg) => `${arg.name}: $${arg.name}`).join(", ");
  const selection = isLeafType(getNamedType(field.type)) ? "" : "{ __typename }";
  return {
    document: `${kind} (${declared}) { ${field.name}(${passed}) ${selection} }`,
    variables: Object.fromEntries(needed.map((arg) => [arg.name, valueOf(arg.type, id)])),
  };
}

function valueOf(type: GraphQLInputType, id: string): unknown {
  if (isNonNullType(type)) return valueOf(type.ofType, id);
  if (isListType(type)) return [valueOf(type.ofType, id)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type)) {
    const needed = Object.values(type.getFields()).filter((field) => isNonNullType(field.type));
    return Object.fromEntries(needed.map((field) => [field.name, valueOf(field.type, id)]));
  }
  return type.name === "ID" ? id : type.name === "String" ? "x" : 1;
}

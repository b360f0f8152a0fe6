import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { WebSocket } from "ws";
import { startOwnServices } from "./testing/services.ts";
import { migrate } from "./migrate.ts";
import { log } from "./platform/log.ts";
import { aToken, openDatabase, type App, eventually, openApp, openWeb, quickSettings } from "./testing/app.ts";
import { aCampaign } from "./testing/campaigns.ts";

let app: App;
let url: string;
beforeAll(async () => {
  log.level = "silent";
  app = await openApp({ workers: 0, settings: quickSettings({ ORIGIN: "https://ask.example.com" }) });
  url = app.webs[0]!.url;
});
afterAll(() => app.stop());

const post = async (body: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  const text = await response.text();
  return { status: response.status, errors: (JSON.parse(text) as { errors?: Fault[] }).errors, text };
};
interface Fault {
  message: string;
  extensions: { code: string };
}
const NOT_INTERNAL = /stack|node_modules|\.ts:|SELECT|ECONN/;

describe("a request", () => {
  test("that is larger than 256 kB is refused, and one below is read", async () => {
    const sized = (bytes: number) =>
      JSON.stringify({ query: "{ workspace { name } }", variables: { x: "x".repeat(bytes) } });
    const refused = await post(sized(256 * 1024));
    expect(refused.status).toBe(413);
    expect(refused.errors).toMatchObject([
      { message: expect.stringContaining("256 kB"), extensions: { code: "LIMIT_EXCEEDED" } },
    ]);
    expect((await post(sized(250 * 1024))).status).toBe(200);
  });

  test.each([
    ["broken JSON", "{ not json"],
    ["an empty body", ""],
    ["JSON that is no request", "[]"],
    ["a query that is none", JSON.stringify({ query: "query {" })],
    ["a field that does not exist", JSON.stringify({ query: "{ secrets }" })],
    [
      "variables of a wrong type",
      JSON.stringify({ query: "query ($id: ID!) { campaign(id: $id) { id } }", variables: {} }),
    ],
    ["many requests in one", JSON.stringify([{ query: "{ workspace { id } }" }, { query: "{ workspace { id } }" }])],
  ])("of %s is answered with 400 in GraphQL's own form, without internals", async (_what, body) => {
    const { status, errors, text } = await post(body);
    expect(status).toBe(400);
    expect(errors?.[0]?.message.length).toBeGreaterThan(5);
    expect(text).not.toMatch(NOT_INTERNAL);
  });

  test("that a page of another site could make without asking (no preflight) is refused", async () => {
    const simple = await post(JSON.stringify({ query: "{ workspace { id } }" }), { "content-type": "text/plain" });
    expect(simple.status).toBeGreaterThanOrEqual(400);
    const link = await fetch(`${url}/graphql?query=${encodeURIComponent("{ workspace { id } }")}`);
    expect(link.status).toBe(400);
    await link.text();
  });

  test("by GET changes nothing", async () => {
    const query = `mutation { createCampaign(input: { name: "x" }) { campaign { id } } }`;
    const response = await fetch(`${url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { "apollo-require-preflight": "yes" },
    });
    expect(response.status).toBe(405);
    await response.text();
  });

  test("for a path that is not there is answered with 404", async () => {
    const response = await fetch(`${url}/admin`);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toMatch(NOT_INTERNAL);
  });
});

describe("the list of campaigns", () => {
  const LIST = `query ($first: Int, $after: String, $search: String, $status: CampaignStatus) {
    campaigns(first: $first, after: $after, search: $search, status: $status) {
      nodes { id name status } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
  const page = async (variables: Record<string, unknown>) => {
    const { data, errors } = await app.query(LIST, { first: 25, ...variables });
    return { ...data?.campaigns, errors } as {
      nodes: { id: string; name: string; status: string }[];
      edges: { cursor: string; node: { id: string } }[];
      pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
      errors?: Fault[];
    };
  };
  const names = async (variables: Record<string, unknown>) => (await page(variables)).nodes.map(({ name }) => name);
  let made: string[];

  beforeAll(async () => {
    made = [];
    for (let n = 1; n <= 23; n += 1) made.push(await aCampaign(app.database, { name: `Paged ${n} 100%_` }));
  });

  test("is newest first, and paged through shows each campaign once, also while others are made", async () => {
    const seen: string[] = [];
    for (let after: string | undefined; ;) {
      const { nodes, edges, pageInfo } = await page({ first: 5, after, search: "paged" });
      expect(edges.map((edge) => edge.node.id)).toEqual(nodes.map((node) => node.id));
      expect(pageInfo).toMatchObject({ startCursor: edges[0]!.cursor, endCursor: edges.at(-1)!.cursor });
      expect(pageInfo.hasPreviousPage).toBe(after !== undefined);
      seen.push(...nodes.map((node) => node.id));
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
      // New ones come in front, where this reader has already been.
      await aCampaign(app.database, { name: "Paged, but later" });
    }
    expect(seen).toEqual([...made].reverse());
  });

  test("finds by a part of the name, whatever the case, and takes every character as itself", async () => {
    expect(await names({ search: " PAGED 7 " })).toEqual(["Paged 7 100%_"]);
    expect(await names({ search: "%", first: 100 })).toHaveLength(23);
    expect(await names({ search: "paged_7" })).toEqual([]);
    expect(await names({ search: "'; DROP TABLE campaign; --" })).toEqual([]);
    expect((await names({ search: "   ", first: 100 })).length).toBeGreaterThanOrEqual(23);
  });

  test("finds by status", async () => {
    const id = made[0]!;
    await app.query(`mutation ($id: ID!) { cancelCampaign(input: { campaignId: $id }) { userErrors { code } } }`, {
      id,
    });
    const { nodes } = await page({ status: "CANCELLED" });
    expect(nodes.map((node) => node.id)).toEqual([id]);
    expect((await page({ status: "COMPLETED" })).nodes).toEqual([]);
  });

  test.each([
    [{ first: 0 }, "first"],
    [{ first: 101 }, "first"],
    [{ first: -1 }, "first"],
    [{ after: "garbage" }, "after"],
    [{ after: "", first: 0 }, "first"],
    [{ after: cursor(["campaigns", "------------------------------------"]) }, "after"],
    [{ after: cursor(["campaigns", "' OR 1=1"]) }, "after"],
    [{ after: cursor(["position", 1]) }, "after"],
    [{ search: "\0" }, "search"],
  ])("refuses %j in words that name the argument", async (variables, argument) => {
    const { errors } = await page(variables);
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
    expect(errors?.[0]?.message).toContain(`${argument}:`);
  });

  test.each([
    [cursor(["newest_activity", "99999999999999999", "1"])],
    [cursor(["newest_activity", "2026-02-30 00:00:00+00", "1"])],
    [cursor(["newest_activity", "1", "1", "1"])],
    [cursor(["position", "99999999999"])],
  ])("a made-up cursor of recipients, %s, never reaches the database", async (after) => {
    const query = `query ($id: ID!, $after: String) { campaign(id: $id) {
      recipients(after: $after, order: NEWEST_ACTIVITY) { nodes { id } } } }`;
    const { errors } = await app.query(query, { id: made[0], after });
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  });

  function cursor(parts: unknown[]): string {
    return Buffer.from(JSON.stringify(parts)).toString("base64url");
  }
});

describe("the socket", () => {
  /** Opens a socket by hand and answers what became of it. */
  function knock({
    origin,
    path = "/graphql",
    protocol = "graphql-transport-ws",
  }: {
    origin?: string;
    path?: string;
    protocol?: string;
  }) {
    return new Promise<{ status?: number; socket?: WebSocket }>((resolve) => {
      const socket = new WebSocket(url.replace("http", "ws") + path, protocol, origin ? { origin } : {});
      socket.once("unexpected-response", (request, response) => {
        resolve({ status: response.statusCode ?? 0 });
        request.destroy();
      });
      socket.on("error", () => undefined);
      socket.once("open", () => resolve({ socket }));
    });
  }

  test.each(["https://elsewhere.example", "http://localhost:1", "null", "https://ask.example.com.evil.example"])(
    "is refused to a page of %s",
    async (origin) => expect(await knock({ origin })).toEqual({ status: 403 }),
  );

  test("is open to our own pages, under the address of the settings and under the one they were called by", async () => {
    for (const origin of ["https://ask.example.com", url, undefined]) {
      const { socket } = await knock(origin ? { origin } : {});
      expect(socket?.readyState).toBe(WebSocket.OPEN);
      socket!.terminate();
    }
  });

  test("is at /graphql and nowhere else", async () => expect(await knock({ path: "/other" })).toEqual({ status: 404 }));

  test("stays open when a query on it cannot be read: the other subscriptions go on", async () => {
    const id = await aCampaign(app.database, { recipients: 1 });
    const watching = app.subscribe(`subscription ($id: ID!) { campaignProgress(campaignId: $id) { status } }`, { id });
    await watching.until(() => true);
    for (const wrong of ["subscription {", "subscription { nothing }", ""]) {
      const broken = app.subscribe(wrong);
      await expect(broken.until(() => true)).rejects.toThrow(/Syntax Error|Cannot query/);
      broken.stop();
    }
    await app.query(`mutation ($id: ID!) { cancelCampaign(input: { campaignId: $id }) { userErrors { code } } }`, {
      id,
    });
    await watching.until((event) => event.campaignProgress.status === "CANCELLED");
    expect(watching.events[0].campaignProgress.status).toBe("PENDING");
    expect(watching.events.filter((event) => event.campaignProgress.status === "PENDING")).toHaveLength(1);
    watching.stop();
  });

  test("answers queries and mutations as well", async () => {
    const made = app.subscribe(`mutation { createCampaign(input: { name: "Over the socket" }) { campaign { name } } }`);
    expect(await made.until(() => true)).toEqual({ createCampaign: { campaign: { name: "Over the socket" } } });
    made.stop();
  });

  test("says what is wrong with a subscription's arguments", async () => {
    const id = await aCampaign(app.database, { recipients: 1 });
    const refused = async (document: string, variables: Record<string, unknown>) => {
      const subscription = app.subscribe(document, { id, ...variables });
      try {
        await subscription.until(() => true);
        return "taken";
      } catch (error) {
        return String(error);
      } finally {
        subscription.stop();
      }
    };
    const rows = `subscription ($id: ID!, $ids: [ID!]!) { recipientsChanged(campaignId: $id, ids: $ids) { seq } }`;
    const newest = `subscription ($id: ID!, $first: Int!) { recipientActivity(campaignId: $id, first: $first) { seq } }`;
    expect(await refused(rows, { ids: Array.from({ length: 101 }, (_, i) => String(i)) })).toContain("at most 100");
    expect(await refused(newest, { first: 0 })).toContain("from 1 to 100");
    expect(await refused(newest, { first: 101 })).toContain("from 1 to 100");
    expect(await refused(newest, { first: 100 })).toBe("taken");
  });
});

describe("what an operator asks", () => {
  test("health and readiness say so, with everything there", async () => {
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: "ok" });
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: "ready", database: "ok", redis: "ok" }]);
  });

  test("the metrics are Prometheus' text and carry no address and no id", async () => {
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get("content-type")).toContain("text/plain");
    const text = await response.text();
    for (const name of ["workers_alive", "sockets_open", "subscriptions_open", "recipients_settled_total"]) {
      expect(text).toContain(`# TYPE campaign_dispatcher_${name}`);
    }
    expect(text).not.toMatch(/@|[0-9a-f]{8}-[0-9a-f]{4}-/);
  });
});

describe("a web process whose services go away", () => {
  test("is ready without Redis, not ready without Postgres, alive in both cases, and hides why", async () => {
    const services = await startOwnServices();
    const { databaseUrl, redisUrl } = { databaseUrl: services.databaseUrl!, redisUrl: services.redisUrl! };
    await migrate(databaseUrl);
    const database = await openDatabase(databaseUrl, "dispatcher_web");
    const token = await aToken(database);
    await database.close();
    const web = await openWeb(databaseUrl, redisUrl, quickSettings({ LOG_LEVEL: "silent" }), token);
    const stateOf = async (path: string) => {
      const response = await fetch(web.url + path);
      return [response.status, await response.json()] as [number, Record<string, string>];
    };
    try {
      expect((await stateOf("/readyz"))[0]).toBe(200);
      const redis = new Redis(redisUrl, { retryStrategy: () => null });
      redis.on("error", () => undefined);
      await redis.shutdown("NOSAVE").catch(() => undefined);
      redis.disconnect();
      const withoutRedis = await eventually(async () => {
        const [status, body] = await stateOf("/readyz");
        return body["redis"] === "away" && { status, body };
      });
      expect(withoutRedis).toEqual({ status: 200, body: { status: "ready", database: "ok", redis: "away" } });
      const made = await web.query(`mutation { createCampaign(input: { name: "Without Redis" }) { campaign { id } } }`);
      expect(made.errors).toBeUndefined();
      const watching = web.subscribe(`subscription ($id: ID!) { campaignProgress(campaignId: $id) { status } }`, {
        id: made.data.createCampaign.campaign.id,
      });
      expect(await watching.until(() => true)).toEqual({ campaignProgress: { status: "PENDING" } });
      watching.stop();

      await services.stop();
      expect(await stateOf("/readyz")).toEqual([503, { status: "not ready", database: "away", redis: "away" }]);
      expect((await stateOf("/healthz"))[0]).toBe(200);
      expect((await fetch(`${web.url}/metrics`)).status).toBe(200);
      const refused = await web.query(`{ campaigns { nodes { id } } }`);
      expect(refused.errors).toMatchObject([{ extensions: { code: "UNAVAILABLE" } }]);
      expect(JSON.stringify(refused.errors)).not.toMatch(NOT_INTERNAL);
    } finally {
      await web.stop();
      await services.stop().catch(() => undefined);
    }
  });
});

test("a socket that is open when the server stops is told so, and the server does not wait for it", async () => {
  const other = await openApp({ workers: 0 });
  const { socket } = await new Promise<{ socket: WebSocket }>((resolve) => {
    const socket = new WebSocket(`${other.webs[0]!.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    socket.once("open", () => resolve({ socket }));
  });
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await other.stop();
  expect(await closed).toBe(1001);
});

import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { getIntrospectionQuery } from "graphql";
import pg from "pg";
import { symbols } from "pino";
import { WebSocket } from "ws";
import { Role } from "./accounts/access.ts";
import { log } from "./platform/log.ts";
import {
  type App,
  aToken,
  eventually,
  openApp,
  openWeb,
  quickSettings,
  SAMPLE_WORKSPACE_ID,
  type WebDoor,
} from "./testing/app.ts";
import { aCampaign } from "./testing/campaigns.ts";
import { startProgram } from "./testing/program.ts";

/** What stands between a caller and the resolvers, over HTTP and on the socket alike. */

let app: App;
let url: string;
beforeAll(async () => {
  log.level = "silent";
  app = await openApp({ workers: 0, settings: quickSettings({ ORIGIN: "https://ask.example.com" }) });
  url = app.webs[0]!.url;
});
afterAll(() => app.stop());

interface Fault {
  message: string;
  locations?: unknown;
  extensions: Record<string, unknown> & { code: string };
}
interface Answer {
  data?: unknown;
  errors?: Fault[];
}

/** One operation, its answer whole. */
type Ask = (query: string, door?: WebDoor, variables?: Record<string, unknown>) => Promise<Answer>;

const overHttp: Ask = async (query, door = app.webs[0]!, variables = {}) => {
  const { data, errors } = await door.query(query, variables);
  return { data, errors: errors as Fault[] };
};

const onTheSocket: Ask = async (query, door = app.webs[0]!, variables = {}) => {
  const operation = door.subscribe(query, variables);
  try {
    return { data: await operation.until(() => true) };
  } catch (error) {
    return { errors: JSON.parse((error as Error).message) as Fault[] };
  } finally {
    operation.stop();
  }
};

const DOORS: [string, Ask][] = [
  ["over HTTP", overHttp],
  ["on the socket", onTheSocket],
];
const codesOf = ({ errors = [] }: Answer) => [...new Set(errors.map(({ extensions }) => extensions.code))];
const times = (count: number, part: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => part(i)).join(" ");

/** Takes what is left of the token's budget from the web process, and answers through a door of that token. */
async function withBudget<T>(points: number, use: (web: WebDoor, token: string) => Promise<T>): Promise<T> {
  const token = await aToken(app.database);
  const settings = quickSettings({ COST_PER_MINUTE: String(points) });
  const web = await openWeb(app.databaseUrl, app.redisUrl, settings, token);
  // What is spent before Redis is there is counted elsewhere.
  await eventually(async () => (await (await fetch(`${web.url}/readyz`)).text()).includes('"redis":"ok"'));
  return use(web, token).finally(() => web.stop());
}

const post = (query: string, { to = url, headers = {} }: { to?: string; headers?: Record<string, string> } = {}) =>
  fetch(`${to}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query }),
  });

describe.each(DOORS)("%s, a query at the limit is answered, and one over it refused:", (_door, ask) => {
  // A token costs nothing: "id @skip(if: false)" is eight, of which one is selected.
  const ofTokens = (n: number) => {
    const skipping = Math.floor((n - 5) / 8);
    return `{ workspace { ${times(skipping, () => "id @skip(if: false)")} ${times((n - 5) % 8, () => "id")} } }`;
  };
  const ofCost = (n: number) =>
    `{ campaigns(first: 100) { nodes { recipients(first: 17) { nodes { id } } } }
       more: campaigns(first: ${n - 1_902}) { nodes { id } } }`;

  test.each([
    ["tokens", ofTokens, 1_000, "LIMIT_EXCEEDED", /1,000 tokens: .* line 1, column/],
    ["aliases", (n: number) => `{ workspace { ${times(n, (i) => `a${i}: id`)} } }`, 15, "LIMIT_EXCEEDED", /16 aliases/],
    ["root fields", (n: number) => `{ ${times(n, () => "workspace { id }")} }`, 10, "LIMIT_EXCEEDED", /11 fields at/],
    [
      "selections",
      (n: number) => `{ workspace { ${times(n - 1, () => "id")} } }`,
      500,
      "LIMIT_EXCEEDED",
      /selects 501/,
    ],
    ["cost", ofCost, 2_000, "COST_EXCEEDED", /costs 2,001 points; at most 2,000/],
  ])("%s", async (_what, query, limit, code, words) => {
    const taken = await ask(query(limit));
    expect(taken.errors).toBeUndefined();
    expect(taken.data).toBeTruthy();
    const refused = await ask(query(limit + 1));
    expect(codesOf(refused)).toEqual([code]);
    expect(refused.errors?.[0]?.message).toMatch(words);
    expect(refused.errors?.[0]?.extensions["requestId"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  // Nothing in this schema goes so deep, so the fields of both are unknown; only the deeper one is too deep as well.
  test("depth", async () => {
    const ofDepth = (n: number) => `{ ${"workspace { ".repeat(n - 1)} id ${"}".repeat(n)}`;
    expect(codesOf(await ask(ofDepth(10)))).toEqual(["GRAPHQL_VALIDATION_FAILED"]);
    expect(codesOf(await ask(ofDepth(11)))).toContain("LIMIT_EXCEEDED");
  });

  test("a budget, which both ways of asking share", async () => {
    await withBudget(100, async (web) => {
      expect((await ask("{ campaigns(first: 98) { nodes { id } } }", web)).errors).toBeUndefined();
      expect((await overHttp("{ workspace { id } }", web)).errors).toBeUndefined();
      const [refused] = (await ask("{ workspace { id } }", web)).errors!;
      expect(refused).toMatchObject({ extensions: { code: "RATE_LIMITED", requested: 1, limit: 100 } });
      expect(refused?.message).toMatch(/costs 1 points, more than is left of the 100 a minute. Ask again in \d+ s/);
      expect(codesOf(await onTheSocket("{ workspace { id } }", web))).toEqual(["RATE_LIMITED"]);
    });
  });

  test("variables that do not fit are refused before anything is run", async () => {
    const { data, errors } = await ask("query ($n: Int! = 1) { campaigns(first: $n) { nodes { id } } }", app.webs[0], {
      n: "many",
    });
    expect(data ?? null).toBeNull();
    expect(codesOf({ errors: errors! })).toEqual(["BAD_USER_INPUT"]);
  });
});

describe("what an operation costs", () => {
  test("is said in each answer, refused ones too", async () => {
    await withBudget(1_000, async (web, token) => {
      const headers = { authorization: `Bearer ${token}` };
      const costOf = async (query: string) =>
        ((await (await post(query, { to: web.url, headers })).json()) as { extensions: { cost: unknown } }).extensions
          .cost;
      const resetSeconds = expect.any(Number);
      expect(await costOf("{ campaigns(first: 9) { nodes { id } } }")).toEqual(
        { requested: 10, limit: 1_000, remaining: 990, resetSeconds }, // prettier-ignore
      );
      expect(await costOf("{ nothing }")).toEqual({ requested: 1, limit: 1_000, remaining: 989, resetSeconds });
      expect(await costOf("{")).toEqual({ requested: 1, limit: 1_000, remaining: 988, resetSeconds });
      const tooDear = "{ campaigns(first: 2000) { nodes { id } } }";
      expect(await costOf(tooDear)).toEqual({ requested: 2_001, limit: 1_000, remaining: 987, resetSeconds });
    });
  });

  test("over budget, the answer is 429 and says when to come again; other callers are not touched", async () => {
    await withBudget(100, async (web, token) => {
      const headers = { authorization: `Bearer ${token}` };
      const ask = () => post("{ campaigns(first: 99) { nodes { id } } }", { to: web.url, headers });
      expect((await ask()).status).toBe(200);
      const refused = await ask();
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await refused.json()).toMatchObject({
        extensions: { cost: { requested: 100, limit: 100, remaining: 0 } },
      });
      const other = { authorization: `Bearer ${await aToken(app.database)}` };
      expect((await post("{ workspace { id } }", { to: web.url, headers: other })).status).toBe(200);
    });
  });

  test("one operation too dear is 400", async () => {
    const response = await post("{ campaigns(first: 2000) { nodes { id } } }");
    expect([response.status, codesOf((await response.json()) as Answer)]).toEqual([400, ["COST_EXCEEDED"]]);
  });

  test("is charged when a subscription starts, and not again for its events", async () => {
    const id = await aCampaign(app.database, { recipients: 1 });
    await withBudget(100, async (web) => {
      const watch = "subscription ($id: ID!) { recipientActivity(campaignId: $id, first: 98) { recipients { id } } }";
      expect((await onTheSocket(watch, web, { id })).errors).toBeUndefined();
      expect((await overHttp("{ workspace { id } }", web)).errors).toBeUndefined();
      expect(codesOf(await onTheSocket(watch, web, { id }))).toEqual(["RATE_LIMITED"]);
    });
  });
});

describe("a socket", () => {
  /** Speaks the protocol by hand. */
  async function socketOf(token: string | null, { at = url, init = true } = {}) {
    const socket = new WebSocket(`${at.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    const heard: { type: string; id?: string; payload?: any }[] = []; // eslint-disable-line @typescript-eslint/no-explicit-any
    socket.on("message", (data: Buffer) => heard.push(JSON.parse(data.toString("utf8"))));
    socket.on("error", () => undefined);
    const closed = new Promise<{ code: number; reason: string }>((resolve) =>
      socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() })),
    );
    await new Promise((resolve) => socket.once("open", resolve));
    const say = (message: unknown) => socket.send(typeof message === "string" ? message : JSON.stringify(message));
    if (init) say({ type: "connection_init", payload: token ? { authorization: `Bearer ${token}` } : {} });
    const hears = (type: string, id?: string) =>
      eventually(async () => heard.find((message) => message.type === type && message.id === id));
    return { socket, closed, say, hears, end: () => socket.terminate() };
  }

  test("has 20 operations under way, and no more; one that ends makes room", async () => {
    const campaignId = await aCampaign(app.database, { recipients: 1 });
    const { say, hears, end } = await socketOf(await aToken(app.database));
    await hears("connection_ack");
    const watch = (id: string) => {
      const query = `subscription { campaignProgress(campaignId: "${campaignId}") { seq } }`;
      say({ type: "subscribe", id, payload: { query } });
    };
    for (let i = 1; i <= 20; i += 1) watch(String(i));
    for (let i = 1; i <= 20; i += 1) await hears("next", String(i));
    watch("21");
    const { payload } = await hears("error", "21");
    expect(payload).toMatchObject([
      { message: expect.stringContaining("20 operations"), extensions: { code: "LIMIT_EXCEEDED" } },
    ]);
    say({ type: "complete", id: "7" });
    watch("22");
    await hears("next", "22");
    end();
  });

  test("is one of 10 that a caller has; the next is closed with words, and comes in when one of them goes", async () => {
    const token = await aToken(app.database);
    const ten = await Promise.all(Array.from({ length: 10 }, () => socketOf(token)));
    for (const one of ten) await one.hears("connection_ack");
    const eleventh = await socketOf(token);
    expect(await eleventh.closed).toEqual({ code: 1013, reason: "10 sockets are open already: close one first" });
    const others = await socketOf(await aToken(app.database));
    await others.hears("connection_ack");

    ten[0]!.end();
    const welcome = await eventually(async () => {
      const again = await socketOf(token);
      return Promise.race([again.hears("connection_ack").then(() => again), again.closed.then(() => null)]);
    });
    [...ten, others, welcome].forEach((one) => one.end());
  });

  test.each([
    ["a message over 64 kB", { type: "ping", payload: { x: "x".repeat(64 * 1024) } }, 1009],
    ["a message that is none", "hello", 4400],
    ["an operation before it was let in", { type: "subscribe", id: "1", payload: { query: "{ me { name } }" } }, 4401],
  ])("is closed on %s, and nothing is written past the log", async (_what, message, code) => {
    const written = jest.spyOn(console, "error").mockImplementation(() => undefined);
    const { say, closed } = await socketOf(null, { init: false });
    say(message);
    expect((await closed).code).toBe(code);
    expect(written).not.toHaveBeenCalled();
    written.mockRestore();
  });

  test("takes a message of 64 kB", async () => {
    const { say, hears, end } = await socketOf(null);
    await hears("connection_ack");
    const empty = JSON.stringify({ type: "ping", payload: { x: "" } }).length;
    say({ type: "ping", payload: { x: "x".repeat(64 * 1024 - empty) } });
    await hears("pong");
    end();
  });

  test("that says the same thing twice, or what only a server says, is closed", async () => {
    const twice = await socketOf(null);
    twice.say({ type: "connection_init" });
    expect((await twice.closed).code).toBe(4429);
    const confused = await socketOf(null);
    confused.say({ type: "connection_ack" });
    expect(await confused.closed).toEqual({ code: 4500, reason: "Internal fault" });
  });

  test("on which nobody says who they are is closed", async () => {
    expect((await (await socketOf(null, { init: false })).closed).code).toBe(4408);
  });

  test("that is refused and cut off at once does no harm", async () => {
    const { hostname, port } = new URL(url);
    for (let i = 0; i < 20; i += 1) {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => undefined);
      await new Promise((resolve) => socket.once("connect", () => resolve(undefined)));
      socket.write("GET /elsewhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      await new Promise((resolve) => setImmediate(resolve));
      socket.resetAndDestroy();
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe("a page of another site", () => {
  /** With whatever headers: fetch would not send another Host. */
  const send = (headers: Record<string, string>, { at = url, method = "POST", path = "/graphql" } = {}) =>
    new Promise<{ status: number; code: string | undefined }>((resolve, reject) => {
      const request = httpRequest(`${at}${path}`, { method, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("end", () =>
          resolve({ status: response.statusCode!, code: (JSON.parse(text) as Answer).errors?.[0]?.extensions.code }),
        );
      });
      request.on("error", reject);
      request.end(method === "POST" ? JSON.stringify({ query: "{ __typename }" }) : undefined);
    });
  const json = { "content-type": "application/json" };
  const REFUSED = { status: 403, code: "FORBIDDEN_ORIGIN" };
  const TAKEN = { status: 200, code: undefined };
  const GET = { method: "GET", path: "/graphql?query=%7B__typename%7D" };

  test.each(["https://elsewhere.example", "null", "http://ask.example.com"])("%s gets no answer", async (origin) =>
    expect(await send({ ...json, origin })).toEqual(REFUSED),
  );

  test("gets none either after its name was pointed here (DNS rebinding)", async () => {
    const rebound = { host: "evil.example:4000", origin: "http://evil.example:4000" };
    expect(await send({ ...json, ...rebound })).toEqual(REFUSED);
    // Browsers name no page on a GET within one site.
    const get = { host: "evil.example:4000", "apollo-require-preflight": "yes" };
    expect(await send(get, GET)).toEqual(REFUSED);
    const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws", { headers: rebound });
    socket.on("error", () => undefined);
    const status = await new Promise((resolve) =>
      socket.once("unexpected-response", (request, response) => {
        request.destroy();
        resolve(response.statusCode);
      }),
    );
    expect(status).toBe(403);
  });

  test("is not a page of ours, a proxy that calls us by another name, or a program", async () => {
    expect(await send({ ...json, origin: "https://ask.example.com", host: "app:4000" })).toEqual(TAKEN);
    expect(await send({ ...json, origin: url })).toEqual(TAKEN);
    expect(await send({ ...json, host: "app:4000" })).toEqual(TAKEN);
    expect(await send({ "apollo-require-preflight": "yes" }, GET)).toEqual(TAKEN);
  });

  test("is not whoever reaches us by a name of this machine, while no address is given", async () => {
    const web = await openWeb(app.databaseUrl, app.redisUrl, quickSettings());
    const named = { host: "box.lan:4000", origin: "http://box.lan:4000" };
    expect(await send({ ...json, ...named }, { at: web.url })).toEqual(TAKEN);
    expect(await send({ ...json, ...named, origin: "http://elsewhere.example" }, { at: web.url })).toEqual(REFUSED);
    await web.stop();
  });
});

describe("a request has an id", () => {
  const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
  const idOf = (response: Response) => response.headers.get("x-request-id");

  test("of its own, or the one it came with when that is a short plain word", async () => {
    expect(idOf(await fetch(`${url}/healthz`))).toMatch(UUID);
    const given = async (id: string) => idOf(await fetch(`${url}/healthz`, { headers: { "x-request-id": id } }));
    expect(await given("proxy-1.a_B")).toBe("proxy-1.a_B");
    expect(await given("x".repeat(64))).toBe("x".repeat(64));
    for (const bad of ["x".repeat(65), "two words", `"quoted"`, "ä"]) expect(await given(bad)).toMatch(UUID);
  });

  test("which stands in its errors, whoever refused it", async () => {
    const sent = (body: string, headers: Record<string, string> = {}) =>
      fetch(`${url}/graphql`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
    const refused = [
      await sent("{ not json"),
      await sent(JSON.stringify({ query: "x".repeat(257 * 1024) })),
      await sent(JSON.stringify({ query: "{" })),
      await sent(JSON.stringify({ query: "{ nothing }" })),
      await sent(JSON.stringify({ query: "{ workspace { id } }" })),
      await sent(JSON.stringify({ query: "{ __typename }" }), { "content-type": "text/plain" }),
      await sent(JSON.stringify({ query: "{ __typename }" }), { origin: "https://elsewhere.example" }),
    ];
    for (const response of refused) {
      const { errors } = (await response.json()) as Answer;
      expect(errors?.[0]?.extensions["requestId"]).toBe(idOf(response));
      expect(errors?.[0]?.extensions["requestId"]).toMatch(UUID);
    }
  });
});

describe("a fault of the database", () => {
  const INTERNAL = /campaign|select|relation|postgres|node_modules|\.ts|\.js:|stack|\bat \//i;
  let broken: App;
  const lines: string[] = [];
  beforeAll(async () => {
    broken = await openApp({ workers: 0 });
    const owner = new pg.Client({ connectionString: broken.databaseUrl });
    await owner.connect();
    await owner.query(`ALTER TABLE campaign RENAME TO hidden`);
    await owner.end();
    log.level = "error";
    const stream = (log as unknown as Record<symbol, { write(line: string): boolean }>)[symbols.streamSym]!;
    jest.spyOn(stream, "write").mockImplementation((line) => lines.push(line) > 0);
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    log.level = "silent";
    await broken.stop();
  });

  test.each(DOORS)("shows nothing of itself %s; the log has it all, under the same id", async (_door, ask) => {
    lines.length = 0;
    const { data, errors } = await ask("{ found: campaigns { nodes { id } } }", broken.webs[0]);
    expect(data ?? null).toBeNull();
    const requestId = errors?.[0]?.extensions["requestId"];
    expect(errors).toMatchObject([
      { message: expect.stringContaining("our side"), path: ["found"], extensions: { code: "INTERNAL_SERVER_ERROR" } },
    ]);
    expect(JSON.stringify(errors)).not.toMatch(INTERNAL);
    const logged = lines.map((line) => JSON.parse(line) as { requestId: string; err: { message: string } });
    expect(logged).toMatchObject([{ requestId, err: { message: `relation "campaign" does not exist` } }]);
  });

  test("in a subscription shows nothing either", async () => {
    const watch = `subscription { campaignProgress(campaignId: "${SAMPLE_WORKSPACE_ID}") { seq } }`;
    const { errors } = await onTheSocket(watch, broken.webs[0]);
    expect(codesOf({ errors: errors! })).toEqual(["INTERNAL_SERVER_ERROR"]);
    expect(JSON.stringify(errors)).not.toMatch(/select|relation|postgres|\.ts|stack/i);
  });

  test("is logged without the values that were sent to it", async () => {
    lines.length = 0;
    await overHttp(`{ campaigns(search: "ada@example.com") { nodes { id } } }`, broken.webs[0]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain("ada@example.com");
  });
});

describe("answers tell browsers how to hold them", () => {
  const headersOf = async (address: string) => Object.fromEntries((await fetch(address)).headers);
  const ALL = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": expect.stringContaining("camera=()"),
  };

  test.each(["/graphql", "/healthz", "/metrics", "/not-there"])("%s", async (path) => {
    const headers = await headersOf(url + path);
    expect(headers).toMatchObject({
      ...ALL,
      "content-security-policy": "default-src 'none';frame-ancestors 'none'",
      "strict-transport-security": "max-age=31536000",
    });
    expect(headers["x-powered-by"]).toBeUndefined();
  });

  test("the pages too, with a policy of their own; GraphiQL is not there when it is switched off", async () => {
    const services = { DATABASE_URL: app.databaseUrl, REDIS_URL: app.redisUrl, SAMPLE: "false", ROLES: "web" };
    const program = await startProgram({ ...services, GRAPHIQL: "false" });
    const page = await fetch(`${program.url}/sign-in`);
    await page.text();
    const headers = Object.fromEntries(page.headers);
    expect(headers).toMatchObject({ ...ALL, "x-request-id": expect.any(String) });
    expect(headers["content-security-policy"]).toContain("script-src 'self' 'nonce-");
    // Only https may promise https.
    expect(headers["strict-transport-security"]).toBeUndefined();
    expect((await fetch(`${program.url}/graphiql`)).status).toBe(404);
    expect((await fetch(`${program.url}/graphiql/`)).status).toBe(404);
    await program.stop();
  });
});

test.each(DOORS)("%s, GraphiQL's question for the whole schema is answered", async (_door, ask) => {
  const { data, errors } = await ask(getIntrospectionQuery({ inputValueDeprecation: true, schemaDescription: true }));
  expect(errors).toBeUndefined();
  expect(data).toMatchObject({ __schema: { queryType: { name: "Query" } } });
});

test("a subscription over HTTP is told where it belongs", async () => {
  const response = await post(`subscription { campaignProgress(campaignId: "1") { seq } }`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    errors: [{ message: expect.stringContaining("WebSocket"), extensions: { code: "BAD_USER_INPUT" } }],
  });
});

test("without introspection the schema is told nobody, and queries go on", async () => {
  const settings = quickSettings({ INTROSPECTION: "false" });
  const web = await openWeb(
    app.databaseUrl,
    app.redisUrl,
    settings,
    await aToken(app.database, SAMPLE_WORKSPACE_ID, Role.VIEWER),
  );
  for (const [, ask] of DOORS) {
    for (const query of [`{ __schema { types { name } } }`, `{ __type(name: "Query") { name } }`]) {
      const { data, errors } = await ask(query, web);
      expect(data ?? null).toBeNull();
      expect(errors?.[0]).toMatchObject({
        message: expect.stringContaining("introspection has been disabled"),
        extensions: { code: "GRAPHQL_VALIDATION_FAILED" },
      });
    }
    const guess = await ask("{ workspac { id } }", web);
    expect(guess.errors?.[0]?.message).toBe(`Cannot query field "workspac" on type "Query".`);
    expect((await ask("{ __typename workspace { __typename id } }", web)).errors).toBeUndefined();
  }
  await web.stop();
});

test("the metrics are shown to whoever knows their token, once there is one", async () => {
  const web = await openWeb(app.databaseUrl, app.redisUrl, quickSettings({ METRICS_TOKEN: "open sesame" }));
  const ask = async (authorization?: string) =>
    (await fetch(`${web.url}/metrics`, { headers: authorization ? { authorization } : {} })).status;
  expect(await ask()).toBe(401);
  expect(await ask("Bearer open")).toBe(401);
  expect(await ask("open sesame")).toBe(401);
  expect(await ask("Bearer open sesame")).toBe(200);
  expect((await fetch(`${url}/metrics`)).status).toBe(200);
  await web.stop();
});

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Role } from "../accounts/access.ts";
import { ensureWorkspace } from "../accounts/workspace.store.ts";
import { newId } from "../platform/id.ts";
import { type App, aToken, openApp, openDoor, SAMPLE_WORKSPACE_ID, type WebDoor } from "../testing/app.ts";
import { openLedgerOn } from "../testing/ledger.ts";
import { suppress, suppressionsOf } from "./suppression.store.ts";

/** Addresses that must not be written to again, through the API. */

const ONE = "id address reason note createdAt createdBy";
const SUPPRESS = `mutation ($address: String!, $note: String) { done: suppressAddress(input: { address: $address, note: $note }) { suppression { ${ONE} } userErrors { code field message } } }`;
const SUPPRESS_MANY = `mutation ($addresses: [String!]!) { done: suppressAddresses(input: { addresses: $addresses, note: "by the list" }) { added already invalid userErrors { code field message } } }`;
const LIFT = `mutation ($address: String!, $confirm: Boolean! = false, $because: String) { done: unsuppressAddress(input: { address: $address, confirm: $confirm, because: $because }) { suppression { address reason } userErrors { code field message } } }`;
const LIST = `query ($first: Int! = 25, $after: String, $search: String, $reason: SuppressionReason) { suppressions(first: $first, after: $after, search: $search, reason: $reason) { nodes { ${ONE} } pageInfo { hasNextPage endCursor } } }`;
const FIND = `query ($address: String!) { suppression(address: $address) { ${ONE} } }`;

let app: App;
let theirs: WebDoor;
beforeAll(async () => {
  app = await openApp({ workers: 0 });
  const ledger = await openLedgerOn(app.databaseUrl);
  const workspaceId = newId();
  await ensureWorkspace(ledger.owner, workspaceId, "Another workspace");
  await ledger.drop();
  theirs = openDoor(app.webs[0]!.url, await aToken(app.database, workspaceId));
});
afterAll(() => app.stop());

const ask = async (document: string, variables: Record<string, unknown>, door: Pick<WebDoor, "query"> = app) => {
  const { data, errors } = await door.query(document, variables);
  if (errors) throw new Error(JSON.stringify(errors));
  return data.done ?? data;
};
const listed = async (variables: Record<string, unknown> = {}) =>
  (await ask(LIST, variables)).suppressions.nodes.map((node: { address: string }) => node.address) as string[];
const inSample = <T>(work: Parameters<typeof app.database.inWorkspace<T>>[1]) =>
  app.database.inWorkspace(SAMPLE_WORKSPACE_ID, work);
const deeds = async (action: string) =>
  (
    await app.query(`{ auditLog(first: 100, action: ${action}) { nodes { subjectName actorName } } }`)
  ).data.auditLog.nodes.map((node: { subjectName: string | null }) => node.subjectName);

describe("suppressing", () => {
  test("an address is kept as it is sent to and found however it is written", async () => {
    const { suppression, userErrors } = await ask(SUPPRESS, { address: "  Ada.Amber@Example.COM ", note: "asked us" });
    expect(userErrors).toEqual([]);
    expect(suppression).toMatchObject({
      ...{ id: "ada.amber@example.com", address: "Ada.Amber@example.com", reason: "MANUAL", note: "asked us" },
      createdBy: "A token",
    });
    const found = await ask(FIND, { address: "ADA.AMBER@example.com" });
    expect(found.suppression).toEqual(suppression);
    await ask(SUPPRESS, { address: "+49 (30) 55 01 01" });
    expect((await ask(FIND, { address: "+4930550101" })).suppression.address).toBe("+4930550101");
    expect((await ask(FIND, { address: "nobody@example.com" })).suppression).toBeNull();
    expect((await ask(FIND, { address: "garbage" })).suppression).toBeNull();
  });

  test("a second time keeps the first reason and note, and is written down once", async () => {
    await ask(SUPPRESS, { address: "twice@example.com", note: "first" });
    const again = await ask(SUPPRESS, { address: "TWICE@example.com", note: "second" });
    expect(again.suppression).toMatchObject({ note: "first" });
    expect((await deeds("ADDRESS_SUPPRESSED")).filter((name: string) => name === "twice@example.com")).toHaveLength(1);
  });

  test.each([
    [{ address: "ada@" }, "INVALID", "address", /"ada@" is not an e-mail address/],
    [{ address: "hello" }, "INVALID", "address", /neither an e-mail address nor a phone number/],
    [{ address: "" }, "INVALID", "address", /neither/],
    [{ address: "n@example.com", note: "x".repeat(501) }, "TOO_LONG", "note", /At most 500/],
    [{ address: "n@example.com", note: "a\0b" }, "INVALID", "note", /NUL/],
  ])("%j is refused at its place", async (input, code, field, words) => {
    const { suppression, userErrors } = await ask(SUPPRESS, input);
    expect(suppression).toBeNull();
    expect(userErrors).toMatchObject([{ code, field, message: expect.stringMatching(words) }]);
    expect((await ask(FIND, { address: "n@example.com" })).suppression).toBeNull();
  });

  test("of many, each that is none is named, and the numbers add up", async () => {
    const addresses = ["m1@example.com", "no", "M1@example.com", "m2@example.com", "twice@example.com", "also no"];
    const done = await ask(SUPPRESS_MANY, { addresses });
    expect(done).toMatchObject({ added: 2, already: 2, invalid: 2 });
    expect(done.userErrors.map(({ field }: { field: string }) => field)).toEqual(["addresses[1]", "addresses[5]"]);
    expect(await deeds("ADDRESSES_SUPPRESSED")).toEqual(["2 addresses"]);
    const tooMany = await ask(SUPPRESS_MANY, {
      addresses: Array.from({ length: 1001 }, (_, i) => `x${i}@example.com`),
    });
    expect(tooMany).toMatchObject({ added: 0, userErrors: [{ code: "TOO_MANY", field: "addresses" }] });
  });

  test("the same many from ten callers at once are written once", async () => {
    const addresses = Array.from({ length: 200 }, (_, i) => `crowd${i}@example.com`);
    const shuffled = (i: number) => (i % 2 ? addresses.toReversed() : addresses);
    const all = await Promise.all(Array.from({ length: 10 }, (_, i) => ask(SUPPRESS_MANY, { addresses: shuffled(i) })));
    expect(all.reduce((sum, { added }) => sum + added, 0)).toBe(200);
  });
});

describe("a customer's own word", () => {
  test("takes the place of what was only noted about them, once, and nothing takes its place", async () => {
    await ask(SUPPRESS, { address: "own@example.com", note: "by hand" });
    expect(await inSample((tx) => suppress(tx, "own@example.com", "bounced"))).toBe(false);
    expect(await inSample((tx) => suppress(tx, "own@example.com", "unsubscribed"))).toBe(true);
    expect(await inSample((tx) => suppress(tx, "own@example.com", "unsubscribed"))).toBe(false);
    expect(await inSample((tx) => suppress(tx, "own@example.com", "complained"))).toBe(false);
    const { suppression } = await ask(FIND, { address: "own@example.com" });
    expect(suppression).toMatchObject({ reason: "UNSUBSCRIBED", note: "by hand", createdBy: null });
  });

  test.each(["unsubscribed", "complained"] as const)(
    "%s is lifted only when confirmed, with words why",
    async (reason) => {
      const address = `${reason}@example.com`;
      await inSample((tx) => suppress(tx, address, reason, { address }));
      const errorsOf = async (variables: Record<string, unknown>) =>
        (await ask(LIFT, { address, ...variables })).userErrors.map(
          ({ code, field }: { code: string; field: string }) => `${code} ${field}`,
        );
      expect(await errorsOf({})).toEqual(["REQUIRED confirm"]);
      expect(await errorsOf({ because: "just so" })).toEqual(["REQUIRED confirm"]);
      expect(await errorsOf({ confirm: true })).toEqual(["REQUIRED because"]);
      expect(await errorsOf({ confirm: true, because: "  " })).toEqual(["REQUIRED because"]);
      expect((await ask(FIND, { address })).suppression.reason).toBe(reason.toUpperCase());
      expect(await errorsOf({ confirm: true, because: "asked for it by phone" })).toEqual([]);
      expect((await ask(FIND, { address })).suppression).toBeNull();
      expect(await deeds("SUPPRESSION_LIFTED")).toContain(`${address}: asked for it by phone`);
    },
  );
});

describe("lifting", () => {
  test.each(["manual", "bounced"] as const)(
    "%s needs no more than to be asked for, and is written down",
    async (reason) => {
      const address = `${reason}.lift@example.com`;
      await inSample((tx) => suppress(tx, address, reason, { address }));
      expect(await ask(LIFT, { address: address.toUpperCase() })).toMatchObject({
        suppression: { address, reason: reason.toUpperCase() },
        userErrors: [],
      });
      expect(await inSample((tx) => suppressionsOf(tx, [address]))).toEqual(new Map());
      expect(await deeds("SUPPRESSION_LIFTED")).toContain(address);
    },
  );

  test("what is not suppressed needs nothing, and is not written down", async () => {
    expect(await ask(LIFT, { address: "free@example.com" })).toEqual({ suppression: null, userErrors: [] });
    expect(await deeds("SUPPRESSION_LIFTED")).not.toContain("free@example.com");
  });

  test("an editor suppresses and does not lift; a viewer does neither, and sees", async () => {
    const { url } = app.webs[0]!;
    const as = async (role: Role) => openDoor(url, await aToken(app.database, SAMPLE_WORKSPACE_ID, role));
    const [editor, viewer] = [await as(Role.EDITOR), await as(Role.VIEWER)];
    expect((await ask(SUPPRESS, { address: "by.editor@example.com" }, editor)).userErrors).toEqual([]);
    for (const refused of [
      await editor.query(LIFT, { address: "by.editor@example.com" }),
      await viewer.query(SUPPRESS, { address: "by.viewer@example.com" }),
    ])
      expect(refused.errors?.[0]?.extensions.code).toBe("FORBIDDEN");
    expect((await ask(FIND, { address: "by.editor@example.com" }, viewer)).suppression).not.toBeNull();
  });
});

describe("the list", () => {
  test("pages through all of it, newest first, each once; rows of the same moment among them", async () => {
    const all: string[] = [];
    let after: string | null = null;
    do {
      const { nodes, pageInfo }: any = (await ask(LIST, { first: 7, after })).suppressions; // eslint-disable-line @typescript-eslint/no-explicit-any
      all.push(...nodes.map((node: { id: string }) => node.id));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after);
    const rows = await inSample((tx) =>
      tx.query<{ id: string }>(`SELECT address_key AS id FROM suppression ORDER BY created_at DESC, address_key DESC`),
    );
    expect(all).toEqual(rows.map(({ id }) => id));
    expect(all.length).toBeGreaterThan(200);
  });

  test("is searched by a part of the address and narrowed by reason", async () => {
    await inSample((tx) => suppress(tx, "needle.b@example.com", "bounced"));
    await ask(SUPPRESS, { address: "Needle.A@example.com" });
    expect(await listed({ search: "NEEDLE" })).toEqual(["Needle.A@example.com", "needle.b@example.com"]);
    expect(await listed({ search: "needle", reason: "BOUNCED" })).toEqual(["needle.b@example.com"]);
    expect(await listed({ search: "(30) 55" })).toEqual(["+4930550101"]);
    expect(await listed({ search: "100%" })).toEqual([]);
    const garbage = await app.query(LIST, { after: "garbage" });
    expect(garbage.errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
  });

  test("another workspace sees nothing of it and lifts nothing in it", async () => {
    await ask(SUPPRESS, { address: "ours@example.com" });
    expect((await ask(FIND, { address: "ours@example.com" }, theirs)).suppression).toBeNull();
    expect((await ask(LIST, {}, theirs)).suppressions.nodes).toEqual([]);
    expect((await ask(LIFT, { address: "ours@example.com" }, theirs)).suppression).toBeNull();
    expect((await ask(SUPPRESS, { address: "ours@example.com", note: "theirs" }, theirs)).suppression.note).toBe(
      "theirs",
    );
    expect((await ask(FIND, { address: "ours@example.com" })).suppression.note).toBeNull();
  });
});

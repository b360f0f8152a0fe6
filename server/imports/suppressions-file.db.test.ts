import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { connect } from "node:net";
import { Role } from "../accounts/access.ts";
import { ensureWorkspace } from "../accounts/workspace.store.ts";
import { newId } from "../platform/id.ts";
import { type App, aToken, eventually, openApp, openDoor, quickSettings, SAMPLE_WORKSPACE_ID } from "../testing/app.ts";
import { openLedgerOn } from "../testing/ledger.ts";
import { suppress, type SuppressionReason } from "../recipients/suppression.store.ts";

/** The list of suppressions as a file, in and out. */

let app: App;
const settings = quickSettings({ UPLOAD_BYTES_MAX: "2000000", UPLOAD_STALL_MS: "400" });
beforeAll(async () => {
  app = await openApp({ workers: 0, settings });
});
afterAll(() => app.stop());

interface Taken {
  added: number;
  already: number;
  invalid: { row: number; value: string; reason: string }[];
  invalidTotal: number;
}

/** A workspace of its own, so that each test starts with an empty list. */
async function aWorkspace() {
  const ledger = await openLedgerOn(app.databaseUrl);
  const workspaceId = newId();
  await ensureWorkspace(ledger.owner, workspaceId, "A workspace");
  await ledger.drop();
  const token = await aToken(app.database, workspaceId);
  const door = openDoor(app.webs[0]!.url, token);
  const put = async (body: string | Buffer) => {
    const response = await door.fetch("/suppressions.csv", {
      method: "PUT",
      body: body as NonNullable<RequestInit["body"]>,
    });
    return { status: response.status, body: (await response.json()) as Taken & { errors: { message: string }[] } };
  };
  const kept = () =>
    app.database.inWorkspace(workspaceId, (tx) =>
      tx.query<{ address: string; reason: string; note: string | null }>(
        `SELECT address, reason, note FROM suppression ORDER BY created_at, address_key`,
      ),
    );
  const deeds = async () =>
    (await door.query(`{ auditLog(first: 100) { nodes { action } } }`)).data.auditLog.nodes.map(
      (node: { action: string }) => node.action,
    );
  return { workspaceId, token, door, put, kept, deeds };
}

describe("a file that comes in", () => {
  test("without a header has its addresses in the first column", async () => {
    const { put, kept, deeds } = await aWorkspace();
    const { status, body } = await put("ada@example.com;x\n+49 30 55 01 02;y\nADA@example.com;z\n");
    expect({ status, ...body }).toEqual({ status: 200, added: 2, already: 1, invalid: [], invalidTotal: 0 });
    expect(await kept()).toEqual([
      { address: "+4930550102", reason: "manual", note: null },
      { address: "ada@example.com", reason: "manual", note: null },
    ]);
    expect(await deeds()).toEqual(["SUPPRESSIONS_IMPORTED"]);
  });

  test("with a header is read by its names; a reason that nobody knows counts as said by hand", async () => {
    const { put, kept } = await aWorkspace();
    const file =
      "name,Reason,E-Mail,note\nAda,Unsubscribed,ada@example.com,by letter\nBo,bounced,bo@example.com,\nCleo,angry,cleo@example.com,\n";
    expect((await put(file)).body).toMatchObject({ added: 3 });
    expect(await kept()).toEqual([
      { address: "ada@example.com", reason: "unsubscribed", note: "by letter" },
      { address: "bo@example.com", reason: "bounced", note: null },
      { address: "cleo@example.com", reason: "manual", note: null },
    ]);
  });

  test("names the first hundred rows that are no address, as a spreadsheet counts them, and counts all", async () => {
    const { put, kept } = await aWorkspace();
    const rows = Array.from({ length: 150 }, (_, i) => `wrong ${i}`);
    const { body } = await put(["address", "ada@example.com", "", ...rows].join("\r\n"));
    expect(body).toMatchObject({ added: 1, already: 0, invalidTotal: 150 });
    expect(body.invalid).toHaveLength(100);
    expect(body.invalid[0]).toEqual({
      ...{ row: 4, value: "wrong 0" },
      reason: `"wrong 0" is neither an e-mail address nor a phone number.`,
    });
    expect(await kept()).toHaveLength(1);
  });

  test("adds and never changes or lifts what is there", async () => {
    const { put, kept, workspaceId } = await aWorkspace();
    const address = "ada@example.com";
    await app.database.inWorkspace(workspaceId, (tx) => suppress(tx, address, "complained", { address, note: "kept" }));
    const { body } = await put(`address,reason,note\n${address},manual,changed\n`);
    expect(body).toMatchObject({ added: 0, already: 1 });
    expect(await kept()).toEqual([{ address, reason: "complained", note: "kept" }]);
  });

  test("of ten thousand rows goes in once, and again without a change", async () => {
    const { put, kept, deeds } = await aWorkspace();
    const file = Array.from({ length: 10_000 }, (_, i) => `customer${i}@example.com\n`).join("");
    expect((await put(file)).body).toMatchObject({ added: 10_000, already: 0, invalidTotal: 0 });
    expect((await put(file)).body).toMatchObject({ added: 0, already: 10_000, invalidTotal: 0 });
    expect(await kept()).toHaveLength(10_000);
    expect(await deeds()).toEqual(["SUPPRESSIONS_IMPORTED"]);
  });

  test.each([
    ["an unclosed quote", `ada@example.com\n"bo@example.com\n`, 422, /never closed/],
    ["an Excel workbook", Buffer.from([0x50, 0x4b, 0x03, 0x04, 1, 2, 3]), 422, /Excel workbook/],
    ["nothing", "", 422, /empty/],
    ["more than is taken", "x@example.com\n".repeat(150_000), 413, /larger than 2 MB/],
  ])("with %s is refused in words", async (_what, file, status, words) => {
    const { put } = await aWorkspace();
    const answered = await put(file);
    expect({ status: answered.status, message: answered.body.errors[0]?.message }).toEqual({
      status,
      message: expect.stringMatching(words),
    });
  });

  test("that stands still is broken off, and what came before it stays", async () => {
    const { token, kept } = await aWorkspace();
    const { hostname, port } = new URL(app.webs[0]!.url);
    const socket = connect(Number(port), hostname);
    let heard = "";
    socket.setEncoding("utf8").on("data", (text: string) => (heard += text));
    socket.write(
      `PUT /suppressions.csv HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${token}\r\nContent-Length: 1000000\r\n\r\n`,
    );
    socket.write(Array.from({ length: 9_000 }, (_, i) => `slow${i}@example.com\n`).join(""));
    await eventually(async () => heard.includes("408"));
    expect(heard).toMatch(/Nothing came for 0.4 seconds.*addresses that stand before that are suppressed now/);
    expect((await kept()).length).toBeGreaterThanOrEqual(4_000);
    socket.destroy();
  });
});

describe("the file that goes out", () => {
  const rows: [string, SuppressionReason, string | null][] = [
    ["ada@example.com", "unsubscribed", null],
    ["bo@example.com", "manual", `=HYPERLINK("https://example.com")`],
    ["+4930550103", "complained", `said "no", twice`],
    ["cleo@example.com", "bounced", "550 5.1.1"],
  ];

  test("has all of them, guards what a spreadsheet would run, and is written down", async () => {
    const { workspaceId, door, deeds } = await aWorkspace();
    for (const [address, reason, note] of rows)
      await app.database.inWorkspace(workspaceId, (tx) =>
        suppress(tx, address.replaceAll(" ", ""), reason, { address, note }),
      );
    const response = await door.fetch("/suppressions.csv");
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="suppressions.csv"`,
      "cache-control": "private, no-store",
    });
    const text = await response.text();
    expect(text).toContain("address,reason,note,created_at,created_by\r\n");
    expect(text).toContain(`bo@example.com,manual,"'=HYPERLINK(""https://example.com"")",`);
    expect(text.trim().split("\r\n")).toHaveLength(5);
    expect(await deeds()).toEqual(["SUPPRESSIONS_EXPORTED"]);
  });

  test("goes into another workspace as it was: addresses, reasons and notes", async () => {
    const [from, to] = [await aWorkspace(), await aWorkspace()];
    for (const [address, reason, note] of rows)
      await app.database.inWorkspace(from.workspaceId, (tx) =>
        suppress(tx, address.replaceAll(" ", ""), reason, { address, note }),
      );
    const file = Buffer.from(await (await from.door.fetch("/suppressions.csv")).arrayBuffer());
    expect((await to.put(file)).body).toEqual({ added: 4, already: 0, invalid: [], invalidTotal: 0 });
    const sorted = (all: { address: string }[]) => all.toSorted((a, b) => a.address.localeCompare(b.address));
    expect(sorted(await to.kept())).toEqual(sorted(await from.kept()));
  });

  test("of several pages has each row once", async () => {
    const { put, door } = await aWorkspace();
    await put(Array.from({ length: 2_500 }, (_, i) => `page${i}@example.com\n`).join(""));
    const lines = (await (await door.fetch("/suppressions.csv")).text()).trim().split("\r\n").slice(1);
    expect(new Set(lines.map((line) => line.split(",")[0])).size).toBe(2_500);
    expect(lines).toHaveLength(2_500);
  });
});

test("is for those who may, and for no other site's pages", async () => {
  const { url } = app.webs[0]!;
  const viewer = openDoor(url, await aToken(app.database, SAMPLE_WORKSPACE_ID, Role.VIEWER));
  const owner = openDoor(url, app.token);
  for (const method of ["GET", "PUT"]) {
    const init = { method, ...(method === "PUT" && { body: "viewer@example.com\n" }) };
    expect((await viewer.fetch("/suppressions.csv", init)).status).toBe(403);
    expect((await fetch(`${url}/suppressions.csv`, init)).status).toBe(401);
    const foreign = { ...init, headers: { origin: "https://elsewhere.example" } };
    expect((await owner.fetch("/suppressions.csv", foreign)).status).toBe(403);
  }
});

import { once } from "node:events";
import { request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { Role } from "../accounts/access.ts";
import { type App, aToken, eventually, openApp, openDoor, quickSettings, SAMPLE_WORKSPACE_ID } from "../testing/app.ts";
import {
  announceUpload,
  importEnded,
  importFile,
  makeCampaign,
  problemsOf,
  recipientsOf,
  startImport,
  uploadFile,
} from "../testing/imports.ts";

/** Files and senders that mean no good, or are broken: each is answered in words, and nothing is left behind. */

let app: App;
afterAll(() => app.stop());

const door = () => app.webs[0]!;
const rowsIn = async (table: string): Promise<number> => {
  const rows = await app.database.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) => tx.query(`SELECT 1 FROM ${table}`));
  return rows.length;
};

async function uploadSeen(id: string): Promise<{ status: string; problem: string | null; bytes: number }> {
  const { data } = await door().query(`query ($id: ID!) { upload(id: $id) { status problem bytes } }`, { id });
  return data.upload as { status: string; problem: string | null; bytes: number };
}

async function refusal(response: Response): Promise<{ status: number; code: string; message: string }> {
  const { errors } = (await response.json()) as { errors: { message: string; extensions: { code: string } }[] };
  const [{ message, extensions }] = errors as [(typeof errors)[0]];
  return { status: response.status, code: extensions.code, message };
}

/** A PUT that is written by hand, piece by piece. */
function rawPut(path: string, headers: Record<string, string> = {}): ClientRequest {
  const { hostname, port } = new URL(door().url);
  const authorization = `Bearer ${app.token}`;
  const request = httpRequest({ hostname, port, path, method: "PUT", headers: { authorization, ...headers } });
  request.on("error", () => undefined);
  return request;
}

async function answerTo(request: ClientRequest): Promise<{ status: number; message: string }> {
  const [response] = (await once(request, "response")) as [IncomingMessage];
  let body = "";
  for await (const piece of response.setEncoding("utf8")) body += piece as string;
  request.destroy();
  const { errors } = JSON.parse(body) as { errors: { message: string }[] };
  return { status: response.statusCode ?? 0, message: errors[0]?.message ?? "" };
}

describe("a file", () => {
  beforeAll(async () => {
    app = await openApp();
  });

  let campaignId: string;
  beforeEach(async () => {
    campaignId = await makeCampaign(app);
  });

  const failed = async (content: string) => {
    const seen = await importFile(app, campaignId, content);
    expect(seen).toMatchObject({ status: "FAILED", rowsRead: 0 });
    expect(await recipientsOf(door(), campaignId)).toEqual([]);
    return seen.statusReason;
  };
  const customers = (count: number) => Array.from({ length: count }, (_, i) => `c${i}@example.com,Customer ${i}`);
  // Beyond what the preview looks at.
  const FAR = 40_000;

  test("with a quote that is never closed names its row, and nothing of it is imported", async () => {
    const lines = [...customers(FAR), `ada@example.com,"Ada`, ...customers(5)];
    expect(await failed(["email,name", ...lines].join("\n"))).toBe(
      "Row 40002 opens a quoted text that is never closed. Nothing was imported.",
    );
  });

  test("with such a quote in front is refused before an import begins", async () => {
    const uploadId = await uploadFile(door(), `email,name\nada@example.com,"Ada\nbo@example.com,Bo\n`);
    const { userErrors } = await startImport(door(), { campaignId, uploadId });
    expect(userErrors).toEqual([
      {
        ...{ code: "NOT_ALLOWED", field: "uploadId" },
        message: "Row 2 opens a quoted text that is never closed.",
      },
    ]);
  });

  test("with a row of 50 MB names it, and nothing of it is imported", async () => {
    const lines = [...customers(FAR), `ada@example.com,${"x".repeat(50_000_000)}`];
    expect(await failed(["email,name", ...lines].join("\n"))).toBe(
      "Row 40002 has more than 1,000,000 characters; a quote in it may not be closed. Nothing was imported.",
    );
  });

  test("with 5,000 columns is refused with how many are read", async () => {
    const header = ["email", ...Array.from({ length: 4_999 }, (_, i) => `c${i}`)].join(",");
    const uploadId = await uploadFile(door(), `${header}\nada@example.com${",".repeat(4_999)}\n`);
    const { userErrors } = await startImport(door(), {
      ...{ campaignId, uploadId },
      columns: [{ column: 0, meaning: "EMAIL" }],
    });
    expect(userErrors.map(({ message }) => message)).toEqual(["Row 1 has 5,000 columns; at most 1,000 are read."]);
  });

  test("with the same address 100,000 times brings one customer, and says of each other row which has it", async () => {
    const lines = Array.from({ length: 100_000 }, (_, i) => `ada@example.com,Ada ${i}`);
    const seen = await importFile(app, campaignId, ["email,name", ...lines].join("\n"));
    expect(seen).toMatchObject({
      ...{ status: "COMPLETED", rowsRead: 100_000, accepted: 1, duplicates: 99_999, invalid: 0, suppressed: 0 },
      reasons: [{ code: "DUPLICATE_IN_FILE", rows: 99_999 }],
    });
    expect(await recipientsOf(door(), campaignId)).toMatchObject([{ name: "Ada 0" }]);
    const [first] = await problemsOf(door(), seen.id);
    expect(first).toMatchObject({ row: 3, message: "Row 2 has this address already." });
  });

  test.each([
    ["an Excel workbook", [0x50, 0x4b, 3, 4, 9, 9], /Excel workbook .* In Excel: save as “CSV UTF-8”/],
    ["a PDF", [0x25, 0x50, 0x44, 0x46, 0x2d], /PDF. Export the customers as CSV/],
    ["what gzip made", [0x1f, 0x8b, 8, 0], /compressed with gzip. Unpack it first/],
    ["full of zeros", Array.from({ length: 100 }, (_, i) => (i % 3 === 0 ? 65 : 0)), /full of zero bytes/],
    ["empty", [], /^The file is empty\.$/],
  ])("that is %s is refused as it arrives, with what to do", async (_what, bytes, words) => {
    const { id, url } = await announceUpload(door(), "customers.csv");
    const answer = await refusal(await door().fetch(url, { method: "PUT", body: Uint8Array.from(bytes) }));
    expect(answer).toMatchObject({ status: 422, code: "UNREADABLE_FILE", message: expect.stringMatching(words) });
    expect((await uploadSeen(id)).problem).toMatch(words);
    const { userErrors } = await startImport(door(), { campaignId, uploadId: id });
    expect(userErrors).toMatchObject([{ field: "uploadId", message: expect.stringMatching(words) }]);
  });

  test.each([
    ["only blanks", " \n\n , \n"],
    ["only a header", "email,name\n"],
  ])("with %s has no rows, and says so", async (_what, content) => {
    const uploadId = await uploadFile(door(), content);
    const { userErrors } = await startImport(door(), {
      ...{ campaignId, uploadId, hasHeader: true },
      columns: [{ column: 0, meaning: "EMAIL" }],
    });
    expect(userErrors.map(({ message }) => message)).toEqual(["There are no rows in this file."]);
  });

  test("whose name is no name for a header is downloaded under a plain one", async () => {
    for (const fileName of [`../../"x"\r\nset-cookie: a=b;.csv`, "ü/é.csv", `${"n".repeat(250)}.csv`]) {
      const seen = await importFile(app, await makeCampaign(app), "email\nnobody\nada@example.com\n", { fileName });
      const response = await door().fetch(seen.rejectedFileUrl!);
      expect(response.headers.get("content-disposition")).toMatch(
        /^attachment; filename="rejected-[\w.-]{1,80}\.csv"$/,
      );
      expect(response.headers.get("set-cookie")).toBeNull();
      await response.body?.cancel();
    }
    const tooLong = await door().query(
      `mutation { createUpload(input: { fileName: "${"n".repeat(300)}" }) { upload { id } userErrors { code field } } }`,
    );
    expect(tooLong.data.createUpload).toEqual({ upload: null, userErrors: [{ code: "TOO_LONG", field: "fileName" }] });
  });

  test("is not taken from a page of another site, from a viewer, or from nobody", async () => {
    const { id, url } = await announceUpload(door());
    const body = "email\nada@example.com\n";
    const foreign = await door().fetch(url, { method: "PUT", body, headers: { origin: "https://evil.example" } });
    expect(await refusal(foreign)).toMatchObject({ status: 403, code: "FORBIDDEN_ORIGIN" });
    const viewer = openDoor(door().url, await aToken(app.database, SAMPLE_WORKSPACE_ID, Role.VIEWER));
    expect(await refusal(await viewer.fetch(url, { method: "PUT", body }))).toMatchObject({
      ...{ status: 403, code: "FORBIDDEN" },
    });
    expect(await refusal(await fetch(door().url + url, { method: "PUT", body }))).toMatchObject({
      ...{ status: 401, code: "UNAUTHENTICATED" },
    });
    expect(await uploadSeen(id)).toEqual({ status: "WAITING", problem: null, bytes: 0 });
  });

  test("that an import is reading is not replaced", async () => {
    const uploadId = await uploadFile(door(), ["email,name", ...customers(60_000)].join("\n"));
    const { import: started } = await startImport(door(), { campaignId, uploadId });
    const answer = await refusal(await door().fetch(`/uploads/${uploadId}`, { method: "PUT", body: "email\nx\n" }));
    expect(answer).toEqual({
      ...{ status: 409, code: "CONFLICT", message: "An import is reading this file. Make a new upload." },
    });
    expect(await importEnded(door(), started!.id)).toMatchObject({ status: "COMPLETED", accepted: 60_000 });
  });

  test("that is sent twice at once is the one or the other, and never a mixture", async () => {
    const { id, url } = await announceUpload(door());
    const files = ["a", "b"].map((letter) =>
      ["email", ...Array.from({ length: 30_000 }, (_, i) => `${letter}${i}@example.com`)].join("\n"),
    );
    const answers = await Promise.all(files.map((body) => door().fetch(url, { method: "PUT", body })));
    const statuses = answers.map(({ status }) => status).sort();
    for (const answer of answers) await answer.body?.cancel();
    expect([
      [200, 200],
      [200, 409],
    ]).toContainEqual(statuses);
    const { import: started } = await startImport(door(), { campaignId, uploadId: id });
    expect(await importEnded(door(), started!.id)).toMatchObject({ accepted: 30_000, rowsRead: 30_000 });
    const letters = new Set((await recipientsOf(door(), campaignId)).map(({ email }) => email![0]));
    expect(letters.size).toBe(1);
  });
});

describe("a sender", () => {
  const BYTES_MAX = 1_000_000;

  beforeAll(async () => {
    await app.stop();
    app = await openApp({
      settings: quickSettings({
        ...{ UPLOAD_BYTES_MAX: String(BYTES_MAX), UPLOAD_STALL_MS: "400", IMPORT_ROWS_MAX: "1000" },
      }),
    });
  });

  const WORDS = "The file is larger than 1 MB, which is the most that is taken. Split it into several.";

  test("who says how much it is learns from createUpload that it is too much", async () => {
    const { data } = await door().query(
      `mutation { createUpload(input: { fileName: "a.csv", bytes: 2e9 }) { upload { id } userErrors { code field message } } }`,
    );
    expect(data.createUpload).toEqual({
      upload: null,
      userErrors: [{ code: "TOO_LARGE", field: "bytes", message: WORDS }],
    });
  });

  test("of 2 GB is refused by what is announced, before any of it is taken", async () => {
    const { id, url } = await announceUpload(door());
    const request = rawPut(url, { "content-length": "2000000000" });
    request.write("email\n");
    expect(await answerTo(request)).toEqual({ status: 413, message: WORDS });
    expect(await uploadSeen(id)).toEqual({ status: "WAITING", problem: null, bytes: 0 });
  });

  test("of 2 GB without an announcement is cut off at the limit, and nothing of it stays", async () => {
    const { id, url } = await announceUpload(door());
    const request = rawPut(url, { "transfer-encoding": "chunked" });
    const answered = answerTo(request);
    const piece = Buffer.from("ada@example.com,Ada\n".repeat(3_000));
    let sent = 0;
    // Sends on until it is answered, and far less than 2 GB should nobody answer.
    for (let over = false; !over && sent < 50_000_000; sent += piece.length) {
      if (!request.write(piece)) await Promise.race([once(request, "drain"), answered, sleep(200)]);
      over = await Promise.race([answered.then(() => true), sleep(0).then(() => false)]);
    }
    expect(await answered).toEqual({ status: 413, message: WORDS });
    expect(sent).toBeLessThan(50_000_000);
    expect(await uploadSeen(id)).toEqual({ status: "WAITING", problem: WORDS, bytes: 0 });
    expect(await rowsIn("upload_chunk")).toBe(0);
  });

  test("who stalls is told so, and the upload waits to be sent again", async () => {
    const { id, url } = await announceUpload(door());
    const request = rawPut(url, { "content-length": "600000" });
    request.write(Buffer.from("ada@example.com,Ada\n".repeat(20_000)));
    const words = "Nothing came for 0.4 seconds. Send the file again.";
    expect(await answerTo(request)).toEqual({ status: 408, message: words });
    expect(await uploadSeen(id)).toEqual({ status: "WAITING", problem: words, bytes: 0 });
    expect(await rowsIn("upload_chunk")).toBe(0);
  });

  test("who is gone in the middle leaves nothing behind, and may send again", async () => {
    const { id, url } = await announceUpload(door());
    const request = rawPut(url, { "content-length": "900000" });
    request.write(Buffer.from("ada@example.com,Ada\n".repeat(20_000)));
    await eventually(async () => (await uploadSeen(id)).bytes > 0);
    request.destroy();
    const seen = await eventually(async () => {
      const now = await uploadSeen(id);
      return now.status === "WAITING" && now;
    });
    expect(seen.problem).toBe("The connection broke off before all of the file was here. Send it again.");
    expect(await rowsIn("upload_chunk")).toBe(0);
    const again = await door().fetch(url, { method: "PUT", body: "email\nada@example.com\n" });
    expect(await again.json()).toEqual({ upload: { id, status: "RECEIVED", bytes: 22 } });
    expect(await uploadSeen(id)).toEqual({ status: "RECEIVED", problem: null, bytes: 22 });
  });

  test("of more rows than are taken is told so, and nothing is imported", async () => {
    const campaignId = await makeCampaign(app);
    const rows = Array.from({ length: 1_001 }, (_, i) => `c${i}@example.com`);
    const seen = await importFile(app, campaignId, ["email", ...rows].join("\n"));
    expect(seen).toMatchObject({
      ...{ status: "FAILED", rowsRead: 0 },
      statusReason: "The file has more than 1,000 rows. Split it into several. Nothing was imported.",
    });
    expect(await recipientsOf(door(), campaignId)).toEqual([]);
    const all = await importFile(app, campaignId, ["email", ...rows.slice(1)].join("\n"));
    expect(all).toMatchObject({ status: "COMPLETED", accepted: 1_000 });
  });
});

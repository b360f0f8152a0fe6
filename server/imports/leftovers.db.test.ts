import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type App, openApp, SAMPLE_WORKSPACE_ID } from "../testing/app.ts";
import { announceUpload, importFile, importSeen, makeCampaign, problemsOf, uploadFile } from "../testing/imports.ts";
import { removeLeftovers } from "./leftovers.ts";
import { appendChunk, beginContent } from "./upload.store.ts";

let app: App;
beforeAll(async () => {
  app = await openApp();
});
afterAll(() => app.stop());

const DAYS = 7;
const door = () => app.webs[0]!;
const sql = (statement: string, values: unknown[] = []) =>
  app.database.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) => tx.query(statement, values));
const rejectedKept = (id: string) =>
  sql("SELECT 1 FROM import_problem WHERE import_id = $1 AND cells IS NOT NULL", [id]);
const oldValues = (id: string) => sql("SELECT 1 FROM import_old_value WHERE import_id = $1", [id]);

async function undo(importId: string) {
  const { data } = await door().query(
    `mutation ($id: ID!) { undoImport(input: { importId: $id }) { import { status } userErrors { code message } } }`,
    { id: importId },
  );
  return data.undoImport as { userErrors: { message: string }[] };
}

/** An import with a rejected row and one that overwrote something. */
async function ended() {
  const campaignId = await makeCampaign(app);
  await importFile(app, campaignId, "email,name\nada@example.com,Ada\n");
  const file = "email,name\nada@example.com,Ada Birch\nnobody,N\n";
  const { id, rejectedFileUrl } = await importFile(app, campaignId, file, { onDuplicate: "UPDATE" });
  expect([(await rejectedKept(id)).length, (await oldValues(id)).length]).toEqual([1, 1]);
  return { id, rejectedFileUrl: rejectedFileUrl! };
}

describe("of an import", () => {
  test("rejected rows and old values go after some days, and its report stays", async () => {
    const { id, rejectedFileUrl } = await ended();
    const recent = await ended();
    await sql("UPDATE import SET finished_at = now() - interval '8 days' WHERE id = $1", [id]);
    await removeLeftovers(app.database, DAYS);
    expect([(await rejectedKept(id)).length, (await oldValues(id)).length]).toEqual([0, 0]);
    expect([(await rejectedKept(recent.id)).length, (await oldValues(recent.id)).length]).toEqual([1, 1]);
    expect(await importSeen(door(), id)).toMatchObject({ updated: 1, invalid: 1, rejectedFileUrl: null });
    expect(await problemsOf(door(), id)).toMatchObject([{ row: 3, code: "EMAIL_INVALID" }]);
    expect((await door().fetch(rejectedFileUrl)).status).toBe(404);
    expect((await undo(id)).userErrors).toMatchObject([
      { code: "NOT_ALLOWED", message: "It ended too long ago: what it overwrote is not kept any more." },
    ]);
  });

  test("that is undone they go at once", async () => {
    const { id } = await ended();
    expect((await undo(id)).userErrors).toEqual([]);
    expect([(await rejectedKept(id)).length, (await oldValues(id)).length]).toEqual([0, 0]);
    expect(await importSeen(door(), id)).toMatchObject({ status: "UNDONE", rejectedFileUrl: null });
  });
});

describe("of an upload", () => {
  const seen = async (id: string) => {
    const { data } = await door().query(`query ($id: ID!) { upload(id: $id) { status problem bytes } }`, { id });
    return data.upload as { status: string; problem: string | null; bytes: number } | null;
  };

  test("what a web process received before it died goes after two hours, and it waits to be sent again", async () => {
    const { id } = await announceUpload(door());
    const content = await beginContent(app.database, SAMPLE_WORKSPACE_ID, id);
    if (content === null || content === "in use") throw new Error("it was not begun");
    await appendChunk(app.database, content, 0, Buffer.from("email\nada@exa"));
    await removeLeftovers(app.database, DAYS);
    expect(await seen(id)).toMatchObject({ status: "RECEIVING", bytes: 13 });
    await sql("UPDATE upload SET receiving_since = now() - interval '3 hours' WHERE id = $1", [id]);
    await removeLeftovers(app.database, DAYS);
    expect(await seen(id)).toEqual({
      ...{ status: "WAITING", bytes: 0 },
      problem: "The connection broke off before all of the file was here. Send it again.",
    });
    expect(await sql("SELECT 1 FROM upload_chunk WHERE upload_id = $1", [id])).toEqual([]);
  });

  test("however many are old, all of them go, but one that an import is just started with", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 19; i++) ids.push(await uploadFile(door(), "email\nada@example.com\n"));
    // More than one call removes.
    await sql(
      "INSERT INTO upload (id, workspace_id, file_name) SELECT gen_random_uuid(), $1, 'old.csv' FROM generate_series(1, 25)",
      [SAMPLE_WORKSPACE_ID],
    );
    await sql("UPDATE upload SET created_at = now() - interval '8 days'");
    const held = app.database.inWorkspace(SAMPLE_WORKSPACE_ID, async (tx) => {
      await tx.query("SELECT id FROM upload WHERE id = $1 FOR SHARE", [ids[0]]);
      await sleep(1_500);
    });
    await sleep(300);
    await removeLeftovers(app.database, DAYS);
    await held;
    expect(await sql("SELECT id FROM upload")).toEqual([{ id: ids[0] }]);
  });
});

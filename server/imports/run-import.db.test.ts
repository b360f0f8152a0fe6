import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import { newId } from "../platform/id.ts";
import type { Topics } from "../platform/topics.ts";
import { type App, openApp, openDatabase, SAMPLE_WORKSPACE_ID } from "../testing/app.ts";
import { announceUpload, importSeen, makeCampaign, recipientsOf, startImport, uploadFile } from "../testing/imports.ts";
import { takeImport } from "./import.store.ts";
import { OnDuplicate } from "./plan.ts";
import { type ImportHand, runImport } from "./run-import.ts";
import { startImport as startImportAs } from "./start-import.ts";

/** Imports worked on by hand: an installation without workers, and what one does at each moment. */

let app: App;
let worker: Database;
beforeAll(async () => {
  app = await openApp({ workers: 0 });
  worker = await openDatabase(app.databaseUrl, "dispatcher_worker");
});
afterAll(async () => {
  await worker.close();
  await app.stop();
});

const door = () => app.webs[0]!;
const silent = { publish: () => undefined } as unknown as Topics;
const sql = (statement: string, values: unknown[] = [], database = app.database) =>
  database.inWorkspace(SAMPLE_WORKSPACE_ID, (tx) => tx.query(statement, values));

/** A database of which each statement that fits is preceded by something else. */
function interposed(database: Database, fits: RegExp, first: () => Promise<unknown>): Database {
  return {
    ...database,
    inWorkspace: (workspaceId: string, act: (tx: WorkspaceTransaction) => Promise<never>) =>
      database.inWorkspace(workspaceId, (tx) =>
        act({
          ...tx,
          query: async (statement: string, values?: unknown[]) => {
            if (fits.test(statement)) await first();
            return tx.query(statement, values) as never;
          },
        }),
      ),
  };
}

async function started(content: string, input: Record<string, unknown> = {}) {
  const campaignId = await makeCampaign(app);
  const uploadId = await uploadFile(door(), content);
  const { import: made, userErrors } = await startImport(door(), { campaignId, uploadId, ...input });
  if (!made) throw new Error(JSON.stringify(userErrors));
  return { campaignId, uploadId, importId: made.id };
}

const take = (importId: string, leaseMs: number) =>
  takeImport(worker, { workspaceId: SAMPLE_WORKSPACE_ID, importId }, { lease: newId(), leaseMs });

/** Takes an import and brings it to its end, as far as this database lets it come. */
async function work(
  importId: string,
  { database = worker, leaseMs = 10_000, stopping = (): boolean => false } = {},
): Promise<void> {
  const lease = newId();
  const taken = await takeImport(worker, { workspaceId: SAMPLE_WORKSPACE_ID, importId }, { lease, leaseMs });
  const hand: ImportHand = {
    ...{
      database,
      topics: silent,
      lease,
      leaseMs,
      rowsMax: 1_000_000,
      isSending: () => false,
      keptAt: performance.now(),
    },
    get stopping() {
      return stopping();
    },
  };
  await runImport(hand, taken!);
}

const customers = (count: number) => Array.from({ length: count }, (_, i) => `c${i}@example.com`).join("\n");

describe("the file of an import", () => {
  const asked = (campaignId: string, uploadId: string) => ({
    ...{ campaignId, uploadId, columns: null, onDuplicate: OnDuplicate.SKIP, dryRun: false },
  });
  const doors = (database: Database) => ({
    ...{ database, workspaceId: SAMPLE_WORKSPACE_ID, actor: { kind: "token", id: newId(), name: "A test" } as never },
  });

  test("is the one that was looked at: sent anew between the look and the start, it is refused", async () => {
    const campaignId = await makeCampaign(app);
    const { id: uploadId, url } = await announceUpload(door());
    const put = (body: string) =>
      door()
        .fetch(url, { method: "PUT", body })
        .then((answer) => answer.body?.cancel());
    await put("email,name\nada@example.com,Ada\n");
    let sent = false;
    const database = interposed(app.database, /FROM campaign/, async () => {
      if (!sent) await put("name,email\nBo,bo@example.com\n");
      sent = true;
    });
    const { userErrors } = await startImportAs(doors(database), asked(campaignId, uploadId));
    expect(sent).toBe(true);
    expect(userErrors).toMatchObject([
      {
        ...{ code: "NOT_ALLOWED", field: "uploadId" },
        message: "The file was sent again meanwhile. Look at it once more, then import it.",
      },
    ]);
  });

  test("is not removed for newer ones while an import of it is started", async () => {
    const campaignId = await makeCampaign(app);
    const uploadId = await uploadFile(door(), "email\nada@example.com\n");
    const others = async () => {
      for (let i = 0; i < 25; i++) await announceUpload(door());
    };
    const database = interposed(app.database, /INSERT INTO import /, others);
    const { import: made } = await startImportAs(doors(database), asked(campaignId, uploadId));
    await others();
    await work(made!.id);
    expect(await importSeen(door(), made!.id)).toMatchObject({ status: "COMPLETED", accepted: 1 });
  });

  test("that is gone, or of which a part is, ends its import in words, and nothing was imported", async () => {
    const gone = "The file was removed. Upload it again. Nothing was imported.";
    for (const remove of [
      "DELETE FROM upload WHERE id = $1",
      "DELETE FROM upload_chunk WHERE upload_id = $1 AND number > 0",
    ]) {
      const { importId, uploadId, campaignId } = await started(`email\n${customers(40_000)}\n`);
      await sql(remove, [uploadId]);
      await work(importId);
      expect(await importSeen(door(), importId)).toMatchObject({ status: "FAILED", rowsRead: 0, statusReason: gone });
      expect(await recipientsOf(door(), campaignId)).toEqual([]);
    }
  });

  test("that loses a part while it goes in ends its import, and nobody says that nothing was imported", async () => {
    const { importId, uploadId } = await started(`email\n${customers(40_000)}\n`);
    let chunks = 0;
    // Three are read to check it.
    const database = interposed(worker, /FROM upload_chunk/, async () => {
      if (++chunks === 5) await sql("DELETE FROM upload_chunk WHERE upload_id = $1 AND number > 0", [uploadId]);
    });
    await work(importId, { database });
    const seen = await importSeen(door(), importId);
    expect(seen).toMatchObject({ status: "FAILED", statusReason: "The file was removed. Upload it again." });
    expect(seen.rowsRead).toBeGreaterThan(0);
  });

  test("may be gone when its start is repeated: the same key answers with the same import", async () => {
    const idempotencyKey = newId();
    const { importId, uploadId, campaignId } = await started("email\nada@example.com\n", { idempotencyKey });
    await work(importId);
    await sql("DELETE FROM upload WHERE id = $1", [uploadId]);
    const again = await startImport(door(), { campaignId, uploadId, idempotencyKey });
    expect(again).toMatchObject({ import: { id: importId, status: "COMPLETED" }, userErrors: [] });
  });

  test("that came to other rows than when it was checked is not called completed", async () => {
    const { importId } = await started("email\nada@example.com\nbo@example.com\n");
    const taken = await take(importId, 1);
    await sql("UPDATE import SET status = 'importing', rows_total = 3 WHERE id = $1", [taken!.id]);
    await sleep(20);
    await work(importId);
    expect(await importSeen(door(), importId)).toMatchObject({
      ...{ status: "FAILED", rowsRead: 2, statusReason: "It came to other rows than when the file was checked." },
    });
  });
});

describe("an import in hand", () => {
  // Six pieces of the file.
  const BLANK = "\n".repeat(1_300_000);

  /** Brings it to its end under a lease that is always due; answers how often that was renewed, and pieces were read. */
  async function counted(importId: string): Promise<{ renewed: number; pieces: number }> {
    const times = { renewed: 0, pieces: 0 };
    const reading = interposed(worker, /FROM upload_chunk/, () => Promise.resolve(times.pieces++));
    const database = interposed(reading, /SET leased_until/, () => Promise.resolve(times.renewed++));
    await work(importId, { database, leaseMs: 1 });
    return times;
  }

  test("is kept there at each piece of a file that is all blank lines but the last", async () => {
    const { importId } = await started(`email\nada@example.com\n${BLANK}bo@example.com\n`);
    const { renewed, pieces } = await counted(importId);
    expect(pieces).toBeGreaterThan(4);
    expect(renewed).toBeGreaterThanOrEqual(pieces);
    expect(await importSeen(door(), importId)).toMatchObject({ status: "COMPLETED", accepted: 2 });
  });

  test("is kept there while it is read again up to where another left it", async () => {
    const { importId } = await started(`email\nada@example.com\n${BLANK}bo@example.com\n`);
    await sql(
      `UPDATE import SET status = 'importing', rows_total = 2, rows_read = 1, invalid = 1, cursor_row = 1000000 WHERE id = $1`,
      [importId],
    );
    const { renewed, pieces } = await counted(importId);
    expect(pieces).toBeGreaterThan(4);
    expect(renewed).toBeGreaterThanOrEqual(pieces);
    expect(await importSeen(door(), importId)).toMatchObject({ status: "COMPLETED", accepted: 1 });
  });

  test("that gets no further in five tries is given up in words, and a dry run's addresses are forgotten", async () => {
    const { importId } = await started("email\nada@example.com\n", { dryRun: true });
    await sql("UPDATE import SET tries = 5 WHERE id = $1", [importId]);
    await sql(
      `INSERT INTO import_address (workspace_id, import_id, address_key) VALUES ($1, $2, 'ada@example.com')`,
      [...[SAMPLE_WORKSPACE_ID, importId]],
      worker,
    );
    expect(await take(importId, 1_000)).toBeNull();
    expect(await importSeen(door(), importId)).toMatchObject({ status: "FAILED" });
    expect(await sql("SELECT 1 FROM import_address")).toEqual([]);
  });

  test("is given up within a piece of the file when the process is to stop, whatever phase it is in", async () => {
    for (const phase of ["checking", "importing"]) {
      const { importId } = await started(`email\nada@example.com\n${BLANK}bo@example.com\n`);
      await sql(`UPDATE import SET status = $2, rows_total = 2, cursor_row = 9000000 WHERE id = $1`, [importId, phase]);
      let pieces = 0;
      const database = interposed(worker, /FROM upload_chunk/, () => Promise.resolve(pieces++));
      await work(importId, { database, stopping: () => pieces >= 2 });
      expect(pieces).toBe(2);
      expect(await importSeen(door(), importId)).toMatchObject({ status: phase.toUpperCase(), rowsRead: 0 });
    }
  });
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { withEmails, withPhones } from "./customer-file.ts";
import { AT_ONCE } from "./dispatch.ts";
import { median, rounded } from "./figures.ts";
import { peakMegabytesOf } from "./memory.ts";
import type { Channel } from "./rows.store.ts";
import type { Say, Stage } from "./stage.ts";

const MANY = 1_000_000;
const FEW = 10_000;
const ROUNDS = 3;
const WITH_PHONES = 200_000;

const IMPORT_MS_MAX = 300_000;
/** As often as this it is asked whether an import is over. The time it took is that in its row. */
const ASK_MS = 500;

/**
 * A million customers from a file beside COPY of the very rows that came of it, in turns; the memory that a worker
 * needs for them beside that for a few; and how fast phone numbers are read. Each worker's process is a fresh one.
 */
export async function importsPart(stage: Stage, say: Say) {
  const rounds: { overCopy: number; many: number; few: number; phones: number }[] = [];
  const folder = await mkdtemp(join(tmpdir(), "campaign-dispatcher-bench-"));
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const many = await importFresh(stage, withEmails(MANY), MANY);
      const copy = MANY / (await copySeconds(stage, join(folder, "recipients")));
      const few = await importFresh(stage, withEmails(FEW), FEW);
      const phones = await importFresh(stage, withPhones(WITH_PHONES), WITH_PHONES, "sms");
      rounds.push({ overCopy: many.rate / copy, many: many.megabytes, few: few.megabytes, phones: phones.rate });
      say(
        `rows a second: COPY ${rounded(copy)}, import ${rounded(many.rate)}, with phone numbers ${rounded(phones.rate)}; ` +
          `worker's peak memory: of 10,000 ${rounded(few.megabytes)} MB, of a million ${rounded(many.megabytes)} MB`,
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return {
    importOverCopy: rounded(median(rounds.map(({ overCopy }) => overCopy))),
    importPhonesPerSecond: rounded(median(rounds.map(({ phones }) => phones))),
    importMemoryMillionOver10k: rounded(median(rounds.map(({ many }) => many)) / median(rounds.map(({ few }) => few))),
  };
}

/** One import into empty tables by a worker process of its own. */
async function importFresh(stage: Stage, file: Iterable<Buffer>, rows: number, channel: Channel = "email") {
  const uploadId = await upload(stage, file);
  const worker = await stage.startWorker();
  try {
    const seconds = await importOnce(stage, uploadId, channel);
    return { rate: rows / seconds, megabytes: peakMegabytesOf(worker) };
  } finally {
    await stage.end(worker);
  }
}

/** What is in the table of recipients, copied into one like it. */
async function copySeconds(stage: Stage, file: string): Promise<number> {
  const copied = await stage.rows.copyOut(file);
  if (copied !== MANY) throw new Error(`there are ${copied} rows to copy instead of ${MANY}`);
  await stage.rows.only(0, AT_ONCE);
  return stage.rows.copyIn(file);
}

/** Sends a file as a program would; answers the upload's id. */
export async function upload(stage: Stage, file: Iterable<Buffer>): Promise<string> {
  const { createUpload } = await stage.ask<{ createUpload: { upload: { id: string; url: string } } }>(
    `mutation { createUpload(input: { fileName: "customers.csv" }) { upload { id url } userErrors { message } } }`,
    {},
  );
  await stage.put(createUpload.upload.url, file);
  return createUpload.upload.id;
}

/**
 * Imports an upload into an empty campaign among empty tables. Answers the seconds from the call of `startImport`, just
 * before which it says so, to the end that stands in the import's row.
 */
export async function importOnce(
  stage: Stage,
  uploadId: string,
  channel: Channel = "email",
  begins: () => void = () => undefined,
): Promise<number> {
  const campaignId = await stage.rows.only(0, AT_ONCE, channel);
  begins();
  const startedAt = Date.now();
  const importId = await startImport(stage, {
    uploadId,
    campaignId,
    ...(channel === "sms" && { defaultCountry: "DE" }),
  });
  while (Date.now() - startedAt < IMPORT_MS_MAX) {
    await pause(ASK_MS);
    if (AT_WORK.includes((await importSeen(stage, importId)).status)) continue;
    return (((await stage.rows.importedAt(importId)) ?? NaN) - startedAt) / 1000;
  }
  throw new Error(`an import took longer than ${IMPORT_MS_MAX / 1000} s`);
}

export async function startImport(stage: Stage, input: Record<string, unknown>): Promise<string> {
  const { startImport } = await stage.ask<{ startImport: { import: { id: string } } }>(
    `mutation ($input: StartImportInput!) { startImport(input: $input) { import { id } userErrors { message } } }`,
    { input },
  );
  return startImport.import.id;
}

const AT_WORK = ["WAITING", "CHECKING", "IMPORTING"];

export async function importSeen(stage: Stage, id: string): Promise<{ status: string; rowsRead: number }> {
  const { import: seen } = await stage.ask<{ import: { status: string; rowsRead: number } }>(
    `query ($id: ID!) { import(id: $id) { status rowsRead } }`,
    { id },
  );
  return seen;
}

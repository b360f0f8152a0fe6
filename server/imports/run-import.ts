import { setTimeout as sleep } from "node:timers/promises";
import { announce, type Touched } from "../campaigns/announce.ts";
import { lockCampaign } from "../campaigns/campaign.store.ts";
import { applyDelta, type Counters } from "../campaigns/counters.store.ts";
import { isAllowed, refusal } from "../campaigns/lifecycle.ts";
import type { Database, WorkspaceTransaction } from "../platform/database.ts";
import type { Topics } from "../platform/topics.ts";
import { insertRecipients } from "../recipients/recipient.store.ts";
import { suppressionsOf } from "../recipients/suppression.store.ts";
import { customerReader, type ReadRow } from "./customer.ts";
import { FILE_KINDS, type FileFormat } from "./file-format.ts";
import { ImportStatus } from "./import.ts";
import { forgetAddresses, meetAddresses } from "./import-address.store.ts";
import { announceImport } from "./import-news.ts";
import { insertProblems } from "./import-problem.store.ts";
import { type Met, overfullBy, recipientsMet, updateRecipients } from "./import-recipient.store.ts";
import {
  beginImporting,
  completeImport,
  countBatch,
  failImport,
  keepInHand,
  type TakenImport,
} from "./import.store.ts";
import { readJsonLines } from "./json-lines.ts";
import { OnDuplicate } from "./plan.ts";
import { BrokenTableError, readRows, type Row } from "./rows.ts";
import { judge, sortBatch, type Sorted, type Verdicts } from "./sort-batch.ts";
import { uploadedBytes, UploadGoneError } from "./upload.store.ts";

/** What an import has in one worker process. */
export interface ImportHand {
  database: Database;
  topics: Topics;
  lease: string;
  leaseMs: number;
  rowsMax: number;
  isSending: () => boolean;
  /** When the lease was renewed last, by performance.now(). */
  keptAt: number;
  /** True once the process was told to stop: the batch at hand is finished, the next worker goes on behind it. */
  readonly stopping: boolean;
}

/**
 * Brings an import to its end, from wherever it stands: the file is checked, then its rows go in, each batch in one
 * transaction with the cursor behind it. Resolves when the import has ended, is another worker's, or this process is
 * to stop; what it throws is the database's, and the import can be taken up again.
 */
export async function runImport(hand: ImportHand, work: TakenImport): Promise<void> {
  const { contentId, workspaceId, bytes } = work;
  if (bytes === null) return void (await fail(hand, work, FILE_GONE));
  const rows = () =>
    rowsOf(readInHand(hand, work, uploadedBytes(hand.database, { workspaceId, contentId, bytes })), work.plan.format);
  try {
    if (work.status !== ImportStatus.CHECKING || (await check(hand, work, rows())))
      await importRows(hand, work, rows());
  } catch (error) {
    if (error instanceof BrokenTableError || error instanceof CampaignClosedError)
      await fail(hand, work, error.message);
    else if (error instanceof OutOfHandError) return;
    else if (error instanceof UploadGoneError) await fail(hand, work, FILE_GONE);
    else throw error;
  }
}

const FILE_GONE = "The file was removed. Upload it again.";

/** The import is another's now, or this process is to stop. */
class OutOfHandError extends Error {}

/**
 * Between two pieces of the file the lease is renewed by time: rows say little of it where a file is full of blank lines,
 * or is read again up to the cursor. Throws an OutOfHandError.
 */
async function* readInHand(
  hand: ImportHand,
  work: TakenImport,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    if (hand.stopping) throw new OutOfHandError();
    const isDue = performance.now() - hand.keptAt > hand.leaseMs / 3;
    if (isDue && !(await inHand(hand, work, () => Promise.resolve(true)))) throw new OutOfHandError();
    yield piece;
  }
}

/** The header is a row of the file and none of the import. */
async function* rowsOf(bytes: AsyncIterable<Uint8Array>, format: FileFormat): AsyncGenerator<Row[], void> {
  const isTable = format.kind === FILE_KINDS.CSV;
  let header = isTable && format.hasHeader;
  for await (const rows of isTable ? readRows(bytes, format) : readJsonLines(bytes, format)) {
    yield header ? rows.slice(1) : rows;
    header = false;
  }
}

/** Reads to the end. True when rows may go in: the file is whole, has rows, and not too many of them. */
async function check(hand: ImportHand, work: TakenImport, rows: AsyncIterable<Row[]>): Promise<boolean> {
  let total = 0;
  for await (const read of rows) {
    total += read.length;
    if (total > hand.rowsMax)
      return fail(
        hand,
        work,
        `The file has more than ${hand.rowsMax.toLocaleString("en")} rows. Split it into several.`,
      );
  }
  if (total === 0) return fail(hand, work, "There are no rows in this file.");
  const begun = await inHand(hand, work, (tx) => beginImporting(tx, work.id, total).then(() => true));
  announceImport(hand.topics, { importId: work.id });
  return begun === true;
}

async function importRows(hand: ImportHand, work: TakenImport, rows: AsyncGenerator<Row[], void>): Promise<void> {
  const read = customerReader(work.plan, work.channel);
  for await (const batch of oneAhead(batches(rows, work.cursorRow, read))) {
    if (hand.stopping) return;
    const startedAt = performance.now();
    const committed = await inHand(hand, work, (tx) => commitBatch(tx, work, batch));
    if (!committed) return;
    if (committed.counters) announce(hand.topics, committed.counters, committed.touched);
    announceImport(hand.topics, { importId: work.id });
    // People watch a campaign go out; a file may take a little longer. Half of the time is the campaign's.
    if (hand.isSending()) await sleep(performance.now() - startedAt);
  }
  const completed = await inHand(hand, work, async (tx) => {
    if (work.dryRun) await forgetAddresses(tx, work.id);
    return completeImport(tx, work.id);
  });
  if (completed === false) await fail(hand, work, "It came to other rows than when the file was checked.");
  announceImport(hand.topics, { importId: work.id });
}

interface Batch extends Sorted {
  /** The last row of the file that is in it. */
  lastRow: number;
}

async function* batches(
  rows: AsyncIterable<Row[]>,
  cursorRow: number,
  read: (row: Row) => ReadRow,
): AsyncGenerator<Batch, void> {
  for await (const some of rows) {
    const fresh = some.filter(({ number }) => number > cursorRow);
    if (fresh.length > 0) yield { ...(await sortBatch(fresh, read)), lastRow: fresh.at(-1)!.number };
  }
}

/** Lets the next rows be read while the database is busy with these. */
async function* oneAhead<T>(source: AsyncGenerator<T, void>): AsyncGenerator<T> {
  let next = source.next();
  try {
    for (;;) {
      const read = await next;
      if (read.done) return;
      next = source.next();
      next.catch(() => undefined);
      yield read.value;
    }
  } finally {
    await source.return();
  }
}

interface Committed {
  /** There when the campaign changed. */
  counters: Counters | null;
  touched: Touched;
}

/** One batch, inside the caller's transaction. The lock order is the engine's: recipients, then the campaign. */
async function commitBatch(
  tx: WorkspaceTransaction,
  work: TakenImport,
  { lastRow, ...sorted }: Batch,
): Promise<Committed> {
  const { verdicts, added } = work.dryRun ? await tryOut(tx, work, sorted) : await write(tx, work, sorted);
  const { tally, problems } = judge(sorted, verdicts);
  await insertProblems(tx, work.id, problems);
  await countBatch(tx, work.id, tally, lastRow);
  if (added.length === 0 && verdicts.updated.size === 0) return { counters: null, touched: "none" };
  if (work.dryRun) return { counters: null, touched: "none" };
  const counters = await applyDelta(tx, work.campaignId, { total: added.length, queued: added.length });
  if (verdicts.updated.size > 0) return { counters, touched: "all" };
  return { counters, touched: { from: added[0]!, to: added.at(-1)! } };
}

interface Outcome {
  verdicts: Verdicts;
  /** The positions of new recipients, ascending. */
  added: number[];
}

async function write(tx: WorkspaceTransaction, work: TakenImport, { candidates }: Sorted): Promise<Outcome> {
  const ids = { campaignId: work.campaignId, importId: work.id };
  const suppressed = await suppressionsOf(tx, keysOf(candidates));
  const open = candidates.map(({ recipient }) => recipient).filter(({ addressKey }) => !suppressed.has(addressKey));
  const updates = work.plan.onDuplicate === OnDuplicate.UPDATE;
  const overfull = updates ? await overfullBy(tx, ids, open) : NOBODY;
  const fitting = open.filter(({ addressKey }) => !overfull.has(addressKey));
  const met = updates ? await updateRecipients(tx, ids, fitting) : NOBODY_MET;
  await mustBeOpen(tx, work.campaignId);
  const unmet = fitting.filter(({ addressKey }) => !met.updated.has(addressKey) && !met.repeated.has(addressKey));
  const added = await insertRecipients(tx, work.campaignId, unmet, work.id);
  const left = unmet.map(({ addressKey }) => addressKey).filter((key) => !added.has(key));
  const whose = await recipientsMet(tx, ids, left);
  const inCampaign = new Set(left.filter((key) => whose.get(key) !== "file"));
  return {
    verdicts: { suppressed, added: new Set(added.keys()), updated: met.updated, overfull, inCampaign },
    added: [...added.values()].sort((a, b) => a - b),
  };
}

const NOBODY: ReadonlySet<string> = new Set();
const NOBODY_MET: Met = { updated: new Set(), repeated: new Set() };

/** The same verdicts, and nobody is added or changed. */
async function tryOut(tx: WorkspaceTransaction, work: TakenImport, { candidates }: Sorted): Promise<Outcome> {
  const suppressed = await suppressionsOf(tx, keysOf(candidates));
  const open = keysOf(candidates).filter((key) => !suppressed.has(key));
  const fresh = await meetAddresses(tx, work.id, open);
  const updates = work.plan.onDuplicate === OnDuplicate.UPDATE;
  const ids = { campaignId: work.campaignId, importId: work.id };
  const known = await recipientsMet(tx, ids, updates ? [...fresh] : open);
  const firsts = candidates.map(({ recipient }) => recipient).filter(({ addressKey }) => fresh.has(addressKey));
  const overfull = updates ? await overfullBy(tx, ids, firsts) : NOBODY;
  const verdicts = {
    ...{ suppressed, overfull },
    added: new Set([...fresh].filter((key) => !known.has(key))),
    updated: new Set(updates ? [...known.keys()].filter((key) => !overfull.has(key)) : []),
    inCampaign: new Set(updates ? [] : known.keys()),
  };
  return { verdicts, added: [] };
}

function keysOf(candidates: Sorted["candidates"]): string[] {
  return candidates.map(({ recipient }) => recipient.addressKey);
}

/** The campaign was closed to new recipients while its import was under way. */
class CampaignClosedError extends Error {}

/** Locks the campaign. Throws, so that the batch is taken back, where nobody may be added any more. */
async function mustBeOpen(tx: WorkspaceTransaction, campaignId: string): Promise<void> {
  const campaign = await lockCampaign(tx, campaignId);
  if (!campaign) throw new CampaignClosedError("The campaign is gone.");
  if (!isAllowed("addRecipients", campaign.status))
    throw new CampaignClosedError(refusal("addRecipients", campaign.status));
}

/** Ends the import in words, unless it is another's. Always answers false: there is nothing to go on with. */
async function fail(hand: ImportHand, work: TakenImport, words: string): Promise<false> {
  await inHand(hand, work, async (tx) => {
    if (work.dryRun) await forgetAddresses(tx, work.id);
    return failImport(tx, work.id, words);
  });
  announceImport(hand.topics, { importId: work.id });
  return false;
}

/** A transaction under the import's lock; null when it is this worker's no longer (cancelled, or another took over). */
function inHand<T>(
  hand: ImportHand,
  { workspaceId, id }: TakenImport,
  act: (tx: WorkspaceTransaction) => Promise<T>,
): Promise<T | null> {
  return hand.database.inWorkspace(workspaceId, async (tx) => {
    if (!(await keepInHand(tx, id, hand))) return null;
    hand.keptAt = performance.now();
    return act(tx);
  });
}

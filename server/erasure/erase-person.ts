import { AuditAction } from "../accounts/audit-entry.ts";
import { writeDown } from "../accounts/audit.store.ts";
import type { Context } from "../accounts/context.ts";
import { announce } from "../campaigns/announce.ts";
import type { Counters } from "../campaigns/counters.store.ts";
import { checkKey, keyReused } from "../campaigns/idempotency.ts";
import type { WorkspaceTransaction } from "../platform/database.ts";
import { useKey } from "../platform/idempotency.store.ts";
import { newId } from "../platform/id.ts";
import { batchesWith, takeOutOfBatch } from "../dispatch/batch.store.ts";
import { holdAllReminders } from "../feedback/reminder.store.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import { alsoWritten, type Person, personBy } from "./person.ts";
import {
  type Amounts,
  countSkipped,
  eraseCaughtMail,
  eraseImportRows,
  eraseRecipients,
  eraseUploads,
  eraseWebhookAnswers,
  eraseWords,
  fileAtWork,
  fingerprintOf,
  holdEndedImports,
  holdSending,
  lockCounters,
  lockErasures,
  lockTheirs,
  recipientsWhoAre,
  suppressErased,
  type Theirs,
} from "./person.store.ts";

/** It cannot be done now: what was begun is taken back. */
class Refused extends Error {}

interface News {
  counters: Counters;
  positions: number[];
}

/**
 * Erases what the workspace holds about whoever has this address, in one transaction; rows and counts stay. Refuses
 * while a worker has them in hand, and while an import is under way. Done again it erases nothing more.
 */
export async function erasePerson(
  { database, workspaceId, actor, topics }: Context,
  { address, idempotencyKey: key }: { address: string; idempotencyKey?: string | null },
): Promise<{ erased: Amounts | null; userErrors: UserError[] }> {
  const wrongKey = checkKey(key);
  const read = personBy(address);
  if ("problem" in read)
    return refusedWith(userError(UserErrorCode.INVALID, "address", `${read.problem}.`), ...wrongKey);
  if (wrongKey.length > 0) return refusedWith(...wrongKey);

  const news: News[] = [];
  try {
    const erased = await database.inWorkspace(workspaceId, async (tx) => {
      await lockErasures(tx);
      const asked = { key: key ?? "", operation: "erasePerson", input: { address: read.key }, subjectId: newId() };
      if (key && (await useKey(tx, asked)).kind === "reused") return null;
      const amounts = await erase(tx, read, news);
      const fingerprint = await fingerprintOf(tx, read);
      if (Object.values(amounts).some((amount) => amount > 0))
        await writeDown(tx, actor, {
          action: AuditAction.PERSON_ERASED,
          subjectName: `${fingerprint}: ${inWords(amounts)}`,
        });
      return amounts;
    });
    if (!erased) return refusedWith(keyReused());
    for (const { counters, positions } of news) announce(topics, counters, positions);
    return { erased, userErrors: [] };
  } catch (error) {
    if (error instanceof Refused) return refusedWith(userError(UserErrorCode.NOT_ALLOWED, "address", error.message));
    throw error;
  }
}

function refusedWith(...userErrors: UserError[]) {
  return { erased: null, userErrors };
}

async function erase(tx: WorkspaceTransaction, asked: Person, news: News[]): Promise<Amounts> {
  await suppressErased(tx, asked);
  // A step that copies the person into a reminder is waited for, or who it adds would not be found.
  await holdAllReminders(tx);
  const found = await recipientsWhoAre(tx, asked);
  const campaignIds = [...new Set(found.map(({ campaignId }) => campaignId))].sort();
  const held = await holdSending(tx, campaignIds);
  await refuseWhileImporting(tx);
  await holdEndedImports(tx);

  const theirs = await lockThose(tx, found, held);
  await skipWaiting(
    tx,
    theirs.filter(({ status }) => status === "queued"),
    () => eraseRecipients(tx, idsOf(theirs)),
    news,
  );
  const person = alsoWritten(
    asked,
    theirs.flatMap(({ emailGiven }) => emailGiven ?? []),
  );
  const words = await eraseWords(tx, idsOf(theirs));
  const importRows = await eraseImportRows(tx, person, campaignIds);
  const caughtMails = await eraseCaughtMail(tx, person);
  await eraseWebhookAnswers(tx, person);
  const uploads = await eraseUploads(tx);
  // Again: one may have been started with a file that was still there.
  await refuseWhileImporting(tx);
  return { recipients: theirs.length, ...words, importRows, caughtMails, uploads };
}

async function refuseWhileImporting(tx: WorkspaceTransaction): Promise<void> {
  const fileName = await fileAtWork(tx);
  if (fileName === null) return;
  throw new Refused(`“${fileName}” is being imported and may have this person. Wait for its end, or cancel it.`);
}

/** The person's rows under their locks, in no worker's hands and out of every batch. */
async function lockThose(tx: WorkspaceTransaction, found: Theirs[], held: ReadonlySet<string>): Promise<Theirs[]> {
  const batches = await batchesWith(tx, idsOf(found));
  const sending = batches.find(({ isOwned }) => isOwned);
  if (sending)
    throw new Refused(
      `“${sending.campaignName}” is sending to this person at this moment. Try again in a minute, or pause it first.`,
    );
  const theirs = await lockTheirs(tx, idsOf(found));
  // Retried or sent again after it was looked at, so its run is not held here.
  if (theirs.some(({ status, campaignId }) => status === "queued" && !held.has(campaignId)))
    throw new Refused("One of this person's campaigns was started at this moment. Try again.");
  for (const { id, recipientId } of batches) {
    const recipient = theirs.find((one) => one.id === recipientId);
    if (recipient) await takeOutOfBatch(tx, id, recipient);
  }
  return theirs;
}

/** Erases under the locks of the counters that change by it, and counts who waited as skipped. */
async function skipWaiting(
  tx: WorkspaceTransaction,
  waiting: readonly Theirs[],
  eraseAll: () => Promise<void>,
  news: News[],
): Promise<void> {
  const campaignIds = [...new Set(waiting.map(({ campaignId }) => campaignId))].sort();
  await lockCounters(tx, campaignIds);
  await eraseAll();
  for (const campaignId of campaignIds) {
    const waited = waiting.filter((one) => one.campaignId === campaignId);
    const counters = await countSkipped(tx, campaignId, waited);
    news.push({ counters, positions: waited.map(({ position }) => position) });
  }
}

function idsOf(theirs: readonly Theirs[]): string[] {
  return theirs.map(({ id }) => id);
}

function inWords({ recipients, responses, attempts, importRows, oldValues, caughtMails, uploads }: Amounts): string {
  const of = (count: number, one: string, many = `${one}s`) =>
    count > 0 ? [`${count} ${count === 1 ? one : many}`] : [];
  return [
    ...of(recipients, "recipient"),
    ...of(responses, "answer"),
    ...of(attempts, "provider's reply", "provider's replies"),
    ...of(importRows, "row of a report", "rows of reports"),
    ...of(oldValues, "old value"),
    ...of(caughtMails, "caught mail"),
    ...of(uploads, "file"),
  ].join(", ");
}

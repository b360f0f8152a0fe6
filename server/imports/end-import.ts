import { type Actor, writeDown } from "../accounts/audit.store.ts";
import { AuditAction } from "../accounts/audit-entry.ts";
import { announce } from "../campaigns/announce.ts";
import { lockCampaign } from "../campaigns/campaign.store.ts";
import { applyDelta, type Counters } from "../campaigns/counters.store.ts";
import { CampaignStatus, isAllowed } from "../campaigns/lifecycle.ts";
import { type Database, isUuid, type WorkspaceTransaction } from "../platform/database.ts";
import { notFound } from "../platform/errors.ts";
import type { Topics } from "../platform/topics.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import { AT_WORK, type Import, ImportStatus } from "./import.ts";
import { forgetAddresses } from "./import-address.store.ts";
import { announceImport } from "./import-news.ts";
import type { ImportPayload } from "./import-payload.ts";
import { forgetRows } from "./import-problem.store.ts";
import { takeBack } from "./import-recipient.store.ts";
import { changeImportStatus, holdRows, importIn, isImportAtWork, laterImport } from "./import.store.ts";

interface Doors {
  database: Database;
  workspaceId: string;
  actor: Actor;
  topics: Topics;
}

/** Stops an import behind its last batch; what went in stays. One that has ended is left as it is. */
export async function cancelImport(doors: Doors, importId: string): Promise<ImportPayload> {
  const answer = await within(doors, importId, async (tx, work) => {
    const cancelled = await changeImportStatus(tx, importId, { from: AT_WORK, to: ImportStatus.CANCELLED });
    if (cancelled) {
      if (work.dryRun) await forgetAddresses(tx, importId);
      await writeDown(tx, doors.actor, deedOn(work, AuditAction.IMPORT_CANCELLED));
    }
    return [];
  });
  announceImport(doors.topics, { importId });
  return answer;
}

/**
 * Takes an import back, all of it in one transaction: whom it added is gone, whom it updated is as before. Only of a
 * campaign that can still be dispatched, and the newest import first.
 *
 * The campaign is locked before its recipients, the other way round than elsewhere. Whoever locks recipients first is
 * a worker, of a run or of an import; there is none while the campaign is locked here, not dispatched, and no import is
 * at work.
 */
export async function undoImport(doors: Doors, importId: string): Promise<ImportPayload> {
  let changed: Counters | null = null;
  const answer = await within(doors, importId, async (tx, { campaignId }) => {
    const campaign = await lockCampaign(tx, campaignId);
    if (!campaign) throw notFound("campaign", campaignId);
    // Read again under the lock: somebody else may have undone it, or started another, meanwhile.
    const work = (await importIn(tx, importId))!;
    if (work.status === ImportStatus.UNDONE) return [];
    const refused = await refuseUndo(tx, work, campaign.status);
    if (refused) return [userError(UserErrorCode.NOT_ALLOWED, "importId", refused)];
    if (!(await holdRows(tx, importId))) return [userError(UserErrorCode.NOT_ALLOWED, "importId", TOO_LATE)];
    const removed = await takeBack(tx, work);
    await forgetRows(tx, importId);
    await changeImportStatus(tx, importId, { from: [work.status], to: ImportStatus.UNDONE });
    await writeDown(tx, doors.actor, deedOn(work, AuditAction.IMPORT_UNDONE));
    changed = await applyDelta(tx, campaignId, { total: -removed, queued: -removed });
    return [];
  });
  if (changed) announce(doors.topics, changed, "all");
  announceImport(doors.topics, { importId });
  return answer;
}

const TOO_LATE = "It ended too long ago: what it overwrote is not kept any more.";

async function refuseUndo(tx: WorkspaceTransaction, work: Import, status: CampaignStatus): Promise<string | null> {
  if (work.dryRun) return "A dry run changed nothing, so there is nothing to undo.";
  if (AT_WORK.includes(work.status)) return "The import is under way. Cancel it first.";
  if (status === CampaignStatus.CANCELLED)
    return "The campaign is cancelled: nobody of it is written to, and its recipients stay.";
  if (!isAllowed("dispatch", status))
    return "The campaign was dispatched, so its recipients stay. Cancel the campaign if nobody else may be written to.";
  if (await isImportAtWork(tx, work.campaignId))
    return "Another import into this campaign is under way. Wait for its end.";
  const later = await laterImport(tx, work);
  return later === null ? null : `“${later}” was imported after it. Undo that one first.`;
}

async function within(
  { database, workspaceId }: Doors,
  importId: string,
  act: (tx: WorkspaceTransaction, work: Import) => Promise<UserError[]>,
): Promise<ImportPayload> {
  if (!isUuid(importId)) throw notFound("import", importId);
  return database.inWorkspace(workspaceId, async (tx) => {
    const work = await importIn(tx, importId);
    if (!work) throw notFound("import", importId);
    const userErrors = await act(tx, work);
    return { import: await importIn(tx, importId), userErrors };
  });
}

function deedOn({ campaignId, fileName }: Import, action: AuditAction) {
  return { action, subjectId: campaignId, subjectName: fileName };
}

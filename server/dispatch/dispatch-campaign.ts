import { type Actor, writeDown } from "../accounts/audit.store.ts";
import { AuditAction } from "../accounts/audit-entry.ts";
import { announce } from "../campaigns/announce.ts";
import { campaignIn, changeStatus, lockCampaign } from "../campaigns/campaign.store.ts";
import { CampaignPayload } from "../campaigns/campaign-payload.ts";
import { applyDelta, readCounters } from "../campaigns/counters.store.ts";
import { checkKey, keyReused } from "../campaigns/idempotency.ts";
import {
  ALLOWED_FROM,
  type CampaignAction,
  CampaignStatus,
  isAllowed,
  isAlreadyDone,
  refusal,
} from "../campaigns/lifecycle.ts";
import { type Database, isUuid, type WorkspaceTransaction } from "../platform/database.ts";
import { notFound } from "../platform/errors.ts";
import { forgetKey, useKey } from "../platform/idempotency.store.ts";
import type { Topics } from "../platform/topics.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import type { Doorbell } from "./doorbell.ts";
import { activeRun, requeueFailed, startRun } from "./run.store.ts";

/** What a caller asks of a campaign; `idempotencyKey` makes a repeated call harmless for 24 hours. */
interface Request {
  campaignId: string;
  idempotencyKey?: string | null;
}

/** What is decided here; adding recipients is decided in recipients/. */
type Decision = Exclude<CampaignAction, "addRecipients">;

interface Doors {
  database: Database;
  workspaceId: string;
  actor: Actor;
  topics: Topics;
  doorbell: Doorbell;
}

/** Starts sending. Of any number of calls at once one starts the run; the others answer with the same campaign. */
export function dispatchCampaign(doors: Doors, request: Request): Promise<CampaignPayload> {
  return decide(doors, "dispatch", request, async (tx, { total }) => {
    if (total === 0)
      return [
        userError(UserErrorCode.NO_RECIPIENTS, "campaignId", "Add recipients first: there is nobody to send to."),
      ];
    await become(doors, tx, "dispatch", request.campaignId, CampaignStatus.PROCESSING);
    await startRun(tx, request.campaignId, "first");
    return [];
  });
}

/** Stops opening new sends at each worker's next mark; what is open is settled, nobody is lost. */
export function pauseCampaign(doors: Doors, request: Request): Promise<CampaignPayload> {
  return decide(doors, "pause", request, (tx) => become(doors, tx, "pause", request.campaignId, CampaignStatus.PAUSED));
}

export function resumeCampaign(doors: Doors, request: Request): Promise<CampaignPayload> {
  return decide(doors, "resume", request, (tx) =>
    become(doors, tx, "resume", request.campaignId, CampaignStatus.PROCESSING),
  );
}

/** Stops for good. Workers skip whoever was not sent to; a campaign without a run gets one for just that. */
export function cancelCampaign(doors: Doors, request: Request): Promise<CampaignPayload> {
  return decide(doors, "cancel", request, async (tx) => {
    await startRun(tx, request.campaignId, "first");
    return become(doors, tx, "cancel", request.campaignId, CampaignStatus.CANCELLED);
  });
}

/** A new run over the failed recipients only; the total stays what it was. */
export function retryFailedRecipients(doors: Doors, request: Request): Promise<CampaignPayload> {
  return decide(doors, "retryFailed", request, async (tx, { failed }) => {
    if (failed === 0)
      return [userError(UserErrorCode.NO_RECIPIENTS, "campaignId", "No recipient of this campaign has failed.")];
    await startRun(tx, request.campaignId, "retry");
    const requeued = await requeueFailed(tx, request.campaignId);
    await become(doors, tx, "retryFailed", request.campaignId, CampaignStatus.PROCESSING);
    await applyDelta(tx, request.campaignId, { failed: -requeued, queued: requeued });
    return [];
  });
}

const DEEDS: Record<Decision, AuditAction> = {
  dispatch: AuditAction.CAMPAIGN_DISPATCHED,
  pause: AuditAction.CAMPAIGN_PAUSED,
  resume: AuditAction.CAMPAIGN_RESUMED,
  cancel: AuditAction.CAMPAIGN_CANCELLED,
  retryFailed: AuditAction.FAILED_RETRIED,
};

/** The frame of every decision: one transaction, the key, the campaign's lock, the table of what is allowed. */
async function decide(
  { database, workspaceId, actor, topics, doorbell }: Doors,
  action: Decision,
  { campaignId, idempotencyKey }: Request,
  act: (tx: WorkspaceTransaction, campaign: { total: number; failed: number }) => Promise<UserError[]>,
): Promise<CampaignPayload> {
  if (!isUuid(campaignId)) throw notFound("campaign", campaignId);
  const { payload, counters } = await database.inWorkspace(workspaceId, async (tx) => {
    const userErrors = await decideIn(tx);
    const campaign = await campaignIn(tx, campaignId);
    return { payload: { campaign, userErrors }, counters: await readCounters(tx, campaignId) };
  });
  if (counters && payload.userErrors.length === 0) announce(topics, counters, "all");
  doorbell.ring(campaignId);
  return payload;

  async function decideIn(tx: WorkspaceTransaction): Promise<UserError[]> {
    const wrongKey = checkKey(idempotencyKey);
    if (wrongKey.length > 0) return wrongKey;
    const campaign = await lockCampaign(tx, campaignId);
    if (!campaign) throw notFound("campaign", campaignId);
    const { status } = campaign;
    if (idempotencyKey) {
      const use = await useKey(tx, {
        key: idempotencyKey,
        operation: action,
        input: { campaignId },
        subjectId: campaignId,
      });
      if (use.kind === "reused") return [keyReused()];
      if (use.kind === "repeated") return [];
    }
    // A first run that is under way is no retry: who failed in it can be retried once it is completed.
    const repeats = isAlreadyDone(action, status);
    if (repeats && (action !== "retryFailed" || (await activeRun(tx, campaignId)) === "retry")) return [];
    const refused = isAllowed(action, status)
      ? await act(tx, campaign)
      : [userError(UserErrorCode.NOT_ALLOWED, "campaignId", refusal(action, status))];
    if (refused.length > 0 && idempotencyKey) await forgetKey(tx, idempotencyKey);
    if (refused.length === 0)
      await writeDown(tx, actor, { action: DEEDS[action], subjectId: campaignId, subjectName: campaign.name });
    return refused;
  }
}

async function become(
  { actor }: Doors,
  tx: WorkspaceTransaction,
  action: CampaignAction,
  campaignId: string,
  to: CampaignStatus,
): Promise<UserError[]> {
  await changeStatus(tx, campaignId, { from: ALLOWED_FROM[action], to, by: actor.name });
  return [];
}

import { type Actor, writeDown } from "../accounts/audit.store.ts";
import { AuditAction } from "../accounts/audit-entry.ts";
import { announce } from "../campaigns/announce.ts";
import { campaignIn, changeStatus, lockCampaign, type LockedCampaign } from "../campaigns/campaign.store.ts";
import { CampaignPayload } from "../campaigns/campaign-payload.ts";
import { readCounters } from "../campaigns/counters.store.ts";
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
import { activeRun } from "./run.store.ts";

/** What a caller asks of a campaign; `idempotencyKey` makes a repeated call harmless for 24 hours. */
export interface Request {
  campaignId: string;
  idempotencyKey?: string | null;
}

/** What is decided here; adding recipients is decided in recipients/. */
export type Decision = Exclude<CampaignAction, "addRecipients">;

export interface Doors {
  database: Database;
  workspaceId: string;
  actor: Actor;
  topics: Topics;
  doorbell: Doorbell;
}

const DEEDS: Record<Decision, AuditAction> = {
  dispatch: AuditAction.CAMPAIGN_DISPATCHED,
  schedule: AuditAction.CAMPAIGN_SCHEDULED,
  unschedule: AuditAction.CAMPAIGN_UNSCHEDULED,
  pause: AuditAction.CAMPAIGN_PAUSED,
  resume: AuditAction.CAMPAIGN_RESUMED,
  cancel: AuditAction.CAMPAIGN_CANCELLED,
  retryFailed: AuditAction.FAILED_RETRIED,
  resendUnconfirmed: AuditAction.UNCONFIRMED_RESENT,
  changeLimits: AuditAction.CAMPAIGN_LIMITS_CHANGED,
  setReminders: AuditAction.REMINDERS_SET,
};

/** Which run a decision begins: asking again while it is under way is a repetition. */
const RUN_OF: Partial<Record<Decision, "retry" | "resend">> = { retryFailed: "retry", resendUnconfirmed: "resend" };

/**
 * The frame of every decision about a campaign: one transaction, the key, the campaign's lock, the table of what is
 * allowed, the audit log; afterwards watchers are told and workers are rung. `lockFirst` takes what comes before the
 * campaign in the order of locks.
 */
export async function decide(
  { database, workspaceId, actor, topics, doorbell }: Doors,
  action: Decision,
  { campaignId, idempotencyKey, ...input }: Request,
  act: (tx: WorkspaceTransaction, campaign: LockedCampaign) => Promise<UserError[]>,
  lockFirst: (tx: WorkspaceTransaction) => Promise<void> = () => Promise.resolve(),
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
    await lockFirst(tx);
    const campaign = await lockCampaign(tx, campaignId);
    if (!campaign) throw notFound("campaign", campaignId);
    const { status } = campaign;
    if (idempotencyKey) {
      const whole = { campaignId, ...input };
      const use = await useKey(tx, { key: idempotencyKey, operation: action, input: whole, subjectId: campaignId });
      if (use.kind === "reused") return [keyReused()];
      if (use.kind === "repeated") return [];
    }
    // A first run that is under way is no retry: who failed in it can be retried once it is completed.
    const run = RUN_OF[action];
    if (isAlreadyDone(action, status) && (!run || (await activeRun(tx, campaignId)) === run)) return [];
    const refused = isAllowed(action, status)
      ? await act(tx, campaign)
      : [userError(UserErrorCode.NOT_ALLOWED, "campaignId", refusal(action, status))];
    if (refused.length > 0 && idempotencyKey) await forgetKey(tx, idempotencyKey);
    if (refused.length === 0)
      await writeDown(tx, actor, { action: DEEDS[action], subjectId: campaignId, subjectName: campaign.name });
    return refused;
  }
}

/** Moves the campaign there in the name of whoever decided it. */
export async function become(
  { actor }: Pick<Doors, "actor">,
  tx: WorkspaceTransaction,
  action: CampaignAction,
  campaignId: string,
  to: CampaignStatus,
): Promise<UserError[]> {
  await changeStatus(tx, campaignId, { from: ALLOWED_FROM[action], to, by: actor.name });
  return [];
}

/**
 * pending     made, may still get recipients; nothing has left
 * scheduled   will start by itself at a time
 * processing  a run sends, or waits for retries
 * paused      a run stands still; what was open when it was paused is settled, nothing new starts
 * completed   no recipient is queued and none is in a batch (computed from rows); retryFailed starts a new run
 * cancelled   for good; whoever was not sent to becomes `skipped`
 */
export enum CampaignStatus {
  PENDING = "pending",
  SCHEDULED = "scheduled",
  PROCESSING = "processing",
  PAUSED = "paused",
  COMPLETED = "completed",
  CANCELLED = "cancelled",
}

export type CampaignAction =
  | "dispatch"
  | "schedule"
  | "unschedule"
  | "pause"
  | "resume"
  | "cancel"
  | "retryFailed"
  | "resendUnconfirmed"
  | "changeLimits"
  | "setReminders"
  | "addRecipients";

const { PENDING, SCHEDULED, PROCESSING, PAUSED, COMPLETED, CANCELLED } = CampaignStatus;

/** From which statuses an action is allowed. Every guard, in SQL and in words, reads this table. */
export const ALLOWED_FROM: Record<CampaignAction, readonly CampaignStatus[]> = {
  dispatch: [PENDING, SCHEDULED],
  schedule: [PENDING, SCHEDULED],
  unschedule: [SCHEDULED],
  pause: [PROCESSING],
  resume: [PAUSED],
  cancel: [PENDING, SCHEDULED, PROCESSING, PAUSED],
  retryFailed: [COMPLETED],
  resendUnconfirmed: [COMPLETED],
  changeLimits: [PENDING, SCHEDULED, PROCESSING, PAUSED, COMPLETED],
  setReminders: [PENDING, SCHEDULED, PROCESSING, PAUSED, COMPLETED],
  addRecipients: [PENDING, SCHEDULED, PROCESSING, PAUSED],
};

/** The status that an action has already brought about: asking for it again changes nothing and is no error. */
const ALREADY: Partial<Record<CampaignAction, readonly CampaignStatus[]>> = {
  dispatch: [PROCESSING],
  unschedule: [PENDING],
  pause: [PAUSED],
  resume: [PROCESSING],
  cancel: [CANCELLED],
  retryFailed: [PROCESSING],
  resendUnconfirmed: [PROCESSING],
};

export function isAllowed(action: CampaignAction, status: CampaignStatus): boolean {
  return ALLOWED_FROM[action].includes(status);
}

/** True where the action would only repeat itself: two clicks, a retried request. */
export function isAlreadyDone(action: CampaignAction, status: CampaignStatus): boolean {
  return ALREADY[action]?.includes(status) ?? false;
}

/** Why an action is refused, and what to do instead, for a person. */
export function refusal(action: CampaignAction, status: CampaignStatus): string {
  return `${SENTENCES[action]} It is ${status}. ${WHAT_TO_DO[status]}`;
}

/** Why nobody is added to a campaign by a call or a file; null: it takes them. */
export function whyNobodyIsAdded({
  status,
  isReminder,
}: {
  status: CampaignStatus;
  isReminder: boolean;
}): string | null {
  if (isReminder) return "A reminder's recipients come by themselves: those of its campaign who have not answered.";
  return isAllowed("addRecipients", status) ? null : refusal("addRecipients", status);
}

const SENTENCES: Record<CampaignAction, string> = {
  dispatch: "Only a campaign that has not started can be dispatched.",
  schedule: "Only a campaign that has not started can be scheduled.",
  unschedule: "Only a scheduled campaign can be taken off the schedule.",
  pause: "Only a campaign that is sending can be paused.",
  resume: "Only a paused campaign can be resumed.",
  cancel: "This campaign cannot be cancelled any more.",
  retryFailed: "Failed recipients can be retried once the campaign is completed.",
  resendUnconfirmed: "Unconfirmed messages can be sent again once the campaign is completed.",
  changeLimits: "The limits of this campaign cannot be changed any more.",
  setReminders: "A campaign that was cancelled reminds nobody.",
  addRecipients: "Nobody can be added to this campaign any more.",
};

const WHAT_TO_DO: Record<CampaignStatus, string> = {
  pending: "Dispatch it to start sending.",
  scheduled: "Dispatch it to start at once.",
  processing: "Pause or cancel it, or wait until it is completed.",
  paused: "Resume it to go on.",
  completed: "Retry its failed recipients, or create a new campaign for others.",
  cancelled: "Create a new campaign.",
};

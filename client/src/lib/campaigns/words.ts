import { count, counted } from "../ui/numbers.ts";
import type { Campaign, Progress } from "./documents.ts";

export type CampaignStatus = Campaign["status"];
type State = Pick<
  Progress,
  | "status"
  | "statusReason"
  | "statusBy"
  | "total"
  | "queued"
  | "retrying"
  | "sending"
  | "sent"
  | "failed"
  | "skipped"
  | "unconfirmed"
>;

/** Where a campaign stands, as a sentence: with the cause where there is one, and never a bare "finished". */
export function stateInWords(state: State): string {
  const by = state.statusBy ? ` by ${state.statusBy}` : "";
  const because = by + (state.statusReason ? `: ${state.statusReason}` : "");
  const left = unsent(state);
  switch (state.status) {
    case "PENDING":
      return state.total === 0 ? "Needs recipients" : `Ready to send to ${counted(state.total, "recipient")}`;
    case "SCHEDULED":
      return `Scheduled${because}`;
    case "PROCESSING":
      return state.queued + state.sending === 0 && state.retrying > 0
        ? `Waiting to try ${counted(state.retrying, "recipient")} again`
        : "Sending";
    case "PAUSED":
      return state.sending > 0 ? `Pausing… ${count(state.sending)} in flight` : `Paused${because}`;
    case "CANCELLED":
      return left > 0
        ? `Cancelling… ${count(left)} left to skip`
        : `Cancelled${by}: ${count(state.sent)} sent, ${count(state.total - state.sent)} not`;
    case "COMPLETED":
      return `Completed${outcome(state)}`;
  }
}

function outcome({ total, sent, failed, skipped, unconfirmed }: State): string {
  if (sent === total) return total === 1 ? ": the one recipient was sent to" : `: all ${count(total)} sent`;
  const missing = [
    failed > 0 && counted(failed, "failure"),
    unconfirmed > 0 && `${count(unconfirmed)} that could not be confirmed`,
    skipped > 0 && `${count(skipped)} skipped`,
  ].filter(Boolean);
  return ` with ${missing.join(", ")}`;
}

/** The one thing to do next. Adding recipients and duplicating are pages, the others are done at once. */
export type NextAction = "addRecipients" | "dispatch" | "pause" | "resume" | "retryFailed" | "duplicate";

export function nextAction({ status, failed, total }: Pick<Progress, "status" | "failed" | "total">): NextAction {
  switch (status) {
    case "PENDING":
    case "SCHEDULED":
      return total > 0 ? "dispatch" : "addRecipients";
    case "PROCESSING":
      return "pause";
    case "PAUSED":
      return "resume";
    case "COMPLETED":
      return failed > 0 ? "retryFailed" : "duplicate";
    case "CANCELLED":
      return "duplicate";
  }
}

export function actionInWords(action: NextAction, { failed }: Pick<Progress, "failed">): string {
  const words: Record<NextAction, string> = {
    addRecipients: "Add recipients",
    dispatch: "Dispatch",
    pause: "Pause",
    resume: "Resume",
    retryFailed: `Retry ${count(failed)} failed`,
    duplicate: "Duplicate",
  };
  return words[action];
}

/** Whoever has not been sent to and still could be. */
export function unsent({ queued, retrying, sending }: Pick<Progress, "queued" | "retrying" | "sending">): number {
  return queued + retrying + sending;
}

/** "about 40 s", "about 3 min", "about 2 h"; null for what is not known or too long to be worth a guess. */
export function etaInWords(seconds: number | null): string | null {
  if (seconds === null || seconds > 48 * 3600) return null;
  if (seconds < 90) return `about ${Math.max(5, Math.ceil(seconds / 5) * 5)} s`;
  if (seconds < 90 * 60) return `about ${Math.round(seconds / 60)} min`;
  return `about ${Math.round(seconds / 3600)} h`;
}

/** "212 a second", "4.2 a second", "18 a minute". */
export function rateInWords(perSecond: number): string {
  if (perSecond >= 10) return `${count(Math.round(perSecond))} a second`;
  if (perSecond >= 1) return `${(Math.round(perSecond * 10) / 10).toFixed(1)} a second`;
  return perSecond > 0 ? `${count(Math.max(1, Math.round(perSecond * 60)))} a minute` : "0 a second";
}

import { count, counted } from "../ui/numbers.ts";
import { timeInZone } from "../ui/times.ts";
import type { Campaign, HeldBy, Progress } from "./documents.ts";
import { capPerSecond, type Throttle, throttleInWords } from "./going-out.ts";

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

/** Rules under which it still moves, only more slowly. */
const SLOWED: HeldBy["rule"][] = ["THROTTLE", "LIMIT"];

/** What a campaign keeps to and waits for. */
export interface Waits {
  heldBy: HeldBy | null;
  throttle: Throttle | null;
  now: Date;
}

/** Where a campaign stands, as a sentence: with the cause where there is one, and never a bare "finished". */
export function stateInWords(state: State, waits: Waits | null = null): string {
  const by = state.statusBy ? ` by ${state.statusBy}` : "";
  const left = unsent(state);
  switch (state.status) {
    case "PENDING":
      return state.total === 0 ? "Needs recipients" : `Ready to send to ${counted(state.total, "recipient")}`;
    case "SCHEDULED":
      return startInWords(waits);
    case "PROCESSING":
      return sendingInWords(state, waits);
    case "PAUSED":
      if (state.sending > 0) return `Pausing… ${count(state.sending)} in flight`;
      return state.statusReason ? `Paused${by || " by itself"}: ${state.statusReason}` : `Paused${by}`;
    case "CANCELLED":
      return left > 0
        ? `Cancelling… ${count(left)} left to skip`
        : `Cancelled${by}: ${count(state.sent)} sent, ${count(state.total - state.sent)} not`;
    case "COMPLETED":
      return `Completed${outcome(state)}`;
  }
}

function startInWords(waits: Waits | null): string {
  const held = waits?.heldBy;
  if (!waits || held?.rule !== "SCHEDULE" || !held.until) return "Scheduled";
  return `Starts ${timeInZone(new Date(held.until), held.because ?? "UTC", waits.now)}`;
}

function sendingInWords(state: State, waits: Waits | null): string {
  const held = waits?.heldBy;
  switch (held?.rule) {
    case "NO_WORKER":
      return "Waiting: no worker is running";
    case "QUIET_HOURS":
      return held.because && held.until
        ? `Waiting for quiet hours, resumes ${timeInZone(new Date(held.until), held.because, waits!.now)}`
        : "Waiting for the quiet hours of the recipients";
    case "NOT_DUE":
      return "Waiting until the next customers are due";
    case "LIMIT":
      return "Waiting for the limit of the transport";
    case "CIRCUIT":
      return `Waiting for the transport${held.because ? `: ${held.because}` : ""}`;
  }
  if (hasOnlyRetries(state)) return `Waiting to try ${counted(state.retrying, "recipient")} again`;
  return waits?.throttle ? `Sending at most ${throttleInWords(waits.throttle)}` : "Sending";
}

/** When what it waits for is over, where the sentence does not say it: a time to be shown by the reader's clock. */
export function waitsUntil(state: State, held: HeldBy | null): string | null {
  if (state.status !== "PROCESSING" || !held || held.rule === "THROTTLE") return null;
  // What it waits for was asked for at another moment than the figures were told: it may be sending again.
  if (held.rule === "RETRY" && !hasOnlyRetries(state)) return null;
  return held.rule === "QUIET_HOURS" && held.because !== null ? null : held.until;
}

function hasOnlyRetries({ queued, sending, retrying }: State): boolean {
  return queued + sending === 0 && retrying > 0;
}

/** Whether it stands still for something that is not its own speed. */
export function standsStill({ status }: Pick<State, "status">, held: HeldBy | null): boolean {
  return status === "PROCESSING" && held !== null && !SLOWED.includes(held.rule);
}

function outcome({ total, sent, failed, skipped, unconfirmed }: State): string {
  if (sent === total) return total === 1 ? ": the one recipient was sent to" : `: all ${count(total)} sent`;
  const missing = [
    failed > 0 && counted(failed, "failure"),
    unconfirmed > 0 && `${count(unconfirmed)} unconfirmed`,
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

export function actionInWords(action: NextAction, { failed, status }: Pick<Progress, "failed" | "status">): string {
  const words: Record<NextAction, string> = {
    addRecipients: "Add recipients",
    dispatch: status === "SCHEDULED" ? "Dispatch now" : "Dispatch",
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

/**
 * Seconds until the queue is empty, as far as anybody can say: never sooner than the throttle allows, and null while
 * it waits for something that is not its own speed.
 */
export function secondsLeft(
  { status, queued, sending, etaSeconds }: Pick<Progress, "status" | "queued" | "sending" | "etaSeconds">,
  { heldBy, throttle }: Pick<Waits, "heldBy" | "throttle">,
): number | null {
  if (status !== "PROCESSING" || standsStill({ status }, heldBy)) return null;
  if (!throttle || queued === 0) return etaSeconds;
  const byThrottle = (queued + sending) / capPerSecond(throttle);
  // A few messages a minute: what was measured over the last seconds says nothing.
  return capPerSecond(throttle) < 1 ? byThrottle : Math.max(byThrottle, etaSeconds ?? 0);
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

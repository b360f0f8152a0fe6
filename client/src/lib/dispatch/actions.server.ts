import { fail, redirect, type RequestEvent } from "@sveltejs/kit";
import { valuesOf } from "../api/form.ts";
import { request } from "../api/request.ts";
import { ScheduleCampaign, SetReminders } from "../campaigns/documents.ts";
import {
  failureShareInput,
  type GoingOutFields,
  quietInput,
  startInput,
  throttleInput,
} from "../campaigns/going-out.ts";
import { type ReminderFields, reminderProblem, remindersInput } from "../campaigns/reminders.ts";
import type { FailureReason } from "../recipients/documents.ts";
import { readReason } from "../recipients/failure-reason.ts";
import {
  Cancel,
  Dispatch,
  Pause,
  ResendUnconfirmed,
  Resume,
  RetryFailed,
  SetFailureLimit,
  SetQuietHours,
  SetThrottle,
} from "./documents.ts";
import { suppressFailed } from "./suppress-failed.server.ts";

type Asked = RequestEvent<{ id: string }>;
type Refused = { userErrors: { message: string }[] };
type Fetch = typeof globalThis.fetch;

/** The campaign's buttons and forms as posts, so that they work without JavaScript as well. */
export const campaignActions = {
  dispatch: (event: Asked) =>
    act(event, async (fetch, campaignId) => (await request(fetch, Dispatch, { campaignId })).dispatchCampaign),
  pause: (event: Asked) =>
    act(event, async (fetch, campaignId) => (await request(fetch, Pause, { campaignId })).pauseCampaign),
  resume: (event: Asked) =>
    act(event, async (fetch, campaignId) => (await request(fetch, Resume, { campaignId })).resumeCampaign),
  cancel: (event: Asked) =>
    act(event, async (fetch, campaignId) => (await request(fetch, Cancel, { campaignId })).cancelCampaign),
  retryFailed: (event: Asked) =>
    act(event, async (fetch, campaignId, values) => {
      const reasons = reasonsIn(values);
      // An empty list would be read as nobody by one and as everybody by another.
      if (reasons.length === 0) return refused("Choose at least one reason to retry.");
      return (await request(fetch, RetryFailed, { campaignId, reasons })).retryFailedRecipients;
    }),
  resendUnconfirmed: (event: Asked) =>
    act(
      event,
      async (fetch, campaignId) => (await request(fetch, ResendUnconfirmed, { campaignId })).resendUnconfirmed,
    ),
  schedule: (event: Asked) =>
    act(event, async (fetch, campaignId, values) => {
      const at = startInput({ ...values, start: "at" });
      if (!at?.at) return refused("Say at which time it is to start.");
      return (await request(fetch, ScheduleCampaign, { input: { campaignId, ...at } })).scheduleCampaign;
    }),
  unschedule: (event: Asked) =>
    act(
      event,
      async (fetch, campaignId) =>
        (await request(fetch, ScheduleCampaign, { input: { campaignId, at: null } })).scheduleCampaign,
    ),
  setThrottle: (event: Asked) =>
    act(event, async (fetch, campaignId, values) => {
      const input = { campaignId, throttle: throttleInput(values) };
      return (await request(fetch, SetThrottle, { input })).setThrottle;
    }),
  setQuietHours: (event: Asked) =>
    act(event, async (fetch, campaignId, values) => {
      const input = { campaignId, quietHours: quietInput(values) ?? null };
      return (await request(fetch, SetQuietHours, { input })).setQuietHours;
    }),
  setFailureLimit: (event: Asked) =>
    act(event, async (fetch, campaignId, values) => {
      const input = { campaignId, share: failureShareInput(values) };
      return (await request(fetch, SetFailureLimit, { input })).setFailureLimit;
    }),
  setReminders: (event: Asked) =>
    act(event, async (fetch, campaignId, values) => {
      const problem = reminderProblem(values);
      if (problem) return refused(problem);
      const input = { campaignId, reminders: remindersInput(values) };
      return (await request(fetch, SetReminders, { input })).setReminders;
    }),
  /** Answers in words: it changes nothing that the page shows. Doing it again is harmless. */
  suppress: async ({ fetch, params, request: post }: Asked) => {
    const reason = readReason((await valuesOf(post))["reason"]);
    if (!reason) return fail(400, { refused: "There is no such reason." });
    return { refused: null, done: await suppressFailed(fetch, params.id, reason) };
  },
};

async function act(
  { fetch, params, request: post }: Asked,
  ask: (fetch: Fetch, campaignId: string, values: Partial<GoingOutFields & ReminderFields>) => Promise<Refused>,
) {
  const { userErrors } = await ask(fetch, params.id, await valuesOf(post));
  if (userErrors.length > 0) return fail(409, { refused: userErrors.map((error) => error.message).join(" ") });
  // A page that was posted to would be posted to again by a reload; what is asked for by a script stays where it is.
  if (post.headers.get("x-sveltekit-action") !== "true") redirect(303, `/campaigns/${params.id}`);
  return { refused: null };
}

/** Each reason is a box of its own, ticked or not there. */
function reasonsIn(values: Record<string, unknown>): FailureReason[] {
  return Object.keys(values).flatMap((name) => readReason(/^reason-(\w+)$/.exec(name)?.[1]) ?? []);
}

function refused(message: string): Refused {
  return { userErrors: [{ message }] };
}

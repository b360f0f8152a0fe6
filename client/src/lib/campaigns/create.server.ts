import { fail, redirect, type RequestEvent } from "@sveltejs/kit";
import { valuesOf } from "../api/form.ts";
import { request } from "../api/request.ts";
import { addInCalls, type AddingReport } from "../recipients/adding.ts";
import { type AudienceFields, readAudience } from "../recipients/audience.ts";
import { AddRecipients } from "../recipients/documents.ts";
import type { Pasted } from "../recipients/pasted.ts";
import { type CreateFields, createInput, previewInput, problemsByField } from "./create-form.ts";
import { CreateCampaign, type Preview, PreviewMessage, ScheduleCampaign, SetReminders } from "./documents.ts";
import { startInput } from "./going-out.ts";
import { reminderProblem, remindersInput } from "./reminders.ts";

/** What a form was answered with: its values again, and what was wrong with which, or who was left out. */
export interface FormAnswer {
  values: Record<string, string>;
  /** By the name of the form's field; "" is the form as a whole. */
  problems: Record<string, string>;
  /** The message as one customer would get it. */
  preview?: Preview;
  /** What was done although somebody was left out. */
  done?: { campaignId: string; report: AddingReport; unscheduled: string | null; unreminded: string | null };
}

/** Making a campaign where no script runs: everything in one post. */
export const createActions = {
  default: async ({ request: post, fetch }: RequestEvent) => {
    const values = await valuesOf(post);
    const audience = readAudience(values as Partial<AudienceFields>);
    const preview = () => firstLook(fetch, values, "recipients" in audience ? audience.recipients[0] : undefined);
    if ("problem" in audience) {
      return fail(400, { ...refusal(values, { [audience.field]: audience.problem }), preview: await preview() });
    }
    const start = startInput(values);
    if (start?.at === "") {
      const problems = { startAt: "Say at which time it is to start." };
      return fail(400, { ...refusal(values, problems), preview: await preview() });
    }
    const unordered = reminderProblem(values);
    if (unordered) return fail(400, { ...refusal(values, { after2: unordered }), preview: await preview() });
    // Two clicks on the button make one campaign.
    const input = createInput(values, values["formId"] || null);
    const { createCampaign } = await request(fetch, CreateCampaign, { input });
    const campaignId = createCampaign.campaign?.id;
    if (!campaignId) {
      const problems = problemsByField(createCampaign.userErrors);
      return fail(400, { ...refusal(values, problems), preview: await preview() });
    }
    const reminders = remindersInput(values);
    return add(fetch, campaignId, audience.recipients, values, {
      unreminded: async () => {
        if (reminders.length === 0) return null;
        const { setReminders } = await request(fetch, SetReminders, { input: { campaignId, reminders } });
        return setReminders.userErrors[0]?.message ?? null;
      },
      unscheduled: async () => {
        if (!start) return null;
        const { scheduleCampaign } = await request(fetch, ScheduleCampaign, { input: { campaignId, ...start } });
        return scheduleCampaign.userErrors[0]?.message ?? null;
      },
    });
  },
};

/** Adding recipients where no script runs. */
export const addActions = {
  default: async ({ request: post, fetch, params }: RequestEvent<{ id: string }>) => {
    const values = await valuesOf(post);
    const audience = readAudience(values as Partial<AudienceFields>);
    if ("problem" in audience) return fail(400, refusal(values, { [audience.field]: audience.problem }));
    return add(fetch, params.id, audience.recipients, values);
  },
};

/** The message before any script runs, and where none does. */
export async function firstLook(
  fetch: typeof globalThis.fetch,
  fields: Partial<CreateFields>,
  customer: Pasted | undefined,
): Promise<Preview> {
  const { previewMessage } = await request(fetch, PreviewMessage, { input: previewInput(fields, customer) });
  return previewMessage;
}

const NOTHING_MORE = { unreminded: async () => null, unscheduled: async () => null };

async function add(
  fetch: typeof globalThis.fetch,
  campaignId: string,
  recipients: Pasted[],
  values: Record<string, string>,
  /** What is done when all are in; each answers why not, in words. */
  after: Record<"unreminded" | "unscheduled", () => Promise<string | null>> = NOTHING_MORE,
): Promise<FormAnswer> {
  const report = await addInCalls(recipients, async (some) => {
    const { addRecipients } = await request(fetch, AddRecipients, { input: { campaignId, recipients: some } });
    return addRecipients;
  });
  // Reminders come before a start that may be now.
  const unreminded = await after.unreminded();
  const unscheduled = await after.unscheduled();
  if (report.reasons.length === 0 && !unreminded && !unscheduled) redirect(303, `/campaigns/${campaignId}`);
  return { values, problems: {}, done: { campaignId, report, unscheduled, unreminded } };
}

function refusal(values: Record<string, string>, problems: Record<string, string>): FormAnswer {
  return { values, problems };
}

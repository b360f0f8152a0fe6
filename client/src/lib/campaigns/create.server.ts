import { fail, redirect, type RequestEvent } from "@sveltejs/kit";
import { request } from "../api/request.ts";
import { AddRecipients } from "../recipients/documents.ts";
import { madeUp, readPasted } from "../recipients/pasted.ts";
import { CreateCampaign } from "./documents.ts";

/** The API takes so many recipients in one call. */
const PER_CALL = 1_000;
const MADE_UP_MAX = 10_000;

/** What the form was answered with: the values again, and what was wrong with which. */
export interface CreateAnswer {
  values: Record<string, string>;
  /** By the name of the form's field; "" is the form as a whole. */
  problems: Record<string, string>;
}

export const createActions = {
  default: async ({ request: post, fetch }: RequestEvent) => {
    const form = await post.formData();
    const values = Object.fromEntries([...form].map(([key, value]) => [key, String(value)]));
    const audience = readAudience(values);
    if ("problem" in audience) return fail(400, { values, problems: { [audience.field]: audience.problem } });

    const { createCampaign } = await request(fetch, CreateCampaign, {
      input: {
        name: values["name"] ?? "",
        subject: values["subject"] || null,
        body: values["body"] || null,
        simulation: {
          delayMs: wholeNumber(values["delayMs"]),
          transientFailureShare: share(values["transientPercent"]),
          permanentFailureShare: share(values["permanentPercent"]),
        },
        // Two clicks on the button make one campaign.
        idempotencyKey: values["formId"] || null,
      },
    });
    const campaignId = createCampaign.campaign?.id;
    if (!campaignId) return fail(400, { values, problems: byField(createCampaign.userErrors) });

    const refused: string[] = [];
    for (let from = 0; from < audience.recipients.length; from += PER_CALL) {
      const recipients = audience.recipients.slice(from, from + PER_CALL);
      const { addRecipients } = await request(fetch, AddRecipients, { input: { campaignId, recipients } });
      refused.push(...addRecipients.userErrors.map((error) => error.message));
    }
    const [first] = refused;
    const report = first ? `?${new URLSearchParams({ refused: String(refused.length), why: first })}` : "";
    redirect(303, `/campaigns/${campaignId}${report}`);
  },
};

type Audience = { recipients: ReturnType<typeof readPasted>["recipients"] } | { field: string; problem: string };

function readAudience(values: Record<string, string>): Audience {
  if (values["audience"] === "made-up") {
    const howMany = Number(values["madeUp"]);
    const fits = Number.isInteger(howMany) && howMany >= 1 && howMany <= MADE_UP_MAX;
    return fits
      ? { recipients: madeUp(howMany) }
      : { field: "madeUp", problem: `A whole number from 1 to ${MADE_UP_MAX}.` };
  }
  const { recipients, problems } = readPasted(values["pasted"] ?? "");
  const [first] = problems;
  if (!first) return { recipients };
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more lines)` : "";
  return { field: "pasted", problem: `Line ${first.line} ${first.problem}: “${first.text}”${more}` };
}

function byField(errors: { field: string | null; message: string }[]): Record<string, string> {
  return Object.fromEntries(errors.map(({ field, message }) => [FORM_FIELDS[field ?? ""] ?? field ?? "", message]));
}

const FORM_FIELDS: Record<string, string> = {
  "simulation.delayMs": "delayMs",
  "simulation.transientFailureShare": "transientPercent",
  "simulation.permanentFailureShare": "permanentPercent",
};

function wholeNumber(text: string | undefined): number | null {
  return text?.trim() ? Math.round(Number(text)) || 0 : null;
}

function share(percent: string | undefined): number | null {
  return percent?.trim() ? Number(percent) / 100 || 0 : null;
}

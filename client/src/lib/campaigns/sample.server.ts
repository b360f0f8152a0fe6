import { redirect, type RequestEvent } from "@sveltejs/kit";
import { request } from "../api/request.ts";
import { AddRecipients } from "../recipients/documents.ts";
import { madeUp } from "../recipients/pasted.ts";
import { CreateCampaign } from "./documents.ts";

const CUSTOMERS = 500;

/** Makes a campaign to try things with: made-up customers, and a simulator slow enough to watch. */
export async function makeSample({ fetch }: RequestEvent): Promise<never> {
  const { createCampaign } = await request(fetch, CreateCampaign, {
    input: {
      name: `Try-out with ${CUSTOMERS} made-up customers`,
      subject: "How did we do, {{ first_name }}?",
      body: "Hello {{ first_name }},\n\nwould you tell us how it was? It takes ten seconds:\n\n{{ link }}\n",
      simulation: {
        ...{ delayMs: 1_500, transientFailureShare: 0.05, permanentFailureShare: 0.02 },
        ...{ answerShare: 0.3, answerDelayMs: 12_000 },
      },
    },
  });
  const campaignId = createCampaign.campaign?.id;
  if (!campaignId) throw new Error("the sample campaign was refused");
  await request(fetch, AddRecipients, { input: { campaignId, recipients: madeUp(CUSTOMERS) } });
  redirect(303, `/campaigns/${campaignId}`);
}

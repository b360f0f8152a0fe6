import { fail, redirect, type RequestEvent } from "@sveltejs/kit";
import { request } from "../api/request.ts";
import { Cancel, Dispatch, Pause, Resume, RetryFailed } from "./documents.ts";

type Asked = RequestEvent<{ id: string }>;
type Refused = { userErrors: { message: string }[] };

/** The campaign's buttons as form posts, so that they work without JavaScript as well. */
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
    act(event, async (fetch, campaignId) => (await request(fetch, RetryFailed, { campaignId })).retryFailedRecipients),
};

async function act(
  { fetch, params, request: post }: Asked,
  ask: (fetch: typeof globalThis.fetch, campaignId: string) => Promise<Refused>,
) {
  const { userErrors } = await ask(fetch, params.id);
  if (userErrors.length > 0) return fail(409, { refused: userErrors.map((error) => error.message).join(" ") });
  // A page that was posted to would be posted to again by a reload; what is asked for by a script stays where it is.
  if (post.headers.get("x-sveltekit-action") !== "true") redirect(303, `/campaigns/${params.id}`);
  return { refused: null };
}

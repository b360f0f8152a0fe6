import { request } from "$lib/api/request.ts";
import { Webhooks } from "$lib/webhooks/documents.ts";
import { listActions } from "$lib/webhooks/webhooks.server.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, url }) => {
  const { nodes } = (await request(fetch, Webhooks, {})).webhooks;
  // Of the form: whoever sends it twice by reloading makes one webhook.
  return { webhooks: nodes, isRemoved: url.searchParams.has("removed"), idempotencyKey: crypto.randomUUID() };
};

export const actions: Actions = listActions;

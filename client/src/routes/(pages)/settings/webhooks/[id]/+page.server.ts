import { error } from "@sveltejs/kit";
import { request } from "$lib/api/request.ts";
import { OneWebhook } from "$lib/webhooks/documents.ts";
import { webhookActions } from "$lib/webhooks/webhooks.server.ts";
import { isStatus } from "$lib/webhooks/words.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params, url }) => {
  const asked = url.searchParams.get("status");
  const status = isStatus(asked) ? asked : null;
  const about = { id: params.id, status, after: url.searchParams.get("after") };
  const { webhook } = await request(fetch, OneWebhook, about);
  if (!webhook) error(404, { message: "There is no such webhook in this workspace." });
  const { deliveries, ...rest } = webhook;
  return {
    ...{ webhook: rest, deliveries: deliveries.nodes, status },
    next: deliveries.pageInfo.hasNextPage ? deliveries.pageInfo.endCursor : null,
    // Of the form: whoever sends it twice by reloading sends one test.
    idempotencyKey: crypto.randomUUID(),
  };
};

export const actions: Actions = webhookActions;

import { error } from "@sveltejs/kit";
import { request } from "$lib/api/request.ts";
import { OneTransport } from "$lib/delivery/documents.ts";
import { transportActions } from "$lib/delivery/sending.server.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params }) => {
  const { transport } = await request(fetch, OneTransport, { id: params.id });
  if (!transport) error(404, { message: "There is no such transport in this workspace." });
  // Of the form: whoever sends it twice by reloading sends one test.
  return { transport, idempotencyKey: crypto.randomUUID() };
};

export const actions: Actions = transportActions;

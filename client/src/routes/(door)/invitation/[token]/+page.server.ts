import { error } from "@sveltejs/kit";
import { Offer } from "$lib/accounts/documents.ts";
import { invitationActions } from "$lib/accounts/door.server.ts";
import { request } from "$lib/api/request.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params }) => {
  const { invitation } = await request(fetch, Offer, { token: params.token });
  if (!invitation)
    error(410, {
      message: "This invitation does not work any more.",
      remedy: "It was used, was taken back, or is older than seven days. Whoever invited you can send another.",
    });
  return { offer: invitation };
};

export const actions: Actions = invitationActions;

import { Members } from "$lib/accounts/documents.ts";
import { ROLE_SENTENCES } from "$lib/accounts/sentences.server.ts";
import { memberActions } from "$lib/accounts/settings.server.ts";
import { request } from "$lib/api/request.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch }) => {
  const { members, invitations } = await request(fetch, Members, {});
  return { members: members.nodes, invitations: invitations.nodes, sentences: ROLE_SENTENCES };
};

export const actions: Actions = memberActions;

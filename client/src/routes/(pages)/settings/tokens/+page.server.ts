import { ApiTokens } from "$lib/accounts/documents.ts";
import { SCOPE_SENTENCES } from "$lib/accounts/sentences.server.ts";
import { tokenActions } from "$lib/accounts/settings.server.ts";
import { request } from "$lib/api/request.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch }) => {
  const { apiTokens } = await request(fetch, ApiTokens, {});
  return { tokens: apiTokens.nodes, sentences: SCOPE_SENTENCES };
};

export const actions: Actions = tokenActions;

import { ApiTokens } from "$lib/accounts/documents.ts";
import { SCOPE_SENTENCES } from "$lib/accounts/sentences.server.ts";
import { tokenActions } from "$lib/accounts/settings.server.ts";
import { request } from "$lib/api/request.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, url }) => {
  const { nodes, pageInfo } = (await request(fetch, ApiTokens, { after: url.searchParams.get("after") })).apiTokens;
  return {
    tokens: nodes,
    next: pageInfo.hasNextPage ? pageInfo.endCursor : null,
    sentences: SCOPE_SENTENCES,
    // Of the form: whoever sends it twice by reloading makes one token.
    idempotencyKey: crypto.randomUUID(),
  };
};

export const actions: Actions = tokenActions;

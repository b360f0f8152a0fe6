import { mustMay } from "$lib/accounts/me.server.ts";
import { request } from "$lib/api/request.ts";
import { createActions } from "$lib/campaigns/create.server.ts";
import { CopiedCampaign } from "$lib/campaigns/documents.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, parent, url }) => {
  mustMay((await parent()).me, "EDIT_CAMPAIGNS");
  const from = url.searchParams.get("from");
  const copied = from ? await request(fetch, CopiedCampaign, { id: from }) : null;
  return { copied: copied?.campaign ?? null };
};

export const actions: Actions = createActions;

import { createActions } from "$lib/campaigns/create.server.ts";
import { CampaignToCopy } from "$lib/campaigns/documents.ts";
import { request } from "$lib/api/request.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, url }) => {
  const from = url.searchParams.get("from");
  const copied = from ? await request(fetch, CampaignToCopy, { id: from }) : null;
  return { copied: copied?.campaign ?? null };
};

export const actions: Actions = createActions;

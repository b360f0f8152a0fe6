import { mustMay } from "$lib/accounts/me.server.ts";
import { request } from "$lib/api/request.ts";
import { noSuchCampaign } from "$lib/campaigns/missing.ts";
import { addActions } from "$lib/campaigns/create.server.ts";
import { CampaignName } from "$lib/campaigns/documents.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params, parent }) => {
  mustMay((await parent()).me, "EDIT_CAMPAIGNS");
  const { campaign } = await request(fetch, CampaignName, { id: params.id });
  return { campaign: campaign ?? noSuchCampaign() };
};

export const actions: Actions = addActions;

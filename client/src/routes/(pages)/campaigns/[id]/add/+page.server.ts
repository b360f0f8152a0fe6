import { request } from "$lib/api/request.ts";
import { noSuchCampaign } from "$lib/campaigns/missing.ts";
import { addActions } from "$lib/campaigns/create.server.ts";
import { CampaignName } from "$lib/campaigns/documents.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params }) => {
  const { campaign } = await request(fetch, CampaignName, { id: params.id });
  return { campaign: campaign ?? noSuchCampaign() };
};

export const actions: Actions = addActions;

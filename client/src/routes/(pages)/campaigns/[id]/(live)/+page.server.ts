import { request } from "$lib/api/request.ts";
import { campaignActions } from "$lib/dispatch/actions.server.ts";
import { OneRecipient } from "$lib/recipients/documents.ts";
import { readSelected } from "$lib/recipients/filter.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params, url }) => {
  const selectedId = readSelected(url.searchParams);
  if (!selectedId) return { selectedId, selected: null };
  const { campaign } = await request(fetch, OneRecipient, { campaignId: params.id, id: selectedId });
  return { selectedId, selected: campaign?.recipient ?? null };
};

export const actions: Actions = campaignActions;

import { request } from "$lib/api/request.ts";
import { noSuchCampaign } from "$lib/campaigns/missing.ts";
import { LivePage } from "$lib/dispatch/documents.ts";
import { readFilter } from "$lib/recipients/filter.ts";
import type { LayoutServerLoad } from "./$types";

const FIRST_ROWS = 50;

// Apart from the page's own load: opening a row must not read the list again.
export const load: LayoutServerLoad = async ({ fetch, params, url }) => {
  const filter = readFilter(url.searchParams);
  const { campaign } = await request(fetch, LivePage, {
    ...{ id: params.id, first: FIRST_ROWS, after: filter.after },
    ...{ status: filter.status, search: filter.search || null, order: filter.order },
  });
  if (!campaign) return noSuchCampaign();
  const { recipients, ...rest } = campaign;
  return { campaign: rest, recipients, filter, silentForMs: Date.now() - Date.parse(campaign.progress.updatedAt) };
};

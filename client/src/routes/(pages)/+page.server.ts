import { request } from "$lib/api/request.ts";
import { CampaignList } from "$lib/campaigns/documents.ts";
import { readListFilter } from "$lib/campaigns/list-filter.ts";
import { makeSample } from "$lib/campaigns/sample.server.ts";
import type { Actions, PageServerLoad } from "./$types";

const CAMPAIGNS_A_PAGE = 25;

export const load: PageServerLoad = async ({ fetch, url }) => {
  const filter = readListFilter(url.searchParams);
  const { status, search, after } = filter;
  const { campaigns } = await request(fetch, CampaignList, {
    first: CAMPAIGNS_A_PAGE,
    after,
    status,
    search: search || null,
  });
  return { campaigns, filter };
};

export const actions: Actions = { sample: makeSample };

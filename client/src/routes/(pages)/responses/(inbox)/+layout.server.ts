import { request } from "$lib/api/request.ts";
import { FilterCampaign, Responses } from "$lib/responses/documents.ts";
import { forApi, readFilter } from "$lib/responses/filter.ts";
import { RESPONSES_A_PAGE } from "$lib/responses/inbox.ts";
import type { LayoutServerLoad } from "./$types";

// Apart from the page's own load: opening an answer must not read the list again.
export const load: LayoutServerLoad = async ({ fetch, parent, url }) => {
  const filter = readFilter(url.searchParams);
  const { campaigns, members, me } = await parent();
  const membership = members.find(({ email }) => email === me.account?.email)?.id ?? null;
  const asked = { first: RESPONSES_A_PAGE, after: filter.after, filter: forApi(filter, membership) };
  const { responses } = await request(fetch, Responses, asked);
  return { ...{ filter, membership, responses }, campaigns: await withFiltered(campaigns) };

  /** An older campaign than those to choose from can be looked at all the same. */
  async function withFiltered(known: typeof campaigns): Promise<typeof campaigns> {
    const id = filter.campaignId;
    if (!id || known.some((campaign) => campaign.id === id)) return known;
    const { campaign } = await request(fetch, FilterCampaign, { id });
    return campaign ? [campaign, ...known] : known;
  }
};

import { request } from "$lib/api/request.ts";
import { CAMPAIGNS_LISTED_MAX, InsightsIn } from "$lib/insights/documents.ts";
import { daysOf, rangeOf, readAsked } from "$lib/insights/period.ts";
import { FilterCampaign, InboxChoices } from "$lib/responses/documents.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, parent, url }) => {
  const { asked, problem } = readAsked(url.searchParams);
  const { timeZone } = (await parent()).me.workspace;
  const now = new Date();
  const days = daysOf(asked.period, timeZone, now);
  const { insights } = await request(fetch, InsightsIn, {
    ...rangeInApi(),
    campaignIds: asked.campaignId ? [asked.campaignId] : null,
    campaigns: CAMPAIGNS_LISTED_MAX,
  });
  return { insights, asked, problem, days, campaigns: await choices(), asOf: now.toISOString() };

  function rangeInApi() {
    const { from, to } = rangeOf(days, timeZone);
    return { from: from.toISOString(), to: to.toISOString() };
  }

  /** The newest campaigns, and the one that is looked at where it is older. */
  async function choices() {
    const known = (await request(fetch, InboxChoices, {})).campaigns.nodes;
    const id = asked.campaignId;
    if (!id || known.some((campaign) => campaign.id === id)) return known;
    const { campaign } = await request(fetch, FilterCampaign, { id });
    return campaign ? [campaign, ...known] : known;
  }
};

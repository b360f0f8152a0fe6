import { request } from "$lib/api/request.ts";
import { noSuchCampaign } from "$lib/campaigns/missing.ts";
import { LivePage } from "$lib/dispatch/documents.ts";
import { FailedPage } from "$lib/recipients/documents.ts";
import { readFilter } from "$lib/recipients/filter.ts";
import type { LayoutServerLoad } from "./$types";

const FIRST_ROWS = 50;

// Apart from the page's own load: opening a row must not read the list again.
export const load: LayoutServerLoad = async ({ fetch, params, url }) => {
  const filter = readFilter(url.searchParams);
  const { reason, after } = filter;
  const { campaign, transports } = await request(fetch, LivePage, {
    // Those of one reason are a list of their own, with cursors of its own.
    ...{ id: params.id, first: reason ? 1 : FIRST_ROWS, after: reason ? null : after },
    ...{ status: filter.status, search: filter.search || null, order: filter.order },
  });
  if (!campaign) return noSuchCampaign();
  const { recipients, ...rest } = campaign;
  const failed = reason
    ? await request(fetch, FailedPage, { campaignId: params.id, first: FIRST_ROWS, after, reason })
    : null;
  return {
    ...{ campaign: rest, recipients: failed?.campaign?.recipients ?? recipients, filter },
    transports: transports.nodes,
    silentForMs: Date.now() - Date.parse(campaign.progress.updatedAt),
  };
};

import { mustMay } from "$lib/accounts/me.server.ts";
import { request } from "$lib/api/request.ts";
import { noSuchCampaign } from "$lib/campaigns/missing.ts";
import { ImportCampaign } from "$lib/imports/documents.ts";
import { shownFile, shownImport } from "$lib/imports/shown.server.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params, url, parent }) => {
  const { campaign } = await request(fetch, ImportCampaign, { id: params.id });
  if (!campaign) return noSuchCampaign();
  const shown = await shownImport(fetch, campaign.id, url.searchParams);
  // Whoever may not import may still see what became of one.
  if (!shown) mustMay((await parent()).me, "EDIT_CAMPAIGNS");
  return { campaign, shown, file: shown ? null : await shownFile(fetch, url.searchParams) };
};

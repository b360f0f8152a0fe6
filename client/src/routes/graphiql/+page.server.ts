import { signedInMe } from "$lib/accounts/me.server.ts";
import { request } from "$lib/api/request.ts";
import { NewestCampaign } from "$lib/campaigns/documents.ts";
import type { PageServerLoad } from "./$types";

// The tabs' variables name a campaign that is there, so that each runs as it stands.
export const load: PageServerLoad = async (event) => {
  await signedInMe(event);
  const { campaigns } = await request(event.fetch, NewestCampaign, {});
  return { campaignId: campaigns.nodes[0]?.id ?? null };
};

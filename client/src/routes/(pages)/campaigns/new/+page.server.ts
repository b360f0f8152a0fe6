import { mustMay } from "$lib/accounts/me.server.ts";
import { request } from "$lib/api/request.ts";
import { createActions, firstLook } from "$lib/campaigns/create.server.ts";
import { emptyFields } from "$lib/campaigns/create-form.ts";
import { CopiedCampaign } from "$lib/campaigns/documents.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, parent, url }) => {
  mustMay((await parent()).me, "EDIT_CAMPAIGNS");
  const from = url.searchParams.get("from");
  const copied = from ? await request(fetch, CopiedCampaign, { id: from }) : null;
  const campaign = copied?.campaign ?? null;
  return { copied: campaign, preview: await firstLook(fetch, emptyFields(campaign), undefined) };
};

export const actions: Actions = createActions;

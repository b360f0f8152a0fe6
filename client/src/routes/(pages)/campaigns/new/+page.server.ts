import { mustMay } from "$lib/accounts/me.server.ts";
import { request } from "$lib/api/request.ts";
import { createActions, firstLook } from "$lib/campaigns/create.server.ts";
import { emptyFields } from "$lib/campaigns/create-form.ts";
import { CopiedCampaign, WaysOut } from "$lib/campaigns/documents.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, parent, url }) => {
  const { me } = await parent();
  mustMay(me, "EDIT_CAMPAIGNS");
  const workspaceZone = me.workspace.timeZone;
  const from = url.searchParams.get("from");
  const copied = from ? await request(fetch, CopiedCampaign, { id: from }) : null;
  const campaign = copied?.campaign ?? null;
  const preview = await firstLook(fetch, emptyFields(campaign, workspaceZone), undefined);
  return { copied: campaign, preview, ways: await request(fetch, WaysOut, {}), workspaceZone };
};

export const actions: Actions = createActions;

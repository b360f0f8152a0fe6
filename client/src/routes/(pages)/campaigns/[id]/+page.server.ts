import { error } from "@sveltejs/kit";
import { request } from "$lib/api/request.ts";
import { campaignActions } from "$lib/dispatch/actions.server.ts";
import { LivePage } from "$lib/dispatch/documents.ts";
import { OneRecipient } from "$lib/recipients/documents.ts";
import { readFilter } from "$lib/recipients/filter.ts";
import type { Actions, PageServerLoad } from "./$types";

const FIRST_ROWS = 50;

export const load: PageServerLoad = async ({ fetch, params, url }) => {
  const filter = readFilter(url.searchParams);
  const { status, search, order, selected: selectedId } = filter;
  const [{ campaign }, selected] = await Promise.all([
    request(fetch, LivePage, { id: params.id, first: FIRST_ROWS, status, search: search || null, order }),
    selectedId ? request(fetch, OneRecipient, { campaignId: params.id, id: selectedId }) : null,
  ]);
  if (!campaign) {
    error(404, {
      message: "There is no such campaign.",
      remedy: "It may belong to another workspace, or the address was mistyped.",
    });
  }
  return { campaign, recipients: campaign.recipients, selected: selected?.campaign?.recipient ?? null, filter };
};

export const actions: Actions = campaignActions;

import { request } from "$lib/api/request.ts";
import { OpenedResponse } from "$lib/responses/documents.ts";
import { readOpened } from "$lib/responses/filter.ts";
import { responseActions } from "$lib/responses/responses.server.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, url }) => {
  const openedId = readOpened(url.searchParams);
  if (!openedId) return { openedId, opened: null };
  const { campaign } = await request(fetch, OpenedResponse, openedId);
  return { openedId, opened: campaign?.recipient?.response ?? null };
};

export const actions: Actions = responseActions;

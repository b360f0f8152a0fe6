import { request } from "$lib/api/request.ts";
import { campaignActions } from "$lib/dispatch/actions.server.ts";
import { MessageFor, OpenedRecipient } from "$lib/dispatch/documents.ts";
import { readSelected } from "$lib/recipients/filter.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params, url }) => {
  const selectedId = readSelected(url.searchParams);
  if (!selectedId) return { selectedId, selected: null, message: null };
  const campaignId = params.id;
  const { campaign } = await request(fetch, OpenedRecipient, { campaignId, id: selectedId });
  const selected = campaign?.recipient ?? null;
  if (!selected) return { selectedId, selected, message: null };
  const { previewMessage } = await request(fetch, MessageFor, { campaignId, recipientId: selectedId });
  return { selectedId, selected, message: previewMessage.messages[0] ?? null };
};

export const actions: Actions = campaignActions;

import { Members } from "$lib/accounts/documents.ts";
import { ROLE_SENTENCES } from "$lib/accounts/sentences.server.ts";
import { memberActions } from "$lib/accounts/settings.server.ts";
import { request } from "$lib/api/request.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, url }) => {
  const { members, invitations } = await request(fetch, Members, { after: url.searchParams.get("after") });
  return {
    members: members.nodes,
    next: members.pageInfo.hasNextPage ? members.pageInfo.endCursor : null,
    invitations: invitations.nodes,
    moreInvitations: invitations.pageInfo.hasNextPage,
    sentences: ROLE_SENTENCES,
  };
};

export const actions: Actions = memberActions;

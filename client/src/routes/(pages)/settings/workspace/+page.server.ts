import { WorkspaceLook } from "$lib/accounts/documents.ts";
import { mustMay } from "$lib/accounts/me.server.ts";
import { workspaceActions } from "$lib/accounts/settings.server.ts";
import { request } from "$lib/api/request.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, parent }) => {
  mustMay((await parent()).me, "MANAGE_MEMBERS");
  return { workspace: (await request(fetch, WorkspaceLook, {})).workspace };
};

export const actions: Actions = workspaceActions;

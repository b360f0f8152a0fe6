import { redirect } from "@sveltejs/kit";
import { signInActions } from "$lib/accounts/door.server.ts";
import { ownPath } from "$lib/accounts/own-path.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ parent, url }) => {
  if ((await parent()).me) redirect(303, ownPath(url.searchParams.get("to")));
};

export const actions: Actions = signInActions;

import { redirect } from "@sveltejs/kit";
import { signUpActions } from "$lib/accounts/door.server.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ parent }) => {
  if ((await parent()).me) redirect(303, "/");
};

export const actions: Actions = signUpActions;

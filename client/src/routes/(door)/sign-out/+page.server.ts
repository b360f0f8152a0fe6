import { redirect } from "@sveltejs/kit";
import { signOutActions } from "$lib/accounts/door.server.ts";
import type { Actions, PageServerLoad } from "./$types";

// Posted to, never looked at.
export const load: PageServerLoad = () => redirect(303, "/");

export const actions: Actions = signOutActions;

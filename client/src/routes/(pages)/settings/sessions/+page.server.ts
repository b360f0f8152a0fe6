import { Sessions } from "$lib/accounts/documents.ts";
import { sessionActions } from "$lib/accounts/settings.server.ts";
import { request } from "$lib/api/request.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = ({ fetch }) => request(fetch, Sessions, {});

export const actions: Actions = sessionActions;

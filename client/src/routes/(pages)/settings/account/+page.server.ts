import { accountActions } from "$lib/accounts/settings.server.ts";
import type { Actions } from "./$types";

export const actions: Actions = accountActions;

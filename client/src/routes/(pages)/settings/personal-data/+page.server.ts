import { personalDataActions } from "$lib/recipients/personal-data.server.ts";
import type { Actions } from "./$types";

export const actions: Actions = personalDataActions;

import { forgotActions } from "$lib/accounts/door.server.ts";
import type { Actions } from "./$types";

export const actions: Actions = forgotActions;

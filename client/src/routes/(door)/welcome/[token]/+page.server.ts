import { welcome } from "$lib/accounts/door.server.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = welcome;

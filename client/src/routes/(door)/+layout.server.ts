import { whoAmI } from "$lib/accounts/me.server.ts";
import type { LayoutServerLoad } from "./$types";

export const load: LayoutServerLoad = async (event) => ({
  me: await whoAmI(event),
  // The server's own setting: where it refuses to sign people up, nothing should lead there.
  isSignUpOpen: process.env["SIGN_UP"] !== "false",
});

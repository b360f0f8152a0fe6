import { signedInMe } from "$lib/accounts/me.server.ts";
import type { LayoutServerLoad } from "./$types";

export const load: LayoutServerLoad = async (event) => ({
  me: await signedInMe(event),
  // The server's own setting: where it answers /graphiql with 404, nothing should lead there.
  graphiql: process.env["GRAPHIQL"] !== "false",
});

import { signedInMe } from "$lib/accounts/me.server.ts";
import type { LayoutServerLoad } from "./$types";

export const load: LayoutServerLoad = async (event) => {
  // Having read it, this is loaded anew on the way to another page: the role may have changed meanwhile.
  void event.route.id;
  return {
    me: await signedInMe(event),
    // The server's own setting: where it answers /graphiql with 404, nothing should lead there.
    graphiql: process.env["GRAPHIQL"] !== "false",
  };
};

import { error } from "@sveltejs/kit";
import { createTransport } from "$lib/delivery/sending.server.ts";
import { isKind } from "$lib/delivery/words.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ parent, url }) => {
  const { me } = await parent();
  if (!me.scopes.includes("MANAGE_TRANSPORTS"))
    error(403, { message: "Your role does not allow to change through which servers messages go out." });
  return { kind: kindIn(url) };
};

export const actions: Actions = { default: (event) => createTransport(event, kindIn(event.url)) };

function kindIn(url: URL) {
  const kind = url.searchParams.get("kind") ?? "SMTP";
  if (!isKind(kind)) error(404, { message: "There is no such kind of transport." });
  return kind;
}

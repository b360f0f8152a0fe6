import { error, type ServerLoadEvent } from "@sveltejs/kit";
import { request, signInFirst } from "../api/request.ts";
import { type Me, type Scope, WhoAmI } from "./documents.ts";
import { SCOPE_SENTENCES } from "./sentences.server.ts";
import { roleInWords } from "./words.ts";

/** Who is signed in, if anybody is. */
export async function whoAmI({ fetch }: Pick<ServerLoadEvent, "fetch">): Promise<Me | null> {
  return (await request(fetch, WhoAmI, {})).me;
}

/** Who is signed in; whoever is not, signs in first and then comes back. */
export async function signedInMe(event: Pick<ServerLoadEvent, "fetch">): Promise<Me> {
  return (await whoAmI(event)) ?? signInFirst();
}

/** Ends in the error page, in words, for whoever may not do what a page is for. The API refuses it in any case. */
export function mustMay(me: Me, scope: Scope): void {
  if (me.scopes.includes(scope)) return;
  const role = me.role ? ` (${roleInWords(me.role)})` : "";
  const [first = "", ...rest] = SCOPE_SENTENCES[scope];
  error(403, {
    message: `Your role${role} does not allow this: ${first.toLowerCase()}${rest.join("")}`,
    remedy: "An admin of this workspace can give you another role.",
  });
}

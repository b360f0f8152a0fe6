import { redirect, type ServerLoadEvent } from "@sveltejs/kit";
import { request } from "../api/request.ts";
import { type Me, WhoAmI } from "./documents.ts";

/** Who is signed in; whoever is not, signs in first and then comes back. */
export async function signedInMe({ fetch, url }: Pick<ServerLoadEvent, "fetch" | "url">): Promise<Me> {
  const { me } = await request(fetch, WhoAmI, {});
  if (!me) redirect(303, `/sign-in?to=${encodeURIComponent(url.pathname + url.search)}`);
  return me;
}

/** Where to go after signing in: a path of ours and of nobody else. */
export function ownPath(to: string | null): string {
  // Two slashes, or one and a backslash, would lead to another site.
  return to && /^\/(?![/\\])/.test(to) ? to : "/";
}

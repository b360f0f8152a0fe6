import { Client, fetchExchange, type AnyVariables, type TypedDocumentNode } from "@urql/core";
import { getRequestEvent } from "$app/server";
import { error, redirect } from "@sveltejs/kit";
import { Kind } from "graphql";

const STATUSES: Record<string, number> = { FORBIDDEN: 403, NOT_FOUND: 404, BAD_USER_INPUT: 400 };

/**
 * One question to the API while a page is rendered or a form is answered. Ends in the error page, in words, when
 * the API cannot be reached or refuses, and at the sign-in when the session has ended.
 */
export async function request<Data, Variables extends AnyVariables>(
  fetch: typeof globalThis.fetch,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const api = new Client({ url: "/graphql", exchanges: [fetchExchange], fetch, preferGetMethod: false });
  const definition = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
  const asking =
    definition?.operation === "mutation" ? api.mutation(document, variables) : api.query(document, variables);
  const { data, error: failure } = await asking.toPromise();
  if (data && !failure) return data;
  const refused = failure?.graphQLErrors[0];
  if (!refused) {
    error(503, {
      message: "The API cannot be reached.",
      remedy: "The server may be starting or stopping. Nothing is lost; try again in a moment.",
    });
  }
  const code = String(refused.extensions["code"]);
  if (code === "UNAUTHENTICATED") signInFirst();
  error(STATUSES[code] ?? 500, { message: refused.message });
}

/** To the sign-in, and from there back to the page that was asked for. */
export function signInFirst(): never {
  const { request, url } = getRequestEvent();
  // What was posted is not posted again by coming back; its page is where to go on.
  const to = request.method === "GET" ? url.pathname + url.search : url.pathname;
  redirect(303, `/sign-in?to=${encodeURIComponent(to)}`);
}

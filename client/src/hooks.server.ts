import { env } from "$env/dynamic/private";
import type { Handle, HandleFetch, HandleServerError } from "@sveltejs/kit";

/** The theme is the document's from the first byte on, so nothing flashes. Without a choice the system decides. */
export const handle: Handle = ({ event, resolve }) => {
  const chosen = event.cookies.get("theme");
  const theme = chosen === "dark" || chosen === "light" ? chosen : "system";
  return resolve(event, { transformPageChunk: ({ html }) => html.replace("%theme%", theme) });
};

/** The API is no page of ours: what asks for it while a page is rendered goes over HTTP, as any other caller does. */
export const handleFetch: HandleFetch = ({ event, request, fetch }) => {
  const url = new URL(request.url);
  if (url.origin !== event.url.origin || url.pathname !== "/graphql") return fetch(request);
  const headers = new Headers(request.headers);
  const cookie = event.request.headers.get("cookie");
  if (cookie) headers.set("cookie", cookie);
  const init = { method: request.method, headers, body: request.body, duplex: "half" };
  return globalThis.fetch(`${env.API_ORIGIN ?? "http://127.0.0.1:4000"}/graphql${url.search}`, init as RequestInit);
};

export const handleError: HandleServerError = ({ status, message, error }) => {
  if (status === 404)
    return { message: "There is nothing at this address.", remedy: "It may have been mistyped, or moved." };
  console.error(error);
  return { message, remedy: "It is in the server's log. Trying again may help." };
};

import type { Handle, HandleFetch, HandleServerError, RequestEvent } from "@sveltejs/kit";

export const handle: Handle = async ({ event, resolve }) => {
  // The theme is the document's from the first byte on, so nothing flashes. Without a choice the system decides.
  const chosen = event.cookies.get("theme");
  const theme = chosen === "dark" || chosen === "light" ? chosen : "system";
  const response = await resolve(event, { transformPageChunk: ({ html }) => html.replace("%theme%", theme) });
  // Pages show customers' addresses: after signing out nothing of them may be left to go back to.
  response.headers.set("cache-control", "private, no-store");
  if (response.headers.get("content-type") === "text/html")
    response.headers.set("content-type", "text/html; charset=utf-8");
  return response;
};

/** The API is no page of ours: what asks for it while a page is rendered goes over HTTP, as any other caller does. */
export const handleFetch: HandleFetch = async ({ event, request, fetch }) => {
  const url = new URL(request.url);
  if (url.origin !== event.url.origin || url.pathname !== "/graphql") return fetch(request);
  const headers = new Headers(request.headers);
  for (const name of ["cookie", "user-agent"]) {
    const value = event.request.headers.get(name);
    if (value) headers.set(name, value);
  }
  // As any proxy does, so that the API knows for whom it is asked.
  const via = event.request.headers.get("x-forwarded-for");
  headers.set("x-forwarded-for", [via, event.getClientAddress()].filter(Boolean).join(", "));
  const init = { method: request.method, headers, body: request.body, duplex: "half" };
  const api = process.env["API_ORIGIN"] ?? "http://127.0.0.1:4000";
  const response = await globalThis.fetch(`${api}/graphql${url.search}`, init as RequestInit);
  for (const header of response.headers.getSetCookie()) handOn(event, header);
  return response;
};

/** What the API has the browser keep (the session) reaches it as it was meant. */
function handOn({ cookies }: RequestEvent, header: string): void {
  const [pair = "", ...attributes] = header.split("; ");
  const [name = "", value = ""] = pair.split("=", 2);
  const expires = attributes.find((attribute) => attribute.startsWith("Expires="))?.slice("Expires=".length);
  const secure = attributes.includes("Secure");
  if (attributes.includes("Max-Age=0")) return cookies.delete(name, { path: "/", secure });
  cookies.set(name, value, {
    ...{ path: "/", httpOnly: true, sameSite: "lax", secure, encode: (text: string) => text },
    ...(expires && { expires: new Date(expires) }),
  });
}

export const handleError: HandleServerError = ({ status, message, error }) => {
  if (status === 404)
    return { message: "There is nothing at this address.", remedy: "It may have been mistyped, or moved." };
  console.error(error);
  return { message, remedy: "It is in the server's log. Trying again may help." };
};

import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { log } from "./platform/log.ts";
import { providePageAddresses, type Settings } from "./platform/settings.ts";

export type Pages = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** The built client, or null when there is none: the API alone works without it. */
export async function loadPages(settings: Settings): Promise<Pages | null> {
  const path = resolve("client/build/handler.js");
  if (!existsSync(path)) {
    log.warn("the pages are not built (npm run build); only the API is served");
    return null;
  }
  providePageAddresses({ origin: settings.origin, apiOrigin: `http://127.0.0.1:${settings.port}` });
  const { handler } = (await import(pathToFileURL(path).href)) as { handler: Pages };
  return handler;
}

const API_PATHS = new Set(["/graphql", "/healthz", "/readyz", "/metrics"]);
const API_FOLDERS = ["/imports/", "/exports/", "/feedback/", "/u/", "/r/"];

/** Whether an address takes files (imports/*.routes.ts). */
export function isUpload(url: string): boolean {
  return url.startsWith("/uploads/") || url.split("?", 1)[0] === "/suppressions.csv";
}

/** Whether an address is a page's. Of GraphiQL nothing is there when it is switched off. */
export function isPage(url: string, { graphiql }: Settings): boolean {
  const path = url.split("?", 1)[0] ?? "/";
  const isGraphiql = path === "/graphiql" || path.startsWith("/graphiql/");
  const isApi = API_PATHS.has(path) || API_FOLDERS.some((folder) => path.startsWith(folder)) || isUpload(path);
  return !isApi && (graphiql || !isGraphiql);
}

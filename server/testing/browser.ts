/** A browser as far as the API is concerned: it keeps the cookie and sends it along. No pages, no scripts. */
export interface Browser {
  query(document: string, variables?: Record<string, unknown>): Promise<BrowserAnswer>;
  /** What it has kept, as a Cookie header; empty when nothing. */
  readonly cookie: string;
}

export interface BrowserAnswer {
  data: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  errors: { message: string; extensions: { code: string } }[] | undefined;
  headers: Headers;
}

/** Opens a browser that asks the server at `url`; `headers` go along with every request. */
export function openBrowser(url: string, headers: Record<string, string> = {}): Browser {
  let cookie = "";
  return {
    get cookie() {
      return cookie;
    },
    async query(query, variables = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers, ...(cookie && { cookie }) },
        body: JSON.stringify({ query, variables }),
      });
      for (const set of response.headers.getSetCookie())
        cookie = /Max-Age=0/.test(set) ? "" : (set.split(";")[0] ?? "");
      const { data, errors } = (await response.json()) as Omit<BrowserAnswer, "headers">;
      return { data, errors, headers: response.headers };
    },
  };
}

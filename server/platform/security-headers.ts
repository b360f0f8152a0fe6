import type { IncomingMessage, ServerResponse } from "node:http";
import helmet from "helmet";

/** What browsers are told to hold an answer to. Pages bring a Content-Security-Policy of their own; `data` is the API's. */
export interface SecurityHeaders {
  page(request: IncomingMessage, response: ServerResponse): void;
  data(request: IncomingMessage, response: ServerResponse): void;
}

/** Behind TLS browsers are also told to stay with it, for a year. */
export function securityHeaders(origin: string): SecurityHeaders {
  const common = {
    // "no-referrer" would make browsers send our own forms with "Origin: null", which the guards take for another site.
    referrerPolicy: { policy: "same-origin" },
    xFrameOptions: { action: "deny" },
    strictTransportSecurity: origin.startsWith("https:") && { maxAge: 365 * 24 * 60 * 60, includeSubDomains: false },
  } as const;
  const directives = { "default-src": ["'none'"], "frame-ancestors": ["'none'"] };
  const page = helmet({ ...common, contentSecurityPolicy: false });
  const data = helmet({ ...common, contentSecurityPolicy: { useDefaults: false, directives } });
  const withThese = (set: typeof page) => (request: IncomingMessage, response: ServerResponse) => {
    set(request, response, (error?: unknown) => {
      if (error instanceof Error) throw error;
    });
    response.setHeader("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
  };
  return { page: withThese(page), data: withThese(data) };
}

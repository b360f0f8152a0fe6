import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";

/** The address people use, and whether the operator named it or it is only the usual one. */
export interface OurAddress {
  origin: string;
  isOriginGiven: boolean;
}

/**
 * Whether a request may come from where its browser says: from a page of ours, or from a program, which names no page.
 * Browsers name the page on everything but their own pages' GETs.
 *
 * The Host header alone proves nothing about names: whoever owns a name can point it at this machine after their page
 * was loaded (DNS rebinding), and then Origin and Host agree. So once ORIGIN is given, no other name is ours. Numbers
 * and "localhost" cannot be pointed anywhere, and stay.
 */
export function isOurOrigin({ origin, host }: IncomingHttpHeaders, ours: OurAddress): boolean {
  if (origin === undefined || origin === ours.origin) return true;
  return URL.canParse(origin) && new URL(origin).host === host && isOurHost(host, ours);
}

/** Whether a request was sent to an address that can be ours: the one question left for a GET that names no page. */
export function isOurHost(host: string | undefined, { origin, isOriginGiven }: OurAddress): boolean {
  if (!isOriginGiven || host === undefined) return true;
  return host === new URL(origin).host || isFixed(host);
}

function isFixed(host: string): boolean {
  const name = host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  return name === "localhost" || isIP(name) > 0;
}

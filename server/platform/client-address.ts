import type { IncomingMessage } from "node:http";
import proxyAddr from "@fastify/proxy-addr";

/** Which proxies' word is taken for whom they ask: their addresses, networks, or names of such ("loopback"). */
export type TrustedProxies = readonly string[];

/**
 * The address a request comes from: that of the connection or, where it is a trusted proxy's, the last one in
 * X-Forwarded-For that is not. What is further left anybody may have made up.
 */
export function clientAddress(request: IncomingMessage, trusted: TrustedProxies): string | null {
  return request.socket.remoteAddress ? proxyAddr(request, [...trusted]) : null;
}

/** Reads the list as people write it, with commas; null when something in it is no address. */
export function readTrustedProxies(text: string): TrustedProxies | null {
  const trusted = text.split(",").map((part) => part.trim());
  try {
    proxyAddr.compile([...trusted]);
    return trusted;
  } catch {
    return null;
  }
}

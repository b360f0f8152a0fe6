import type { IncomingHttpHeaders } from "node:http";
import { newId } from "./id.ts";

// It is written into log lines and answered as a header, so it may be nothing that either could take for more.
const PLAIN = /^[A-Za-z0-9._-]{1,64}$/;

/** The id that a proxy or a calling service gave the request, if it is a short plain word; else a new one. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && PLAIN.test(given) ? given : newId();
}

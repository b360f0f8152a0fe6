import { simulated } from "./simulated.ts";
import type { TransportKind, Transports } from "./transport.ts";

/** The built-in transports of the program, by the name that stands on a campaign. */
export const transports: Transports = { simulated };

/** The kinds of transport that workspaces configure. */
export const kinds: Readonly<Record<string, TransportKind>> = {};

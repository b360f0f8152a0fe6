import { simulated } from "./simulated.ts";
import type { Transports } from "./transport.ts";

/** Every transport of the program, by the name that stands on a campaign. */
export const transports: Transports = { simulated };

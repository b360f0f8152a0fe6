import type { Reach } from "../../platform/outbound.ts";
import { simulated } from "./simulated.ts";
import { sms } from "./sms.ts";
import { smtp } from "./smtp.ts";
import type { TransportKind, Transports } from "./transport.ts";
import { webhook } from "./webhook.ts";

/** The transports that are there without being configured, by the name that stands on a campaign. */
export const transports: Transports = { simulated };

/** The kinds of transport that are opened as they are configured, by the name that stands on a campaign. */
export function transportKinds(reach: Reach): Readonly<Record<string, TransportKind>> {
  return { smtp, sms: sms(reach), webhook: webhook(reach), caught: smtp };
}

import type { Context } from "../accounts/context.ts";
import type { Keyring } from "../platform/sealed.ts";
import type { Resolver } from "./sender-domain.ts";

/** What transports, and trying them out, need of the program. */
export interface Delivery {
  readonly keyring: Keyring;
  /** Who is asked for what stands in DNS. */
  readonly resolver: Resolver;
}

export interface DeliveryContext extends Context {
  readonly delivery: Delivery;
}

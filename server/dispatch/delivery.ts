import type { Context } from "../accounts/context.ts";
import type { MailCatcher } from "./catch-mail.ts";
import type { Reach } from "../platform/outbound.ts";
import type { Keyring } from "../platform/sealed.ts";
import type { Resolver } from "./sender-domain.ts";

/** What transports, and trying them out, need of the program. */
export interface Delivery {
  readonly keyring: Keyring;
  /** Who is asked for what stands in DNS. */
  readonly resolver: Resolver;
  /** Whom transports that are called over HTTP may call. */
  readonly reach: Reach;
  /** Where people reach the pages; no slash at its end. */
  readonly origin: string;
  /** The mail server inside; null: it is switched off, or its port was taken. */
  readonly catcher: MailCatcher | null;
}

export interface DeliveryContext extends Context {
  readonly delivery: Delivery;
}

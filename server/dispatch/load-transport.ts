import type { Database } from "../platform/database.ts";
import type { Keyring } from "../platform/sealed.ts";
import { CannotSend } from "./cannot-send.ts";
import { CAUGHT_MAIL_SECRETS, caughtMailTransport } from "./caught-mail.ts";
import { configuredOf } from "./configure-transport.ts";
import { storedTransport } from "./transport-settings.store.ts";
import type { LoadTransport } from "./transports/open-transports.ts";

/** Reads how transports are configured: from their rows, and the mail server inside from where it listens. */
export function transportLoader({
  database,
  keyring,
  catchMailPort: port,
}: {
  database: Database;
  keyring: Keyring;
  catchMailPort: number;
}): LoadTransport {
  return async (workspaceId, { name, id }) => {
    if (id === null)
      return name === "caught"
        ? { kind: name, config: caughtMailTransport({ port, workspaceId }), secrets: CAUGHT_MAIL_SECRETS }
        : null;
    const stored = await database.inWorkspace(workspaceId, (tx) => storedTransport(tx, id));
    if (!stored) return null;
    const configured = configuredOf(stored, keyring);
    if (configured) return configured;
    throw new CannotSend("The secrets of its transport cannot be read with today's SECRET_KEY. Give them again.");
  };
}

import { type Keyring, openKeyring } from "./platform/sealed.ts";
import type { Settings } from "./platform/settings.ts";

/** This installation's keys: those of SECRET_KEY, or with the private database one that lies beside it. */
export function keyringOf({ secretKey, databaseUrl, dataDir }: Settings): Keyring {
  return openKeyring({ given: secretKey, keptIn: databaseUrl ? null : dataDir });
}

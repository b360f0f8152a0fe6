import { CannotOpen, type Keyring, open, seal } from "../platform/sealed.ts";
import { newSigningSecret } from "../platform/webhook-signature.ts";

/** What a webhook's calls are signed with. */
export interface WebhookSecrets {
  current: string;
  /** The one before, which signs too for a while, so that the receiver can be changed in between. */
  previous?: { secret: string; until: string };
}

/** So long the secret before signs too. */
const OVERLAP_MS = 24 * 3_600_000;

interface Place {
  id: string;
  workspaceId: string;
}

/** A new secret; the one that held so far signs on for a day. Of several before it the last one does. */
export function renewed(before: WebhookSecrets | null, now: Date): WebhookSecrets {
  const current = newSigningSecret();
  if (!before) return { current };
  return {
    current,
    previous: { secret: before.current, until: new Date(now.getTime() + OVERLAP_MS).toISOString() },
  };
}

/** With what a call is signed now. */
export function signingSecrets({ current, previous }: WebhookSecrets, now: Date): string[] {
  const isOld = !previous || new Date(previous.until) <= now;
  return isOld ? [current] : [current, previous.secret];
}

/** Null where this installation has no key to keep secrets with. */
export function sealSecrets(keyring: Keyring, place: Place, secrets: WebhookSecrets): Buffer | null {
  const keys = keyring.toSeal();
  return keys && seal(keys, JSON.stringify(secrets), aboutSecretsOf(place));
}

/** Null where they cannot be opened with the keys of today. */
export function openSecrets(
  keyring: Keyring,
  { secrets, ...place }: Place & { secrets: Buffer },
): WebhookSecrets | null {
  const keys = keyring.toOpen();
  if (!keys) return null;
  try {
    return JSON.parse(open(keys, secrets, aboutSecretsOf(place))) as WebhookSecrets;
  } catch (error) {
    if (error instanceof CannotOpen) return null;
    throw error;
  }
}

function aboutSecretsOf({ workspaceId, id }: Place): string {
  return `webhook ${workspaceId}/${id}`;
}

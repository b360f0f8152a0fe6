import { IDEMPOTENCY_KEY_CHARACTERS_MAX } from "../platform/idempotency.store.ts";
import { isStorable } from "../platform/text.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";

/** Refuses a key that is blank or too long to be kept; no key at all is fine. */
export function checkKey(key: string | null | undefined): UserError[] {
  if (key === null || key === undefined) return [];
  if (key.trim() === "" || !isStorable(key)) {
    return [
      userError(UserErrorCode.INVALID, "idempotencyKey", "An idempotency key must have some visible characters."),
    ];
  }
  if (key.length <= IDEMPOTENCY_KEY_CHARACTERS_MAX) return [];
  const words = `An idempotency key has at most ${IDEMPOTENCY_KEY_CHARACTERS_MAX} characters.`;
  return [userError(UserErrorCode.TOO_LONG, "idempotencyKey", words)];
}

export function keyReused(): UserError {
  return userError(
    UserErrorCode.IDEMPOTENCY_KEY_REUSED,
    "idempotencyKey",
    "This key was used in the last 24 hours with another input. Use a new key for a new request.",
  );
}

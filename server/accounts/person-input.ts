import { normaliseEmail } from "../platform/email-address.ts";
import { isStorable } from "../platform/text.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";

const NAME_CHARACTERS_MAX = 200;
const EMAIL_CHARACTERS_MAX = 320;

/** Checks what is called something by people: a person, a workspace, a token. */
export function nameProblems(field: string, name: string): UserError[] {
  const text = name.trim();
  if (!text) return [userError(UserErrorCode.REQUIRED, field, "A name is needed.")];
  if (text.length > NAME_CHARACTERS_MAX) {
    const words = `The name has ${text.length} characters; at most ${NAME_CHARACTERS_MAX} are allowed.`;
    return [userError(UserErrorCode.TOO_LONG, field, words)];
  }
  // It stands in mails and in the log: one line, and no character that turns it round.
  const isPlain = isStorable(text) && !/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(text);
  return isPlain
    ? []
    : [userError(UserErrorCode.INVALID, field, "The name contains a character that cannot be shown.")];
}

export function emailProblems(field: string, email: string): UserError[] {
  if (email.trim() === "") return [userError(UserErrorCode.REQUIRED, field, "An e-mail address is needed.")];
  const read = normaliseEmail(email);
  if ("problem" in read) return [userError(UserErrorCode.INVALID, field, `${read.problem}.`)];
  return read.email.length > EMAIL_CHARACTERS_MAX
    ? [userError(UserErrorCode.TOO_LONG, field, `At most ${EMAIL_CHARACTERS_MAX} characters are allowed.`)]
    : [];
}

/** An address that was checked, as it is stored. */
export function readEmail(email: string): string {
  const read = normaliseEmail(email);
  return "email" in read ? read.email : email.trim();
}

import { hash, verify } from "@node-rs/argon2";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";

export const PASSWORD_CHARACTERS_MIN = 12;
/** Long enough for every passphrase; a bound, so that nobody has megabytes hashed. */
export const PASSWORD_CHARACTERS_MAX = 200;

/** OWASP's password storage cheat sheet: argon2id (the library's default kind) with 19 MiB, two passes, one lane. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export function hashPassword(password: string): Promise<string> {
  return hash(password.normalize("NFKC"), ARGON2);
}

/**
 * Whether it is the password behind `passwordHash`. Without one (no such account, or no password set) it takes as
 * long and answers false, so that the time tells nobody who has an account.
 */
export async function isPassword(password: string, passwordHash: string | null): Promise<boolean> {
  const right = await verify(passwordHash ?? (await hashOfNobody()), password.normalize("NFKC")).catch(() => false);
  return right && passwordHash !== null;
}

/** What is wrong with a new password, in words; `personal` are texts that it may not be made of. */
export function passwordProblems(field: string, password: string, personal: readonly string[]): UserError[] {
  const length = [...password].length;
  if (length < PASSWORD_CHARACTERS_MIN) {
    const words = `The password has ${length} characters; use at least ${PASSWORD_CHARACTERS_MIN}. Several words make a good one.`;
    return [userError(UserErrorCode.INVALID, field, words)];
  }
  if (length > PASSWORD_CHARACTERS_MAX) {
    const words = `The password has ${length} characters; at most ${PASSWORD_CHARACTERS_MAX} are allowed.`;
    return [userError(UserErrorCode.TOO_LONG, field, words)];
  }
  const guessable = isRepetition(password) || personal.some((text) => isMostly(password, text));
  const words = "The password is easy to guess: it repeats itself, or is made of your name or address.";
  return guessable ? [userError(UserErrorCode.INVALID, field, words)] : [];
}

/** A few characters over and over: "abcabcabcabc", "111111111111". */
function isRepetition(password: string): boolean {
  return /^(.{1,4})\1+.{0,3}$/u.test(password) || new Set(password.toLowerCase()).size < 5;
}

function isMostly(password: string, text: string): boolean {
  const [within, part] = [password.toLowerCase(), text.toLowerCase().trim()];
  return part.length >= 4 && within.includes(part) && within.length - part.length < PASSWORD_CHARACTERS_MIN / 2;
}

let nobody: Promise<string> | undefined;

function hashOfNobody(): Promise<string> {
  return (nobody ??= hashPassword("nobody has this password"));
}

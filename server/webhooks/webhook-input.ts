import { nameProblems } from "../accounts/person-input.ts";
import { faultIn, type Reach } from "../platform/outbound.ts";
import { isStorable } from "../platform/text.ts";
import { userError, type UserError, UserErrorCode } from "../platform/user-error.ts";
import { LISTENABLE } from "./webhook.ts";

const URL_CHARACTERS_MAX = 2_000;

/** Refuses what cannot be called. Where its name leads is looked at again with every call. */
export function urlProblems(text: string, reach: Reach): UserError[] {
  const given = text.trim();
  if (given === "") return [userError(UserErrorCode.REQUIRED, "url", "Give an address that begins with https://.")];
  if (given.length > URL_CHARACTERS_MAX) {
    const words = `An address has at most ${URL_CHARACTERS_MAX.toLocaleString("en-US")} characters.`;
    return [userError(UserErrorCode.TOO_LONG, "url", words)];
  }
  const fault = isStorable(given) ? faultIn(given, reach) : "The address contains a character that none has.";
  return fault === null ? [] : [userError(UserErrorCode.INVALID, "url", fault)];
}

/** An address that was checked, as it is stored. */
export function readUrl(text: string): string {
  const url = new URL(text.trim());
  url.hash = "";
  return url.href;
}

export function eventProblems(events: readonly string[]): UserError[] {
  if (events.length === 0)
    return [userError(UserErrorCode.REQUIRED, "events", "Say what it is to be told of: at least one event.")];
  return events.every((event) => LISTENABLE.includes(event))
    ? []
    : [userError(UserErrorCode.INVALID, "events", "Tests are sent by hand; a webhook cannot listen to them.")];
}

/** None is fine, and so is a blank one. */
export function descriptionProblems(description: string | null | undefined): UserError[] {
  if (!description?.trim()) return [];
  const [problem] = nameProblems("description", description);
  return problem ? [{ ...problem, message: problem.message.replace(/^The name/, "The description") }] : [];
}

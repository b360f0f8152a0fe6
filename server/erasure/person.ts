import { domainToUnicode } from "node:url";
import { parsePhoneNumberFromString } from "libphonenumber-js/min";
import type { AddressProblem } from "../platform/email-address.ts";
import { normaliseAddress } from "../recipients/address.ts";

/** Somebody by an address: how rows of customers have it, and how texts may mention it. */
export interface Person {
  address: string;
  key: string;
  isEmail: boolean;
  /** A regular expression of Postgres for the address in a text in lower case; null for a phone number. */
  pattern: string | null;
  /** The digits by which a phone number is found in a text, without the country; null for an e-mail address. */
  digits: string | null;
}

/** Shorter ones would be found in any order number. */
const DIGITS_MIN = 6;

/** Whoever has this address, whatever the way of writing it. */
export function personBy(text: string): Person | AddressProblem {
  const read = normaliseAddress(text);
  if ("problem" in read) return read;
  const { address, key } = read;
  if (!key.includes("@")) return { address, key, isEmail: false, pattern: null, digits: digitsOf(key) };
  return { address, key, isEmail: true, digits: null, pattern: mentionOf([key, inLetters(key)]) };
}

/** The same, who may be mentioned by other ways of writing too. */
export function alsoWritten(person: Person, emails: readonly string[]): Person {
  if (!person.isEmail) return person;
  const written = [person.key, inLetters(person.key), ...emails.map((email) => email.trim().toLowerCase())];
  return { ...person, pattern: mentionOf([...new Set(written)]) };
}

// "ada@example.com" is mentioned neither by "nada@example.com" nor by "ada@example.com.au".
function mentionOf(writings: readonly string[]): string {
  const escaped = writings.map((text) => text.replace(/[^\p{L}\p{N}@]/gu, "\\$&"));
  return `(^|[^[:alnum:]._%+-])(${escaped.join("|")})($|[^[:alnum:].-]|\\.($|[^[:alnum:]]))`;
}

function inLetters(email: string): string {
  const at = email.lastIndexOf("@") + 1;
  return email.slice(0, at) + domainToUnicode(email.slice(at));
}

function digitsOf(key: string): string {
  const national: string | undefined = parsePhoneNumberFromString(key, { extract: false })?.nationalNumber;
  return national && national.length >= DIGITS_MIN ? national : key.replace(/\D/g, "");
}

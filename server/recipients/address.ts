import { domainToASCII } from "node:url";
import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js/min";
import { type AddressProblem, normaliseEmail, shortened } from "../platform/email-address.ts";

// Nothing else may be handed to the platform's function: it reads an address of the web, and would cut
// "münchen.example/x" off at the slash without a word.
const LETTERS_AND_DOTS = /^[\p{L}\p{M}\p{N}.\u3002\uff0e\uff61-]{1,255}$/u;
const ASCII_ALONE = /^\p{ASCII}*$/u;

// What nobody sees in a table: control and format characters, fillers, blanks of other widths.
const INVISIBLE = /[\p{C}\p{Default_Ignorable_Code_Point}]|(?! )\p{Z}/u;

/**
 * A customer's address as mail servers take it: trimmed, checked, its local part in one spelling of accents (NFC), and
 * its domain as DNS knows it, in lower case and "münchen.example" as "xn--mnchen-3ya.example" (RFC 5891).
 */
export function normaliseCustomerEmail(text: string): { email: string } | AddressProblem {
  const trimmed = text.trim();
  if (INVISIBLE.test(trimmed)) return noEmail(trimmed);
  if (ASCII_ALONE.test(trimmed)) return normaliseEmail(trimmed);
  const at = trimmed.lastIndexOf("@") + 1;
  const domain = trimmed.slice(at);
  const isAscii = ASCII_ALONE.test(domain);
  if (at === 0 || (!isAscii && !LETTERS_AND_DOTS.test(domain))) return noEmail(trimmed);
  const read = normaliseEmail(trimmed.slice(0, at).normalize("NFC") + (isAscii ? domain : domainToASCII(domain)));
  // The words of a problem show what was written.
  return "problem" in read ? noEmail(trimmed) : read;
}

function noEmail(written: string): AddressProblem {
  return { problem: `"${shortened(written)}" is not an e-mail address` };
}

/**
 * Checks that it could be dialled: 5 to 15 digits (E.164), with a leading + and separators allowed. In E.164 where it
 * says its country, by a plus or by 00 for one; trimmed and as it was written where it does not.
 */
export function normalisePhone(text: string): { phone: string } | AddressProblem {
  const phone = text.trim();
  const digits = phone.replace(/[\s().\-/]/g, "");
  if (!/^\+?\d{5,15}$/.test(digits)) return { problem: `"${shortened(phone)}" is not a phone number` };
  return { phone: international(digits) ?? phone };
}

// 00 is what ITU-T E.123 has people write where there is no plus.
function international(written: string): string | null {
  const number = parsePhoneNumberFromString(written.replace(/^00(?=[1-9])/, "+"), { extract: false });
  return number?.isPossible() ? number.number : null;
}

/** What makes two recipients of a campaign the same person: the address in one letter case, without separators. */
export function addressKey(address: { email: string } | { phone: string }): string {
  return "email" in address ? address.email.toLowerCase() : address.phone.replace(/[\s().\-/]/g, "");
}

/** Either kind of address, as it is kept and by what it is found again. */
export function normaliseAddress(text: string): { address: string; key: string } | AddressProblem {
  const isEmail = text.includes("@");
  const read = isEmail ? normaliseCustomerEmail(text) : normalisePhone(text);
  if ("problem" in read && !isEmail)
    return { problem: `"${shortened(text.trim())}" is neither an e-mail address nor a phone number` };
  if ("problem" in read) return read;
  return { address: "email" in read ? read.email : read.phone, key: addressKey(read) };
}

/** What is looked for in address keys when somebody types a part of an address. */
export function partOfKey(text: string): string {
  const lower = text.trim().toLowerCase();
  return /^[+\d\s().\-/]+$/.test(lower) ? lower.replace(/[\s().\-/]/g, "") : lower;
}

/**
 * A phone number in E.164 ("+4930123456"), read as written in `country` (ISO 3166, "DE") when it does not begin with a
 * plus. All of the text must be the number. Its length must be possible there; whether it is given to anybody is not
 * looked at.
 */
export function phoneInE164(text: string, country: CountryCode | null): { phone: string } | AddressProblem {
  const written = text.trim();
  const number = parsePhoneNumberFromString(written, {
    ...(country && { defaultCountry: country }),
    // Else a number is looked for in any text: "12345 Berlin" would have one.
    extract: false,
  });
  if (number?.ext) return { problem: `"${shortened(written)}" has an extension; a message goes to a number alone` };
  if (number?.isPossible()) return { phone: number.number };
  const read = number || country ? null : normalisePhone(written);
  if (read && "phone" in read && read.phone.startsWith("+")) return read;
  if (read && "phone" in read)
    return { problem: `"${shortened(written)}" has no country: write it with a plus, or choose a country` };
  const where = country ? ` of ${countryNames.of(country) ?? country}` : "";
  return { problem: `"${shortened(written)}" is not a phone number${where}` };
}

const countryNames = new Intl.DisplayNames("en", { type: "region" });

export function isCountry(code: string): code is CountryCode {
  return isSupportedCountry(code);
}

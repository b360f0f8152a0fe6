import validator from "validator";
import { isStorable } from "../platform/text.ts";

/** Why an address cannot be written to, in words for a person. */
export type AddressProblem = { problem: string };

/** Trims, lower-cases the domain (the local part is the receiver's business, RFC 5321 2.4), and checks the form. */
export function normaliseEmail(text: string): { email: string } | AddressProblem {
  const trimmed = text.trim();
  const at = trimmed.lastIndexOf("@");
  const email = at < 0 ? trimmed : trimmed.slice(0, at) + trimmed.slice(at).toLowerCase();
  if (!isStorable(email) || !validator.isEmail(email))
    return { problem: `"${shortened(trimmed)}" is not an e-mail address` };
  return { email };
}

/** Trims and checks that it could be dialled: 5 to 15 digits (E.164), with a leading + and separators allowed. */
export function normalisePhone(text: string): { phone: string } | AddressProblem {
  const phone = text.trim();
  const digits = phone.replace(/[\s().\-/]/g, "");
  if (!/^\+?\d{5,15}$/.test(digits)) return { problem: `"${shortened(phone)}" is not a phone number` };
  return { phone };
}

/** What makes two recipients of a campaign the same person: the address in one letter case, without separators. */
export function addressKey(address: { email: string } | { phone: string }): string {
  return "email" in address ? address.email.toLowerCase() : address.phone.replace(/[\s().\-/]/g, "");
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

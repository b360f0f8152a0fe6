import validator from "validator";
import { isStorable } from "./text.ts";

/** Why an address cannot be written to, in words for a person. */
export type AddressProblem = { problem: string };

/** No part of an address has a limit below this (RFC 5321 4.5.3.1: 64 octets before the @; RFC 1035: 63 in a label). */
const SHORT_BYTES = 64;

/** Trims, lower-cases the domain (the local part is the receiver's business, RFC 5321 2.4), and checks the form. */
export function normaliseEmail(text: string): { email: string } | AddressProblem {
  const trimmed = text.trim();
  const at = trimmed.lastIndexOf("@");
  const email = at < 0 ? trimmed : trimmed.slice(0, at) + trimmed.slice(at).toLowerCase();
  // The library measures by encodeURI, which costs more than all of its other checks.
  const lengthIsFine = Buffer.byteLength(email) <= SHORT_BYTES;
  if (!isStorable(email) || !validator.isEmail(email, { ignore_max_length: lengthIsFine }))
    return { problem: `"${shortened(trimmed)}" is not an e-mail address` };
  return { email };
}

/** So much of a wrong address as a message repeats. */
export function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

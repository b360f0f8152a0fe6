import { type AddressProblem, shortened } from "../platform/email-address.ts";

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

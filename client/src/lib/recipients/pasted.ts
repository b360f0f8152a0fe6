/** One customer as read from pasted text. */
export interface Pasted {
  name: string | null;
  email: string;
  phone: string | null;
}

/** A line that could not be read, with its number in the text, from 1. */
export interface PastedProblem {
  line: number;
  text: string;
  problem: string;
}

/**
 * Reads lines such as `Ada Amber, ada@example.com, +49 30 901820`, in any order of the parts, separated by commas,
 * semicolons or tabs. Blank lines and a heading line are passed over; nothing is dropped without a word.
 */
export function readPasted(text: string): { recipients: Pasted[]; problems: PastedProblem[] } {
  const recipients: Pasted[] = [];
  const problems: PastedProblem[] = [];
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const parts = line
      .split(/[,;\t]/)
      .map((part) => part.trim())
      .filter((part) => part !== "");
    if (parts.length === 0 || (index === 0 && isHeading(parts))) continue;
    const email = parts.find((part) => part.includes("@"));
    if (!email) {
      problems.push({ line: index + 1, text: line.slice(0, 80), problem: "has no e-mail address" });
      continue;
    }
    const address = /<([^<>]+)>/.exec(email)?.[1] ?? email;
    const rest = parts.filter((part) => part !== email);
    const phone = rest.find((part) => /^[+(]?\d[\d\s().\-/]{3,}$/.test(part)) ?? null;
    const named = address === email ? null : email.slice(0, email.indexOf("<")).trim();
    const name = rest.filter((part) => part !== phone).join(" ") || named || null;
    recipients.push({ name, email: address, phone });
  }
  return { recipients, problems };
}

function isHeading(parts: string[]): boolean {
  return !parts.some((part) => part.includes("@")) && parts.some((part) => /^e-?mail/i.test(part));
}

/** Customers of nobody's shop, for trying things out; example.com is reserved for this (RFC 2606). */
export function madeUp(howMany: number): Pasted[] {
  return Array.from({ length: howMany }, (_, index) => ({
    name: `Made-up Customer ${index + 1}`,
    email: `customer.${index + 1}@example.com`,
    phone: null,
  }));
}

/** One customer as read from pasted text. */
export interface Pasted {
  name: string | null;
  email: string;
  phone: string | null;
}

/** A line that is not taken over, with its number in the text, from 1. */
export interface PastedProblem {
  line: number;
  text: string;
  problem: string;
}

/** Every line that is not blank and no heading is in exactly one of the three. */
export interface Reading {
  recipients: Pasted[];
  /** Lines that cannot be read. */
  problems: PastedProblem[];
  /** Lines whose address stood further up already. */
  duplicates: PastedProblem[];
}

const TEXT_SHOWN_MAX = 80;

/**
 * Reads lines such as `Ada Amber, ada@example.com, +49 30 901820`, in any order of the parts, separated by commas,
 * semicolons or tabs. Blank lines and a heading line are passed over; nothing is dropped without a word.
 */
export function readPasted(text: string): Reading {
  const reading: Reading = { recipients: [], problems: [], duplicates: [] };
  const lineOf = new Map<string, number>();
  for (const [index, whole] of text.split(/\r\n|\r|\n/).entries()) {
    const parts = whole
      .split(/[,;\t]/)
      .map((part) => part.trim())
      .filter((part) => part !== "");
    if (parts.length === 0 || (index === 0 && isHeading(parts))) continue;
    const line = index + 1;
    const shown = { line, text: whole.trim().slice(0, TEXT_SHOWN_MAX) };
    const read = readParts(parts);
    if (typeof read === "string") {
      reading.problems.push({ ...shown, problem: read });
      continue;
    }
    // The same person in the API's eyes: an address in another letter case.
    const key = read.email.toLowerCase();
    const firstLine = lineOf.get(key);
    if (firstLine !== undefined) {
      reading.duplicates.push({ ...shown, problem: `has the address of line ${firstLine}` });
      continue;
    }
    lineOf.set(key, line);
    reading.recipients.push(read);
  }
  return reading;
}

function readParts(parts: string[]): Pasted | string {
  const email = parts.find((part) => part.includes("@"));
  if (!email) return "has no e-mail address";
  const address = unquoted(/<([^<>]+)>/.exec(email)?.[1] ?? email);
  if (!looksLikeAddress(address)) return "has an address that is none";
  const rest = parts.filter((part) => part !== email);
  const phone = rest.find((part) => /^[+(]?\d[\d\s().\-/]{3,}$/.test(part)) ?? null;
  const before = email.includes("<") ? email.slice(0, email.indexOf("<")).trim() : "";
  const name = unquoted(rest.filter((part) => part !== phone).join(" ") || before) || null;
  return { name, email: address, phone };
}

// Enough to catch slips while typing; the API has the last word.
function looksLikeAddress(text: string): boolean {
  return /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>".]{2,}$/.test(text);
}

function unquoted(text: string): string {
  return text.replace(/^["']+|["']+$/g, "").trim();
}

function isHeading(parts: string[]): boolean {
  return !parts.some((part) => part.includes("@")) && parts.some((part) => /^"?e-?mail/i.test(part));
}

const FIRST_NAMES = ["Ada", "Bo", "Cleo", "Dara", "Eli", "Fenna", "Gus", "Hana", "Ivo", "Juno", "Kit", "Lio", "Mika"];
const LAST_NAMES = ["Amber", "Birch", "Clover", "Dune", "Ember", "Fjord", "Grove", "Heath", "Isle", "Kelp", "Lark"];

/** Customers of nobody's shop, for trying things out; example.com is reserved for this (RFC 2606). */
export function madeUp(howMany: number): Pasted[] {
  return Array.from({ length: howMany }, (_, index) => {
    const first = FIRST_NAMES[index % FIRST_NAMES.length] ?? "";
    const last = LAST_NAMES[index % LAST_NAMES.length] ?? "";
    const email = `${first}.${last}.${index + 1}@example.com`.toLowerCase();
    return { name: `${first} ${last}`, email, phone: null };
  });
}

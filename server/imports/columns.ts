import { storable } from "../platform/text.ts";
import { normaliseCustomerEmail, normalisePhone } from "../recipients/address.ts";

/** What a column of a file is to us. FIELD: one of the caller's own fields, under the column's name. */
export enum ColumnMeaning {
  NAME = "NAME",
  EMAIL = "EMAIL",
  PHONE = "PHONE",
  FIELD = "FIELD",
}

export interface Column {
  /** Place in the row, from 0. */
  index: number;
  /** The header's words, trimmed; "Column 3" without any; "Note (2)" for the second of the same name. */
  name: string;
  /** The first few values that are there. */
  samples: string[];
  /** Each of NAME, EMAIL and PHONE is guessed for one column at most; NAME for two where first and last name are apart. */
  guess: ColumnMeaning;
}

/** What stands behind the columns of a file of rejected rows. */
export const REJECTED_COLUMNS = ["code", "reason"] as const;

/** A longer name is cut: it is shown, and stands in the report of each row that has something wrong in the column. */
export const COLUMN_CHARACTERS_MAX = 200;

const SAMPLES_MAX = 3;
/** So much of a column has to look like an address for us to take it for one: some always are mistyped. */
const LOOKS_LIKE = 0.6;

/** What headers are called in exports of shops, CRMs and Excel, in the languages we know some of. Lower case. */
const WORDS: Record<Exclude<ColumnMeaning, ColumnMeaning.FIELD>, RegExp> = {
  [ColumnMeaning.EMAIL]: /^(e[\s_-]?mail|mail|correo|courriel)([\s_-]?(address|adresse|addr|id))?\b/,
  [ColumnMeaning.PHONE]: /^(phone|mobile|cell|tel\b|telefon|téléphone|teléfono|telefono|handy|telephone|mobil)/,
  [ColumnMeaning.NAME]:
    /^((full|customer|contact|display)[\s_-]?name|name|vor- und nachname|kunde|nom|nombre|nome|naam|customer|contact)$/,
};

const FIRST_NAME = /^(first|given|fore)[\s_-]?name$|^(vorname|prénom|prenom|voornaam)$/;
const LAST_NAME = /^(last|family|sur)[\s_-]?name$|^(nachname|familienname|achternaam|apellidos?|cognome)$/;

/** Whether the first row names the columns: it has no address or number in it, and says what is under it. */
export function guessHeader([first, ...others]: string[][]): boolean {
  if (!first) return false;
  if (first.some((cell) => isEmail(cell) || isPhone(cell) || isNumber(cell))) return false;
  if (first.some((cell) => meaningOf(cell) !== null)) return true;
  // Words over words could be anything; words over an address are its name.
  return others.some((cells) => cells.some((cell) => isEmail(cell) || isPhone(cell) || isNumber(cell)));
}

/**
 * The columns of a table, from its first rows: as many as the header names, or as most rows have where there are more
 * of them. A row that is longer or shorter than that is reported when it is imported.
 */
export function columnsOf(rows: string[][], hasHeader: boolean): Column[] {
  const header = hasHeader ? (rows[0] ?? []) : [];
  const body = hasHeader ? rows.slice(1) : rows;
  const names = distinct(header, columnCount(header, body));
  const filled = names.map((_name, index) => body.map((cells) => cells[index]?.trim() ?? "").filter((cell) => cell));
  const guesses = guessMeanings(names, filled);
  return names.map((name, index) => ({
    ...{ index, name, guess: guesses.get(index) ?? ColumnMeaning.FIELD },
    samples: [...new Set(filled[index])].slice(0, SAMPLES_MAX),
  }));
}

function columnCount(header: string[], body: string[][]): number {
  const times = new Map<number, number>();
  for (const { length } of body) times.set(length, (times.get(length) ?? 0) + 1);
  const [usual] = [...times].sort(([a, timesA], [b, timesB]) => timesB - timesA || a - b);
  const [length, rows] = usual ?? [0, 0];
  // Its rows may all be too long: that is why they are there.
  const isOfRejected = header.slice(-REJECTED_COLUMNS.length).join() === REJECTED_COLUMNS.join();
  const isMost = (rows > body.length / 2 && !isOfRejected) || header.length === 0;
  return isMost ? Math.max(header.length, length) : header.length;
}

function guessMeanings(names: string[], filled: string[][]): Map<number, ColumnMeaning> {
  const guesses = new Map<number, ColumnMeaning>();
  const looksLike = (cells: string[], fits: (cell: string) => boolean) =>
    cells.length > 0 && cells.filter(fits).length >= cells.length * LOOKS_LIKE;
  const guess = (meaning: ColumnMeaning, fits: (index: number) => boolean) => {
    if ([...guesses.values()].includes(meaning)) return;
    const index = names.findIndex((_name, i) => !guesses.has(i) && fits(i));
    if (index >= 0) guesses.set(index, meaning);
  };
  const named = (meaning: ColumnMeaning) => (index: number) => meaningOf(names[index]!) === meaning;
  const holdsEmails = (index: number) => looksLike(filled[index]!, isEmail);
  const holdsPhones = (index: number) => looksLike(filled[index]!, isPhone);

  // What a column holds says more than what it is called: "Contact" may well hold addresses.
  guess(ColumnMeaning.EMAIL, (index) => named(ColumnMeaning.EMAIL)(index) && holdsEmails(index));
  guess(ColumnMeaning.EMAIL, holdsEmails);
  guess(ColumnMeaning.EMAIL, named(ColumnMeaning.EMAIL));
  guess(ColumnMeaning.PHONE, named(ColumnMeaning.PHONE));
  // Without a name only what is written as one: customer numbers have digits too.
  guess(ColumnMeaning.PHONE, (index) => holdsPhones(index) && looksLike(filled[index]!, (cell) => /^\+/.test(cell)));
  guess(ColumnMeaning.NAME, named(ColumnMeaning.NAME));
  if (![...guesses.values()].includes(ColumnMeaning.NAME)) {
    for (const part of [FIRST_NAME, LAST_NAME]) {
      const index = names.findIndex((name, i) => !guesses.has(i) && part.test(name.trim().toLowerCase()));
      if (index >= 0) guesses.set(index, ColumnMeaning.NAME);
    }
  }
  return guesses;
}

function distinct(header: string[], length: number): string[] {
  const taken = new Set<string>();
  // By name: which copy of it comes next. A header may have one name a thousand times.
  const copies = new Map<string, number>();
  return Array.from({ length }, (_, index) => {
    const named = storable((header[index]?.trim() ?? "").slice(0, COLUMN_CHARACTERS_MAX));
    const wanted = named || `Column ${index + 1}`;
    let name = wanted;
    let copy = copies.get(wanted) ?? 2;
    for (; taken.has(name); copy++) name = `${wanted} (${copy})`;
    copies.set(wanted, copy);
    taken.add(name);
    return name;
  });
}

function meaningOf(header: string): ColumnMeaning | null {
  const words = header.trim().toLowerCase();
  const found = Object.entries(WORDS).find(([, pattern]) => pattern.test(words));
  return (found?.[0] as ColumnMeaning | undefined) ?? null;
}

function isEmail(cell: string): boolean {
  return cell.includes("@") && "email" in normaliseCustomerEmail(cell);
}

function isPhone(cell: string): boolean {
  return /\d/.test(cell) && "phone" in normalisePhone(cell);
}

function isNumber(cell: string): boolean {
  return /^\s*[\d.,-]*\d[\d.,-]*\s*$/.test(cell);
}

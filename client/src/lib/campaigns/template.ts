/** What a message can say of the customer it goes to. */
export interface Customer {
  name: string | null;
  email: string;
  phone: string | null;
}

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
const KNOWN = ["name", "email", "phone"] as const;

/** The text as this customer would read it. What is not known of them is left empty. */
export function filledIn(text: string, customer: Customer): string {
  return text.replace(PLACEHOLDER, (whole, name: string) => (isKnown(name) ? (customer[name] ?? "") : whole));
}

/** Placeholders that stand for nothing, each once. */
export function unknownPlaceholders(text: string): string[] {
  const names = [...text.matchAll(PLACEHOLDER)].map(([, name]) => name ?? "");
  return [...new Set(names)].filter((name) => !isKnown(name));
}

/** What the text says of customers that some of them lack, with how many. */
export function missingValues(text: string, customers: Customer[]): { placeholder: string; customers: number }[] {
  const named = new Set([...text.matchAll(PLACEHOLDER)].map(([, name]) => name));
  return KNOWN.filter((name) => named.has(name))
    .map((name) => ({ placeholder: name, customers: customers.filter((customer) => !customer[name]).length }))
    .filter(({ customers: lacking }) => lacking > 0);
}

function isKnown(name: string): name is (typeof KNOWN)[number] {
  return (KNOWN as readonly string[]).includes(name);
}

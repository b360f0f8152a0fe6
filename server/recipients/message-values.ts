import type { Values } from "../campaigns/template.ts";

/** What a message may say of a customer. */
export interface Addressed {
  name: string | null;
  email: string | null;
  phone: string | null;
  fields: Readonly<Record<string, string | number | boolean>>;
}

/**
 * The values that a message is rendered with: own fields by their names, and the customer's own. `first_name` is an
 * own field where there is one, otherwise the first word of the name.
 */
export function messageValues(
  { name, email, phone, fields }: Addressed,
  { link, unsubscribeUrl }: { link: string; unsubscribeUrl: string },
): Values {
  const own = fields["first_name"];
  const isBlank = own === undefined || (typeof own === "string" && own.trim() === "");
  const first_name = isBlank ? (name?.trim().split(/\s+/)[0] ?? null) : own;
  return { ...fields, first_name, name, email, phone, link, unsubscribe_link: unsubscribeUrl };
}

/** What a message can say of the customer it goes to. */
export interface Customer {
  name: string | null;
  email: string;
  phone: string | null;
}

/** Something that a message fills in, as the API names it. */
export interface Variable {
  name: string;
  hasDefault: boolean;
}

/** Whether everybody has one of their own. */
export function isGiven(name: string): boolean {
  return name === "link" || name === "unsubscribe_link";
}

/** How many of the customers lack it. People of a list have no fields of their own. */
export function lacking({ name }: Variable, customers: Customer[]): number {
  if (isGiven(name)) return 0;
  return customers.filter((customer) => !valueOf(customer, name)?.trim()).length;
}

function valueOf(customer: Customer, name: string): string | null {
  if (name === "first_name" || name === "name") return customer.name;
  return name === "email" || name === "phone" ? customer[name] : null;
}

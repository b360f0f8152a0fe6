import { fail } from "@sveltejs/kit";

/** What a form was answered with: its values again (never a password), and what was wrong with which. */
export interface FormAnswer {
  values: Record<string, string>;
  /** By the name of the form's field; "" is the form as a whole. */
  problems: Record<string, string>;
  /** What was done, in words. */
  done?: string;
  /** To be handed over now: it is shown this once. */
  secret?: string;
}

type UserErrors = { field?: string | null; message: string }[];

/** The form again with what is wrong, or null when nothing is. */
export function refusal(values: Record<string, string>, userErrors: UserErrors, fields: readonly string[]) {
  if (userErrors.length === 0) return null;
  const named = userErrors.map(
    ({ field, message }) => [field && fields.includes(field) ? field : "", message] as const,
  );
  return fail(400, { values: withoutSecrets(values), problems: Object.fromEntries(named) } satisfies FormAnswer);
}

export function answer(done: string, more: Partial<FormAnswer> = {}): FormAnswer {
  return { values: {}, problems: {}, done, ...more };
}

function withoutSecrets(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !/password|token/i.test(name)));
}

/** A draft with customers' addresses, GraphiQL's tabs: headers by which what the browser kept goes with the session. */
export const LEAVE_NOTHING = { "clear-site-data": '"storage"' };

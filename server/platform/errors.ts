import { type ASTNode, GraphQLError } from "graphql";

/** The stable codes of top-level errors (`extensions.code`); what a caller can mend by other input is a userError. */
export type ErrorCode =
  | "UNAUTHENTICATED"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "BAD_USER_INPUT"
  | "LIMIT_EXCEEDED"
  | "COST_EXCEEDED"
  | "RATE_LIMITED"
  | "UNAVAILABLE";

/**
 * A fault that the caller may see: the message goes out as it stands, so it names no internals. `at` is the place in
 * the query; `more` are figures beside the code, for programs.
 */
export class CallerError extends GraphQLError {
  constructor(code: ErrorCode, message: string, { at, more }: { at?: ASTNode; more?: Record<string, unknown> } = {}) {
    super(message, { nodes: at ?? null, extensions: { code, ...more } });
  }
}

/** Answers alike for what does not exist and for what belongs to another workspace. */
export function notFound(what: string, id: string): CallerError {
  return new CallerError("NOT_FOUND", `There is no ${what} with the id "${id.slice(0, 100)}" in this workspace.`);
}

/** Nobody is signed in, or what they signed in with is not valid any more. */
export function unauthenticated(message: string): CallerError {
  return new CallerError("UNAUTHENTICATED", message);
}

/** The caller is known, and may not do this. */
export function forbidden(message: string): CallerError {
  return new CallerError("FORBIDDEN", message);
}

/** An argument that no value of the caller's data could explain: a cursor of another list, `first` over the limit. */
export function badInput(argument: string, message: string): CallerError {
  return new CallerError("BAD_USER_INPUT", `${argument}: ${message}`);
}

/** Closes a switch over a union: a case that was forgotten fails to compile. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}

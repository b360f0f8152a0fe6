import { GraphQLError, type GraphQLFormattedError } from "graphql";
import type { Logger } from "pino";
import { CallerError } from "./platform/errors.ts";
import { tooManyTokens } from "./platform/query-limits.ts";

/** Lets through what was meant for the caller, and hides everything else behind one sentence; `logFaults` keeps it. */
export function forCaller(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const original = originalOf(error);
  const meant = original instanceof CallerError ? original : tooManyTokens(original);
  // Apollo gives every refusal of a rule the same code; a code of our own says more.
  if (meant) {
    return { ...formatted, message: meant.message, extensions: { ...formatted.extensions, ...meant.extensions } };
  }
  if (original instanceof GraphQLError) return formatted;
  return {
    message: "Something went wrong on our side. It is in the server's log.",
    ...(formatted.path && { path: formatted.path }),
    ...(formatted.locations && { locations: formatted.locations }),
    extensions: { code: "INTERNAL_SERVER_ERROR" },
  };
}

/** Writes down what `forCaller` hides. */
export function logFaults(errors: readonly unknown[], log: Logger): void {
  for (const original of errors.map(originalOf)) {
    if (!(original instanceof GraphQLError)) log.error({ err: original }, "a resolver failed");
  }
}

/** Under this id the fault is found in the log. */
export function withRequestId(error: GraphQLFormattedError, requestId: string): GraphQLFormattedError {
  return { ...error, extensions: { ...error.extensions, requestId } };
}

function originalOf(error: unknown): unknown {
  return error instanceof GraphQLError ? (error.originalError ?? error) : error;
}

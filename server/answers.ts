import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { log } from "./platform/log.ts";

/** Lets through what was meant for the caller, and hides everything else behind one sentence and the log. */
export function forCaller(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const original = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  if (original instanceof GraphQLError) return formatted;
  log.error({ err: original }, "a resolver failed");
  return {
    message: "Something went wrong on our side. It is in the server's log.",
    ...(formatted.path && { path: formatted.path }),
    ...(formatted.locations && { locations: formatted.locations }),
    extensions: { code: "INTERNAL_SERVER_ERROR" },
  };
}

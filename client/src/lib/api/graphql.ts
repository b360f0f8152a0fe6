import { initGraphQLTada } from "gql.tada";
import type { introspection } from "../../graphql-env.d.ts";

/** Typed documents: `graphql` knows schema.graphql, so a field that is not there fails the check. */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  disableMasking: true;
  scalars: { DateTimeISO: string; JSONObject: Record<string, string | number | boolean> };
}>();

export type { ResultOf, VariablesOf } from "gql.tada";

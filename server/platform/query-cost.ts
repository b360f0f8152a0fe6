import {
  type DocumentNode,
  getNamedType,
  getOperationAST,
  GraphQLError,
  type GraphQLSchema,
  isCompositeType,
} from "graphql";
// The package's other build imports a second copy of graphql, which takes this one's schema for a stranger's.
import { type ComplexityEstimator, getComplexity } from "graphql-query-complexity/cjs";
import { CallerError } from "./errors.ts";

/** The most points that one operation may cost. */
export const OPERATION_COST_MAX = 2_000;
/** A mutation writes, in a transaction of its own. */
const MUTATION_COST = 10;

export interface Asked {
  document: DocumentNode;
  variables?: Record<string, unknown> | null | undefined;
  operationName?: string | null | undefined;
}

/**
 * What an operation costs before it is run, in points: an object 1, a scalar nothing, a mutation 10 more, and a list with
 * `first` so many times what one of its rows costs. The document must be valid and within the query limits. 0 when
 * it has no operation of that name. Throws BAD_USER_INPUT when the variables do not fit it, because then nothing can
 * be weighed.
 */
export function costOf(schema: GraphQLSchema, { document, variables, operationName }: Asked): number {
  const operation = getOperationAST(document, operationName);
  if (!operation) return 0;
  const name = operation.name?.value;
  try {
    return getComplexity({
      ...{ schema, query: document, variables: variables ?? {}, estimators: [weigh(schema)] },
      ...(name !== undefined && { operationName: name }),
    });
  } catch (error) {
    const at = error instanceof GraphQLError ? error.nodes?.[0] : undefined;
    if (error instanceof GraphQLError) throw new CallerError("BAD_USER_INPUT", error.message, at && { at });
    throw error;
  }
}

/** Throws COST_EXCEEDED when one operation costs more than any may. */
export function refuseTooDear(cost: number, { document, operationName }: Asked): void {
  if (cost <= OPERATION_COST_MAX) return;
  const at = getOperationAST(document, operationName);
  throw new CallerError(
    "COST_EXCEEDED",
    `This ${at?.operation ?? "operation"} costs ${cost.toLocaleString("en-US")} points; at most ` +
      `${OPERATION_COST_MAX.toLocaleString("en-US")} are allowed. Ask for fewer rows (first) or fewer lists in lists.`,
    { ...(at && { at }), more: { requested: cost, limit: OPERATION_COST_MAX } },
  );
}

function weigh(schema: GraphQLSchema): ComplexityEstimator {
  return ({ type, field, args, childComplexity }) => {
    const itself = isCompositeType(getNamedType(field.type)) ? 1 : 0;
    const writing = type === schema.getMutationType() ? MUTATION_COST : 0;
    // Below 1 it is refused by the list itself; it must not make the rest cheaper.
    const rows = typeof args["first"] === "number" ? Math.max(args["first"], 1) : 1;
    return writing + itself + rows * childComplexity;
  };
}

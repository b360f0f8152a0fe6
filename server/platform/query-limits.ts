import {
  type ASTVisitor,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
} from "graphql";
import { CallerError } from "./errors.ts";

/** The most that one query may ask for, whatever its cost; the same over HTTP and over the socket. */
export const QUERY_LIMITS = { tokens: 1_000, depth: 10, aliases: 15, rootFields: 10, selections: 500 } as const;

/**
 * Refuses an operation that is too deep or too wide, as a graphql-js validation rule. A fragment counts each time it is
 * spread, and is looked at once: fragments that spread fragments cost no more to check than to write.
 */
export function withinQueryLimits(context: ValidationContext): ASTVisitor {
  const measure = measurer((name) => context.getFragment(name));
  return {
    OperationDefinition(operation) {
      for (const broken of brokenLimits(operation, measure(operation.selectionSet))) context.reportError(broken);
      return false;
    },
  };
}

/** The document, or LIMIT_EXCEEDED when it has too many tokens, or graphql-js's own syntax error. */
export function parseWithinLimits(source: string): DocumentNode {
  try {
    return parse(source, { maxTokens: QUERY_LIMITS.tokens });
  } catch (error) {
    throw tooManyTokens(error) ?? error;
  }
}

/** LIMIT_EXCEEDED in place of the parser's error about too many tokens, which has no code of its own; else null. */
export function tooManyTokens(error: unknown): CallerError | null {
  const isAboutTokens =
    error instanceof GraphQLError && /Document contains more tha[nt] \d+ tokens/.test(error.message);
  if (!isAboutTokens) return null;
  const { line, column } = error.locations?.[0] ?? { line: 1, column: 1 };
  return new CallerError(
    "LIMIT_EXCEEDED",
    `The query has more than ${said(QUERY_LIMITS.tokens)} tokens: the first that is too many stands in line ${line}, ` +
      `column ${column}. Send values as variables, or ask in several queries.`,
  );
}

/** What is in a selection set, with the fragments that it spreads. */
interface Measure {
  /** The fields on the way to the deepest one. */
  deepest: readonly string[];
  aliases: number;
  /** Fields, spreads and inline fragments, at any depth. */
  selections: number;
  /** The set's own fields. */
  fields: number;
}

const NOTHING: Measure = { deepest: [], aliases: 0, selections: 0, fields: 0 };

function measurer(fragment: (name: string) => FragmentDefinitionNode | null | undefined) {
  const seen = new Map<string, Measure>();

  const ofSet = (set: SelectionSetNode): Measure => set.selections.map(ofOne).reduce(together, NOTHING);

  const ofOne = (selection: SelectionNode): Measure => {
    switch (selection.kind) {
      case Kind.FIELD: {
        const { name, alias, selectionSet } = selection;
        const inside = selectionSet ? ofSet(selectionSet) : NOTHING;
        // Tools ask for the schema deeper than any other question goes; graphql-js has a rule of its own for that.
        const deepest = name.value.startsWith("__") ? [] : [name.value, ...inside.deepest];
        const aliases = inside.aliases + (alias ? 1 : 0);
        return { deepest, aliases, selections: inside.selections + 1, fields: 1 };
      }
      case Kind.INLINE_FRAGMENT:
        return oneMore(ofSet(selection.selectionSet));
      case Kind.FRAGMENT_SPREAD:
        return oneMore(ofFragment(selection.name.value));
    }
  };

  const ofFragment = (name: string): Measure => {
    const known = seen.get(name);
    if (known) return known;
    // One that spreads itself meets this; another rule refuses the query for it.
    seen.set(name, NOTHING);
    const definition = fragment(name);
    const measured = definition ? ofSet(definition.selectionSet) : NOTHING;
    seen.set(name, measured);
    return measured;
  };

  return ofSet;
}

function oneMore(measure: Measure): Measure {
  return { ...measure, selections: measure.selections + 1 };
}

function together(a: Measure, b: Measure): Measure {
  return {
    deepest: b.deepest.length > a.deepest.length ? b.deepest : a.deepest,
    aliases: a.aliases + b.aliases,
    selections: a.selections + b.selections,
    fields: a.fields + b.fields,
  };
}

function brokenLimits(at: OperationDefinitionNode, { deepest, aliases, selections, fields }: Measure): CallerError[] {
  const who = at.name ? `The ${at.operation} ${at.name.value}` : `The ${at.operation}`;
  const rows: [asked: number, max: number, sentence: string][] = [
    [deepest.length, QUERY_LIMITS.depth, `is ${deepest.length} fields deep at ${deepest.join(".")}`],
    [aliases, QUERY_LIMITS.aliases, `has ${said(aliases)} aliases`],
    [fields, QUERY_LIMITS.rootFields, `asks for ${said(fields)} fields at its top`],
    [selections, QUERY_LIMITS.selections, `selects ${said(selections)} fields and fragments, each spread counted`],
  ];
  return rows
    .filter(([asked, max]) => asked > max)
    .map(
      ([, max, sentence]) =>
        new CallerError("LIMIT_EXCEEDED", `${who} ${sentence}; at most ${max} are allowed.`, { at }),
    );
}

// Fragments that double each other reach numbers that nobody reads.
function said(count: number): string {
  return count > 1_000_000 ? "more than a million" : count.toLocaleString("en-US");
}

import { ArgsType, type ClassType, Field, Int, ObjectType } from "type-graphql";
import { isUuid } from "./database.ts";
import { badInput } from "./errors.ts";
import { isStorable } from "./text.ts";

/** The most rows one page may ask for. */
export const PAGE_ROWS_MAX = 100;

@ObjectType({ description: "Where a page stands in its list." })
export class PageInfo {
  @Field(() => Boolean, { description: "True when rows follow: ask again with `after: endCursor`." })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: "True when the page was asked for with `after`." })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: "Cursor of the first row; null on an empty page." })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: "Cursor of the last row; null on an empty page." })
  endCursor!: string | null;
}

@ArgsType()
export abstract class PageArgs {
  @Field(() => Int, { defaultValue: 25, description: "How many rows, 1 to 100." })
  first!: number;

  @Field(() => String, { nullable: true, description: "Rows after this cursor of the same list in the same order." })
  after?: string;
}

/** The arguments of a list that has no others. */
@ArgsType()
export class PageOnly extends PageArgs {}

export interface Page<Node> {
  nodes: Node[];
  edges: { cursor: string; node: Node }[];
  pageInfo: PageInfo;
}

/** Makes the Relay edge and connection types of a noun, with `nodes` beside `edges`. */
export function connectionOf<Node extends object>(name: string, node: ClassType<Node>) {
  @ObjectType(`${name}Edge`, { description: `One ${inWords(name)} and its place in the list.` })
  class Edge {
    @Field(() => String, { description: "Pass it as `after` to go on from this row." })
    cursor!: string;

    @Field(() => node, { description: "The row." })
    node!: Node;
  }

  @ObjectType(`${name}Connection`, { description: `One page of a list (${inWords(name)}), by keyset cursor.` })
  class Connection {
    @Field(() => [node], { description: "The rows of the page." })
    nodes!: Node[];

    @Field(() => [Edge], { description: "The rows with their cursors." })
    edges!: Edge[];

    @Field(() => PageInfo, { description: "Where the page stands in the list." })
    pageInfo!: PageInfo;
  }
  return Connection;
}

/** "ApiToken" as people write it: "api token". */
function inWords(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}

/** Checks `first`; a page of more than 100 rows is refused rather than cut. */
export function pageSize(first: number): number {
  if (first < 1 || first > PAGE_ROWS_MAX) throw badInput("first", `must be from 1 to ${PAGE_ROWS_MAX}, not ${first}.`);
  return first;
}

/** The text searched for, or nothing when it is blank; one that no row can contain is refused. */
export function searchText(search: string | null | undefined): string | undefined {
  if (!isStorable(search ?? "")) throw badInput("search", "contains a character that is none (NUL, or half of one).");
  return search?.trim() || undefined;
}

/** A cursor is the row's key in the list's order, tagged with that order so that it cannot be used in another. */
export function encodeCursor(order: string, key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([order, ...key])).toString("base64url");
}

/** The key inside a cursor, or BAD_USER_INPUT for anything that is not a cursor of this order. */
export function decodeCursor(
  order: string,
  cursor: string,
  pattern: readonly { test(part: string): boolean }[],
): string[] {
  const parts = parseParts(cursor);
  const key = parts.slice(1).map(String);
  const fits = parts[0] === order && key.length === pattern.length && key.every((part, i) => pattern[i]?.test(part));
  if (!fits) throw badInput("after", "is not a cursor of this list in this order.");
  return key;
}

/** Where a list that is ordered by id goes on. */
export function pageById({ first, after }: PageArgs, order: string): { first: number; afterId?: string } {
  const [afterId] = after ? decodeCursor(order, after, [{ test: isUuid }]) : [];
  return { first: pageSize(first), ...(afterId && { afterId }) };
}

/** The same list's page, from rows that were read with one more than asked for. */
export function toPageById<Node extends { id: string }>(
  rows: Node[],
  { first, after }: PageArgs,
  order: string,
): Page<Node> {
  return toPage(rows, first, after, ({ id }) => encodeCursor(order, [id]));
}

function parseParts(cursor: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

/** Cuts a page from `rows`, which were read with one row more than asked for. */
export function toPage<Node>(
  rows: Node[],
  first: number,
  after: string | undefined,
  cursorOf: (row: Node) => string,
): Page<Node> {
  const nodes = rows.slice(0, first);
  const edges = nodes.map((node) => ({ cursor: cursorOf(node), node }));
  return {
    nodes,
    edges,
    pageInfo: {
      hasNextPage: rows.length > first,
      hasPreviousPage: after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

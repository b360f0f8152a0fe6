import { describe, expect, test } from "@jest/globals";
import { buildSchema, getIntrospectionQuery, parse, validate } from "graphql";
import { parseWithinLimits, QUERY_LIMITS, withinQueryLimits } from "./query-limits.ts";

const schema = buildSchema("type Query { node: Node } type Node { node: Node leaf: Int }");
const { depth, aliases, rootFields, selections, tokens } = QUERY_LIMITS;

/** What the rule says to a query; nothing when it is within the limits. */
function complaints(query: string) {
  return validate(schema, parse(query), [withinQueryLimits]).map(({ message, extensions, locations }) => ({
    message,
    code: extensions["code"],
    locations,
  }));
}
const nested = (levels: number) => `${"{ node ".repeat(levels - 1)}{ leaf ${"}".repeat(levels)}`;
const times = (count: number, part: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => part(i)).join(" ");

describe("a query is taken exactly at the limit, and refused one over it:", () => {
  test.each([
    ["depth", nested, depth, `is 11 fields deep at ${"node.".repeat(10)}leaf; at most 10`],
    ["aliases", (n: number) => `{ node { ${times(n, (i) => `a${i}: leaf`)} } }`, aliases, "has 16 aliases; at most 15"],
    [
      "root fields",
      (n: number) => `{ ${times(n, () => "node { leaf }")} }`,
      rootFields,
      "11 fields at its top; at most 10",
    ],
    [
      "selections",
      (n: number) => `{ node { ${times(n - 1, () => "leaf")} } }`,
      selections,
      "selects 501 fields and fragments",
    ],
  ])("%s", (_what, query, limit, words) => {
    expect(complaints(query(limit))).toEqual([]);
    expect(complaints(query(limit + 1))).toEqual([
      { code: "LIMIT_EXCEEDED", message: expect.stringContaining(words), locations: [{ line: 1, column: 1 }] },
    ]);
  });

  test("tokens, and the refusal says where", () => {
    const query = (n: number) => `{ ${times(n - 2, () => "leaf")} }`;
    expect(parseWithinLimits(query(tokens)).kind).toBe("Document");
    expect(() => parseWithinLimits(query(tokens + 1))).toThrow(/more than 1,000 tokens: .* line 1, column 4/);
  });
});

describe("fragments", () => {
  test("hide nothing: what they spread counts as if it stood there, each time", () => {
    const eight = "fragment Eight on Node { a: leaf b: leaf c: leaf d: leaf e: leaf f: leaf g: leaf h: leaf }";
    expect(complaints(`{ node { ...Eight } } ${eight}`)).toEqual([]);
    expect(complaints(`{ node { ...Eight node { ...Eight } } } ${eight}`)[0]?.message).toContain("has 16 aliases");
    const deep = `fragment Deep on Node ${nested(5)}`;
    expect(complaints(`{ node { node { node { node { node { ...Deep } } } } } } ${deep}`)).toEqual([]);
    expect(complaints(`{ node { node { node { node { node { node { ...Deep } } } } } } } ${deep}`)).toHaveLength(1);
    const root = `fragment Root on Query { ${times(6, () => "node { leaf }")} }`;
    expect(complaints(`{ ...Root ... on Query { ...Root } } ${root}`)[0]?.message).toContain("12 fields at its top");
  });

  test("that double each other a hundred times over are counted without being followed", () => {
    const doubling = times(100, (i) => `fragment F${i} on Node { ...F${i + 1} ...F${i + 1} }`);
    const [complaint] = complaints(`{ node { ...F0 } } ${doubling} fragment F100 on Node { leaf }`);
    expect(complaint?.message).toContain("selects more than a million fields");
  });

  test("that spread themselves, or that are not there, do not hang the check", () => {
    expect(complaints("{ node { ...A } } fragment A on Node { ...B leaf } fragment B on Node { ...A }")).toEqual([]);
    expect(complaints("{ node { ...Nowhere } }")).toEqual([]);
  });
});

test("each operation of a document is held to the limits, and named", () => {
  const [complaint, ...others] = complaints(`query Small { node { leaf } } query Large ${nested(11)}`);
  expect(complaint?.message).toMatch(/^The query Large is 11/);
  expect(others).toEqual([]);
});

test("the question for the whole schema, as GraphiQL asks it, is within all limits", () => {
  const everything = {
    descriptions: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  };
  const query = getIntrospectionQuery(everything);
  expect(validate(schema, parseWithinLimits(query), [withinQueryLimits])).toEqual([]);
});

test("introspection is spared the depth alone: its aliases and fields count as any other's", () => {
  const query = `{ ${times(11, (i) => `a${i}: __typename`)} }`;
  expect(complaints(query)[0]?.message).toContain("11 fields at its top");
});

import { describe, expect, test } from "@jest/globals";
import { buildSchema, parse } from "graphql";
import { costOf, OPERATION_COST_MAX, refuseTooDear } from "./query-cost.ts";

const schema = buildSchema(`
  type Query { one: Thing list(first: Int! = 25): Things number: Int }
  type Things { nodes: [Thing!]! }
  type Thing { id: ID! name: String things(first: Int): Things }
  type Mutation { change(input: String): Thing touch: Boolean }
  type Subscription { watch(first: Int! = 10): Things }
`);
const cost = (query: string, variables: Record<string, unknown> = {}, operationName?: string) =>
  costOf(schema, { document: parse(query), variables, operationName });

describe("an operation costs", () => {
  test.each([
    ["nothing for scalars", "{ number __typename }", 0],
    ["1 for an object, whatever is read of it", "{ one { id name } }", 1],
    ["its rows' price times first", "{ list(first: 10) { nodes { id } } }", 1 + 10 * 1],
    ["the default number of rows when none is said", "{ list { nodes { id } } }", 1 + 25 * 1],
    [
      "a product for lists in lists",
      "{ list(first: 10) { nodes { things(first: 20) { nodes { id } } } } }",
      1 + 10 * (1 + 1 + 20),
    ],
    [
      "as much by fragments",
      "{ ...A } fragment A on Query { list(first: 10) { ...B } } fragment B on Things { nodes { id } }",
      11,
    ],
    ["each alias again", "{ a: one { id } b: one { id } }", 2],
    [
      "nothing for what is skipped",
      "{ one @skip(if: true) { id } list(first: 9) @include(if: false) { nodes { id } } }",
      0,
    ],
    ["10 more for a mutation", "mutation { change { id } touch }", 11 + 10],
    ["its first event for a subscription", "subscription { watch { nodes { id } } }", 11],
  ])("%s", (_what, query, points) => expect(cost(query)).toBe(points));

  test("what its variables say, and their defaults", () => {
    const query = "query ($n: Int! = 7) { list(first: $n) { nodes { id } } }";
    expect(cost(query)).toBe(8);
    expect(cost(query, { n: 50 })).toBe(51);
  });

  test("no less for a negative number of rows", () => {
    expect(cost("{ list(first: -100) { nodes { id } } one { id } }")).toBe(3);
  });

  test("what the operation that is run costs, not the others in the document", () => {
    const document = "query A { one { id } } query B { list(first: 5) { nodes { id } } }";
    expect([cost(document, {}, "A"), cost(document, {}, "B"), cost(document, {}, "C"), cost(document)]).toEqual([
      1, 6, 0, 0,
    ]);
  });
});

test("variables that do not fit are refused rather than weighed as nothing", () => {
  const dear = "query ($n: Int! = 25) { list(first: 100) { nodes { id } } other: list(first: $n) { nodes { id } } }";
  expect(() => cost(dear, { n: null })).toThrow(expect.objectContaining({ extensions: { code: "BAD_USER_INPUT" } }));
  expect(() => cost(dear, { n: "many" })).toThrow(/\$n/);
});

test(`${OPERATION_COST_MAX} points are taken, one more is refused with both numbers`, () => {
  const document = parse("query Large { number }");
  expect(() => refuseTooDear(OPERATION_COST_MAX, { document })).not.toThrow();
  expect(() => refuseTooDear(OPERATION_COST_MAX + 1, { document })).toThrow(
    expect.objectContaining({
      message: expect.stringContaining("costs 2,001 points; at most 2,000"),
      extensions: { code: "COST_EXCEEDED", requested: 2_001, limit: 2_000 },
      locations: [{ line: 1, column: 1 }],
    }),
  );
});

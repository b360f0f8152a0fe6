import "reflect-metadata";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decodeCursor, encodeCursor, pageSize, toPage } from "./connection.ts";

const KEY = [/^\d{1,9}$/, /^[a-z]+$/];
const key = fc.tuple(fc.nat({ max: 999_999_999 }), fc.stringMatching(/^[a-z]{1,20}$/));
const refused = { extensions: { code: "BAD_USER_INPUT" } };

describe("cursors", () => {
  test("a cursor gives back the key it was made of", () => {
    fc.assert(
      fc.property(key, (parts) => {
        expect(decodeCursor("names", encodeCursor("names", parts), KEY)).toEqual(parts.map(String));
      }),
    );
  });

  test("a cursor of another list or another order is refused", () => {
    fc.assert(
      fc.property(key, fc.string(), (parts, order) => {
        fc.pre(order !== "names");
        expect(() => decodeCursor("names", encodeCursor(order, parts), KEY)).toThrow(expect.objectContaining(refused));
      }),
    );
  });

  test("anything that is no cursor is refused, and never reaches the database", () => {
    const json = fc.json().map((text) => Buffer.from(text).toString("base64url"));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), json), (text) => {
        expect(() => decodeCursor("names", text, KEY)).toThrow(expect.objectContaining(refused));
      }),
    );
  });

  test("a cursor with too few or too many parts is refused", () => {
    for (const parts of [[], [1], [1, "a", "b"]]) {
      expect(() => decodeCursor("names", encodeCursor("names", parts), KEY)).toThrow("not a cursor of this list");
    }
  });
});

describe("pages", () => {
  test.each([1, 100])("a page of %d rows is fine", (first) => expect(pageSize(first)).toBe(first));
  test.each([0, -1, 101])("a page of %d rows is refused", (first) => {
    expect(() => pageSize(first)).toThrow("first");
  });

  test("a page holds what was asked for, and says whether more follows", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 30 }), fc.integer({ min: 1, max: 29 }), (all, first) => {
        const page = toPage(all.slice(0, first + 1), first, undefined, String);
        expect(page.nodes).toEqual(all.slice(0, first));
        expect(page.edges.map((edge) => edge.node)).toEqual(page.nodes);
        expect(page.pageInfo.hasNextPage).toBe(all.length > first);
        expect(page.pageInfo.endCursor).toBe(page.nodes.length > 0 ? String(page.nodes.at(-1)) : null);
      }),
    );
  });
});

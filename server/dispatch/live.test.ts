import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Touched } from "../campaigns/announce.ts";
import { isTouched, mergeTouched } from "./live.ts";

const position = fc.integer({ min: 1, max: 5000 });
const list = fc.array(position, { minLength: 1, maxLength: 700 });
const range = fc.tuple(position, position).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const anyTouched: fc.Arbitrary<Touched> = fc.oneof(fc.constantFrom("none" as const, "all" as const), list, range);

describe("what was touched", () => {
  test("joined, it never forgets a position", () => {
    fc.assert(
      fc.property(fc.array(anyTouched, { minLength: 1, maxLength: 6 }), position, (parts, at) => {
        const joined = parts.reduce(mergeTouched);
        if (parts.some((part) => isTouched(part, at))) expect(isTouched(joined, at)).toBe(true);
      }),
    );
  });

  test("joined, each listed position is still there", () => {
    fc.assert(
      fc.property(list, anyTouched, (positions, other) => {
        for (const joined of [mergeTouched(positions, other), mergeTouched(other, positions)]) {
          expect(positions.filter((at) => !isTouched(joined, at))).toEqual([]);
        }
      }),
    );
  });

  test("nothing and nothing is nothing, and nothing adds nothing", () => {
    fc.assert(
      fc.property(anyTouched, (touched) => {
        expect(mergeTouched("none", touched)).toEqual(touched);
        expect(mergeTouched(touched, "none")).toEqual(touched);
      }),
    );
  });

  test("however many parts are joined, what is kept stays small", () => {
    const joined = Array.from({ length: 1000 }, (_, i): Touched => [i * 2, i * 2 + 1]).reduce(mergeTouched);
    expect(joined).toEqual({ from: 0, to: 1999 });
  });

  test("a recipient whose position is not known yet may have been touched", () => {
    expect(isTouched([1], undefined)).toBe(true);
    expect(isTouched("none", undefined)).toBe(false);
  });
});

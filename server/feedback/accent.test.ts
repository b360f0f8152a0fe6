import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { accentsOf, contrast, SURFACE } from "./accent.ts";

const color = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, "0")}`);

describe("a workspace's colour", () => {
  test("whatever it is, carries text that can be read and can itself be seen, in light and in dark", () => {
    fc.assert(
      fc.property(color, (given) => {
        const accents = accentsOf(given);
        for (const scheme of ["light", "dark"] as const) {
          const { accent, onAccent } = accents[scheme];
          expect(contrast(onAccent, accent)).toBeGreaterThanOrEqual(4.5);
          expect(contrast(accent, SURFACE[scheme])).toBeGreaterThanOrEqual(3);
        }
      }),
      { numRuns: 2000, examples: [["#777777"], ["#767676"], ["#ffffff"], ["#000000"], ["#ffff00"], ["#0000ff"]] },
    );
  });

  test("stays as it is where it can be seen", () => {
    fc.assert(
      fc.property(color, (given) => {
        for (const scheme of ["light", "dark"] as const)
          if (contrast(given, SURFACE[scheme]) >= 3) expect(accentsOf(given)[scheme].accent).toBe(given);
      }),
    );
  });

  test("yellow gets darker on white and stays on black; navy the other way round", () => {
    expect(accentsOf("#ffff00")).toMatchObject({ dark: { accent: "#ffff00", onAccent: "#000000" } });
    expect(accentsOf("#ffff00").light.accent).not.toBe("#ffff00");
    expect(accentsOf("#000080").light).toEqual({ accent: "#000080", onAccent: "#ffffff" });
    expect(accentsOf("#000080").dark.accent).not.toBe("#000080");
  });
});

test.each([
  ["#000000", "#ffffff", 21],
  ["#ffffff", "#ffffff", 1],
  ["#767676", "#ffffff", 4.54],
  ["#ff0000", "#ffffff", 4],
])("%s and %s have a contrast of %d", (one, other, ratio) => {
  expect(contrast(one, other)).toBeCloseTo(ratio, 2);
  expect(contrast(other, one)).toBe(contrast(one, other));
});

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { OpenSends } from "./open-sends.ts";

describe("open sends", () => {
  test("are never more than the limit, and none is leaked, whoever takes and gives in whatever order", () => {
    const step = fc.record({ batch: fc.nat({ max: 4 }), take: fc.option(fc.nat({ max: 40 })) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.array(step, { maxLength: 200 }), (most, steps) => {
        const sends = new OpenSends(most);
        const held = [0, 0, 0, 0, 0];
        const taken = () => held.reduce((a, b) => a + b);
        for (const { batch, take } of steps) {
          if (take === null) {
            sends.give(held[batch] ?? 0);
            held[batch] = 0;
          } else {
            const room = most - taken();
            const got = sends.take(take);
            expect(got).toBe(Math.min(take, room));
            held[batch] = (held[batch] ?? 0) + got;
          }
          expect(sends.hasRoom).toBe(taken() < most);
        }
        sends.give(taken());
        expect(sends.take(most + 1)).toBe(most);
      }),
    );
  });

  test("whoever waits is told once when places are given back, and may ask again from there", () => {
    const sends = new OpenSends(1);
    const told: string[] = [];
    sends.take(1);
    sends.whenGiven(() => {
      told.push("first");
      sends.whenGiven(() => told.push("again"));
    });
    sends.whenGiven(() => told.push("second"));
    sends.give(0);
    expect(told).toEqual([]);
    sends.give(1);
    expect(told).toEqual(["first", "second"]);
    sends.take(1);
    sends.give(1);
    expect(told).toEqual(["first", "second", "again"]);
  });
});

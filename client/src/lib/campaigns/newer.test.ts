import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { isNewer } from "./newer.ts";

test("in whatever order events arrive, the newest is shown in the end and seq never goes back", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { minLength: 1 }), (seqs) => {
      let shown = { seq: -1 };
      for (const seq of seqs) {
        const before = shown.seq;
        if (isNewer({ seq }, shown)) shown = { seq };
        expect(shown.seq).toBeGreaterThanOrEqual(before);
      }
      expect(shown.seq).toBe(Math.max(...seqs));
    }),
  );
});

test("the same figures again change nothing, a new rate does", () => {
  expect(isNewer({ seq: 3, ratePerSecond: 1, workers: 1 }, { seq: 3, ratePerSecond: 1, workers: 1 })).toBe(false);
  expect(isNewer({ seq: 3, ratePerSecond: 0, workers: 1 }, { seq: 3, ratePerSecond: 1, workers: 1 })).toBe(true);
});

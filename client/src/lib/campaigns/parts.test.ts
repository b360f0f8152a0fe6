import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { partsOf } from "./parts.ts";

const counts = fc.record({
  queued: fc.nat(1e6),
  retrying: fc.nat(1e6),
  sending: fc.nat(1e6),
  sent: fc.nat(1e6),
  failed: fc.nat(1e6),
  skipped: fc.nat(1e6),
  unconfirmed: fc.nat(1e6),
});

test("the parts of the bar add up to everybody, and fill it", () => {
  fc.assert(
    fc.property(counts, (progress) => {
      const total = Object.values(progress).reduce((sum, n) => sum + n, 0);
      const parts = partsOf({ ...progress, total });
      expect(parts.reduce((sum, part) => sum + part.count, 0)).toBe(total);
      expect(parts.reduce((sum, part) => sum + part.share, 0)).toBeCloseTo(total === 0 ? 0 : 100, 6);
    }),
  );
});

import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { countIn, GROUPS } from "./groups.ts";

const counts = fc.record({
  queued: fc.nat(),
  retrying: fc.nat(),
  sending: fc.nat(),
  sent: fc.nat(),
  failed: fc.nat(),
  skipped: fc.nat(),
  unconfirmed: fc.nat(),
});

test("the filters add up to everybody: each recipient is in exactly one", () => {
  fc.assert(
    fc.property(counts, (progress) => {
      const total = Object.values(progress).reduce((sum, n) => sum + n, 0);
      const shown = GROUPS.map(({ status }) => countIn({ ...progress, total }, status));
      expect(shown.reduce((sum, n) => sum + n, 0)).toBe(total);
      expect(countIn({ ...progress, total }, null)).toBe(total);
    }),
  );
});

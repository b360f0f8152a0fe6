import { describe, expect, test } from "@jest/globals";
import { bytesInWords, canUndo, partsOf, percentOf, stateInWords } from "./words.ts";

const work = {
  ...{ status: "COMPLETED" as const, dryRun: false, rowsRead: 10_000, rowsTotal: 10_000 },
  ...{ accepted: 9_900, updated: 50, duplicates: 30, invalid: 15, suppressed: 5 },
};

describe("an import in words", () => {
  test("says how many went in, and of a dry run how many would", () => {
    expect(stateInWords(work)).toBe("Completed: 9,950 of 10,000 rows went in");
    expect(stateInWords({ ...work, dryRun: true })).toBe("Tried out: 9,950 of 10,000 rows would go in");
    expect(stateInWords({ ...work, status: "CANCELLED", rowsRead: 1, accepted: 1, updated: 0 })).toBe(
      "Cancelled: 1 of 1 row went in before",
    );
    expect(stateInWords({ ...work, status: "FAILED", rowsRead: 0, accepted: 0, updated: 0 })).toBe("Failed");
  });

  test("has parts that add up to the rows read", () => {
    expect(partsOf(work).reduce((sum, part) => sum + part.rows, 0)).toBe(work.rowsRead);
  });

  test("is nothing done while the file is checked", () => {
    expect(percentOf({ ...work, status: "CHECKING", rowsRead: 0, rowsTotal: null })).toBe(0);
    expect(percentOf({ ...work, status: "IMPORTING", rowsRead: 2_599 })).toBe(25);
  });

  test("can be undone while nothing was sent, if anything went in", () => {
    const still = { startedAt: null };
    expect(canUndo(work, still)).toBe(true);
    expect(canUndo(work, { startedAt: "2026-01-01T00:00:00Z" })).toBe(false);
    expect(canUndo({ ...work, dryRun: true }, still)).toBe(false);
    expect(canUndo({ ...work, accepted: 0, updated: 0 }, still)).toBe(false);
    expect(canUndo({ ...work, status: "IMPORTING" }, still)).toBe(false);
  });
});

test.each([
  [1, "1 byte"],
  [1_500, "1.5 kB"],
  [48_200, "48 kB"],
  [200_000_000, "200 MB"],
])("%d bytes are %s", (bytes, words) => expect(bytesInWords(bytes)).toBe(words));

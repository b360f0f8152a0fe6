import { describe, expect, test } from "@jest/globals";
import { bytesInWords, canUndo, isOlder, partsOf, percentOf, readListed, stateInWords } from "./words.ts";

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
    expect(stateInWords({ ...work, status: "UNDONE" })).toBe("Undone: 9,900 recipients removed, 50 put back as before");
    expect(stateInWords({ ...work, status: "UNDONE", updated: 0 })).toBe("Undone: 9,900 recipients removed");
  });

  test("has parts that add up to the rows read", () => {
    expect(partsOf(work).reduce((sum, part) => sum + part.rows, 0)).toBe(work.rowsRead);
  });

  test("is nothing done while the file is checked", () => {
    expect(percentOf({ ...work, status: "CHECKING", rowsRead: 0, rowsTotal: null })).toBe(0);
    expect(percentOf({ ...work, status: "IMPORTING", rowsRead: 2_599 })).toBe(25);
  });

  test("can be undone before anything was sent or skipped, if anything went in", () => {
    const still = { status: "PENDING" as const };
    expect(canUndo(work, still)).toBe(true);
    expect(canUndo(work, { status: "SCHEDULED" })).toBe(true);
    for (const status of ["PROCESSING", "PAUSED", "COMPLETED", "CANCELLED"] as const)
      expect(canUndo(work, { status })).toBe(false);
    expect(canUndo({ ...work, dryRun: true }, still)).toBe(false);
    expect(canUndo({ ...work, accepted: 0, updated: 0 }, still)).toBe(false);
    expect(canUndo({ ...work, status: "IMPORTING" }, still)).toBe(false);
  });
});

test("news that was overtaken on its way does not turn a page back", () => {
  const reading = { status: "IMPORTING", rowsRead: 4_000 } as const;
  const ended = { status: "COMPLETED", rowsRead: 4_000 } as const;
  const undone = { status: "UNDONE", rowsRead: 4_000 } as const;
  expect(isOlder({ ...reading, rowsRead: 8_000 }, reading)).toBe(false);
  expect(isOlder(reading, { ...reading, rowsRead: 8_000 })).toBe(true);
  expect(isOlder(ended, reading)).toBe(false);
  expect(isOlder(reading, ended)).toBe(true);
  expect(isOlder({ ...reading, rowsRead: 8_000 }, ended)).toBe(true);
  expect(isOlder(undone, ended)).toBe(false);
  expect(isOlder(ended, undone)).toBe(true);
});

test("a reason in the address is one there is, whatever objects inherit", () => {
  const some = { ...work, warnings: 0 };
  expect(readListed("EMAIL_INVALID", some)).toBe("EMAIL_INVALID");
  expect(readListed("constructor", some)).toBe("rejected");
});

test.each([
  [1, "1 byte"],
  [1_500, "1.5 kB"],
  [48_200, "48 kB"],
  [200_000_000, "200 MB"],
])("%d bytes are %s", (bytes, words) => expect(bytesInWords(bytes)).toBe(words));

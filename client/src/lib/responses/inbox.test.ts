import { expect, test } from "@jest/globals";
import { above, changedInPlace, joinsUp, merged, rowFrom } from "./inbox.ts";

const row = (id: string, minute: number, changedAt: string | null = null) => ({
  ...{ id, answeredAt: `2026-12-01T08:${String(minute).padStart(2, "0")}:00Z`, changedAt },
});
const rows = [row("c", 3), row("b", 2), row("a", 1)];

test("a changed answer keeps its place, and an older wording does not come back", () => {
  const changed = row("b", 2, "2026-12-01T09:00:00Z");
  const now = changedInPlace(rows, [changed, row("z", 9)]);
  expect(now).toEqual([rows[0], changed, rows[2]]);
  expect(changedInPlace(now, [row("b", 2, "2026-12-01T08:30:00Z")])).toEqual(now);
});

test("new is what would stand above the first row shown", () => {
  expect(above(rows, [row("d", 4), row("c", 3), row("0", 0)])).toEqual([row("d", 4)]);
  expect(above([], [row("d", 4)])).toEqual([row("d", 4)]);
});

test("a page read again that does not reach down to what is known is told apart", () => {
  expect(joinsUp(rows, [row("e", 5), row("d", 4), row("c", 3)])).toBe(true);
  expect(joinsUp(rows, [row("f", 6), row("e", 5)])).toBe(false);
  expect(joinsUp([], [row("f", 6)])).toBe(true);
});

test("what was held back comes in newest first, each answer once", () => {
  const changed = row("b", 2, "2026-12-01T09:00:00Z");
  expect(merged(rows, [row("d", 4), changed, row("e", 5)]).map(({ id }) => id)).toEqual(["e", "d", "c", "b", "a"]);
  expect(merged(rows, [changed])).toContain(changed);
});

test("keys go from row to row and stop at the ends", () => {
  expect(rowFrom(rows, null, 1)?.id).toBe("c");
  expect(rowFrom(rows, "c", 1)?.id).toBe("b");
  expect(rowFrom(rows, "a", 1)?.id).toBe("a");
  expect(rowFrom(rows, "c", -1)?.id).toBe("c");
  expect(rowFrom([], "c", 1)).toBeUndefined();
});

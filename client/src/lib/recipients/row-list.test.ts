import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { belowLast, changedInPlace, continuedWith, newerThanAll, placedOnTop } from "./row-list.ts";

const at = (second: number) => `2030-01-01T12:00:${String(second).padStart(2, "0")}.000Z`;
const row = (id: number, second: number) => ({ id: String(id), position: id, activityAt: at(second) });
const ids = (rows: { id: string }[]) => rows.map(({ id }) => id).join(" ");

describe("rows in the order of positions", () => {
  test("change where they stand", () => {
    const rows = [row(1, 0), row(2, 0), row(3, 0)];
    const changed = changedInPlace(rows, [row(2, 5), row(9, 5)]);
    expect(ids(changed)).toBe("1 2 3");
    expect(changed[1]?.activityAt).toBe(at(5));
  });

  test("never go back to an older state", () => {
    expect(changedInPlace([row(1, 5)], [row(1, 4)])).toEqual([row(1, 5)]);
  });

  test("are shown once, however pages overlap", () => {
    expect(ids(continuedWith([row(1, 0), row(2, 0)], [row(2, 0), row(3, 0)]))).toBe("1 2 3");
  });
});

describe("rows in the order of newest activity", () => {
  const shown = [row(3, 30), row(2, 20), row(1, 10)];

  test("get the newest on top, and whoever moved up is not left behind below", () => {
    const { rows, whole } = placedOnTop(shown, [row(2, 40), row(3, 30)]);
    expect(ids(rows)).toBe("2 3 1");
    expect(whole).toBe(true);
  });

  test("say so when more happened than was told", () => {
    const { rows, whole } = placedOnTop(shown, [row(9, 50), row(8, 49)]);
    expect(ids(rows)).toBe("9 8");
    expect(whole).toBe(false);
  });

  test("count as new what is newer than the top, and nothing else", () => {
    expect(newerThanAll(shown, [row(9, 50), row(4, 30), row(3, 30), row(2, 20)])).toBe(2);
    expect(newerThanAll(shown, shown)).toBe(0);
  });

  test("go on below the last one shown", () => {
    expect(ids(belowLast(shown, [row(9, 50), row(3, 30), row(1, 10), row(7, 9)]))).toBe("7");
  });

  test("whatever arrives while they flow: newest first, nobody twice", () => {
    const change = fc.record({ id: fc.integer({ min: 1, max: 30 }), told: fc.integer({ min: 1, max: 10 }) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 50 }), (changes) => {
        let all = Array.from({ length: 30 }, (_, i) => row(30 - i, 0));
        let list = all.slice(0, 10);
        changes.forEach(({ id, told }, i) => {
          all = [row(id, i + 1), ...all.filter((other) => other.id !== String(id))];
          ({ rows: list } = placedOnTop(list, all.slice(0, told)));
          expect(new Set(list.map((other) => other.id)).size).toBe(list.length);
          expect(list).toEqual(all.slice(0, list.length));
        });
      }),
    );
  });
});

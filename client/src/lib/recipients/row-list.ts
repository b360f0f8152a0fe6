import type { Recipient } from "./documents.ts";

type Row = Pick<Recipient, "id" | "position" | "activityAt">;

/** The order of newest activity, as the API lists it: by time, and by position where times are the same. */
function isNewer(a: Row, b: Row): boolean {
  return a.activityAt === b.activityAt ? a.position > b.position : a.activityAt > b.activityAt;
}

/** The same rows in the same places, with what changed; a state that is older than the one shown is not taken. */
export function changedInPlace<R extends Row>(rows: R[], changed: R[]): R[] {
  if (changed.length === 0) return rows;
  const byId = new Map(changed.map((row) => [row.id, row]));
  return rows.map((row) => {
    const news = byId.get(row.id);
    return news && news.activityAt >= row.activityAt ? news : row;
  });
}

/** The rows with the next page below them; one that is shown already is not shown twice. */
export function continuedWith<R extends Row>(rows: R[], page: R[]): R[] {
  const shown = new Set(rows.map((row) => row.id));
  return [...rows, ...page.filter((row) => !shown.has(row.id))];
}

/** How many of the newest rows are newer than everything shown. */
export function newerThanAll<R extends Row>(rows: R[], newest: R[]): number {
  const [top] = rows;
  return top ? newest.filter((row) => isNewer(row, top)).length : newest.length;
}

/**
 * A list of newest activity with the newest rows on top of it. When more happened than they tell, so that rows are
 * missing between them and the list, `whole` is false and only they are answered.
 */
export function placedOnTop<R extends Row>(rows: R[], newest: R[]): { rows: R[]; whole: boolean } {
  const [top] = rows;
  const oldest = newest.at(-1);
  if (!top || !oldest) return { rows: newest.length > 0 ? newest : rows, whole: true };
  if (isNewer(oldest, top)) return { rows: newest, whole: false };
  const fresh = new Set(newest.map((row) => row.id));
  return { rows: [...newest, ...rows.filter((row) => !fresh.has(row.id))], whole: true };
}

/** Those of a page of newest activity that come below the last row shown. */
export function belowLast<R extends Row>(rows: R[], page: R[]): R[] {
  const last = rows.at(-1);
  if (!last) return page;
  const shown = new Set(rows.map((row) => row.id));
  return page.filter((row) => isNewer(last, row) && !shown.has(row.id));
}

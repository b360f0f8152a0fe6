import type { Response } from "./documents.ts";

export const RESPONSES_A_PAGE = 25;
/** After the socket is open, a subscription has begun within this time; what came before it is asked for then. */
export const CATCH_UP_AFTER_MS = 2_000;

type Row = Pick<Response, "id" | "answeredAt" | "changedAt">;

/** The order of the list, as the API has it: the newest first answer on top, and the greater id where times are the same. */
export function isNewer(a: Row, b: Row): boolean {
  return a.answeredAt === b.answeredAt ? a.id > b.id : a.answeredAt > b.answeredAt;
}

/** The same rows in the same places, with what changed; an older wording than the one shown is not taken. */
export function changedInPlace<R extends Row>(rows: R[], changed: R[]): R[] {
  const byId = new Map(changed.map((row) => [row.id, row]));
  return rows.map((row) => {
    const news = byId.get(row.id);
    return news && (news.changedAt ?? "") >= (row.changedAt ?? "") ? news : row;
  });
}

/** Those of `heard` that would stand above the rows: newer than the first of them, and not among them. */
export function above<R extends Row>(rows: R[], heard: R[]): R[] {
  const [top] = rows;
  return top ? heard.filter((row) => isNewer(row, top)) : heard;
}

/** Whether a first page that was read again reaches down to what is known; between the two answers would be missing. */
export function joinsUp<R extends Row>(known: R[], page: R[]): boolean {
  const ids = new Set(known.map(({ id }) => id));
  return known.length === 0 || page.some(({ id }) => ids.has(id));
}

/** One list of both, newest first; of an answer that is in both, that in `news` counts. */
export function merged<R extends Row>(rows: R[], news: R[]): R[] {
  const told = new Set(news.map((row) => row.id));
  return [...news, ...rows.filter((row) => !told.has(row.id))].sort((a, b) => (isNewer(a, b) ? -1 : 1));
}

/** The row that is `by` rows from the one with this id; from none, the first. */
export function rowFrom<R extends Row>(rows: R[], id: string | null, by: 1 | -1): R | undefined {
  const at = rows.findIndex((row) => row.id === id);
  if (at < 0) return rows[0];
  return rows[Math.max(0, Math.min(rows.length - 1, at + by))];
}

/** Postgres keeps neither U+0000 nor half of a surrogate pair, in a text or in jsonb. */
export function isStorable(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}

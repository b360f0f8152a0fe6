/** Postgres keeps neither U+0000 nor half of a surrogate pair, in a text or in jsonb. */
export function isStorable(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}

/** The text with U+FFFD, as for what cannot be read, in place of what Postgres would not keep. */
export function storable(text: string): string {
  return text.replace(/[\0\p{Surrogate}]/gu, "\ufffd");
}

/** The places of public review as a form has them: five lines, of which those that are blank are none. */

export const LINKS_MAX = 5;

/** The form's fields, line by line: what the place is called, and where it is. */
export const LINK_FIELDS: readonly string[] = Array.from({ length: LINKS_MAX }, (_, line) => [
  `linkName${line}`,
  `linkUrl${line}`,
]).flat();

interface Link {
  name: string;
  url: string;
}

/** The links that were written, and in which line of the form each of them stands. */
export function linksIn(values: Record<string, string>): { links: Link[]; fields: number[] } {
  const lines = Array.from({ length: LINKS_MAX }, (_, line) => ({
    name: values[`linkName${line}`]?.trim() ?? "",
    url: values[`linkUrl${line}`]?.trim() ?? "",
  }));
  const fields = lines.flatMap(({ name, url }, line) => (name || url ? [line] : []));
  return { links: lines.filter(({ name, url }) => name || url), fields };
}

/** The form's field for a place in the API's input: `reviewLinks[1].url` of the second link that was written. */
export function fieldOf(place: string | null, fields: number[]): string | null {
  const [, index, part] = /^reviewLinks\[(\d+)\]\.(name|url)$/.exec(place ?? "") ?? [];
  if (!part) return place;
  return `link${part === "name" ? "Name" : "Url"}${fields[Number(index)] ?? 0}`;
}

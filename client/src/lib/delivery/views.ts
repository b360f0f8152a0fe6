import type { OpenedMail } from "./documents.ts";

/** A mail from one of its sides. */
export type View = "html" | "text" | "headers" | "raw";

export const VIEWS: { view: View; words: string }[] = [
  { view: "html", words: "HTML" },
  { view: "text", words: "Text" },
  { view: "headers", words: "Headers" },
  { view: "raw", words: "Source" },
];

/** What is to be seen there; null: nothing, so there is no such side. */
export function shownIn({ html, text, headers, raw }: OpenedMail, view: View): string | null {
  if (view === "headers") return headers.length > 0 ? "" : null;
  return { html, text, raw }[view];
}

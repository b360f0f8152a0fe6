import { compile } from "html-to-text";
import { escapeHtml } from "./html-place.ts";

/** A plain text as a small HTML document: paragraphs, line breaks, and addresses of the web that can be clicked. */
export function textAsHtml(text: string): string {
  const paragraphs = text
    .trim()
    .split(/\n[^\S\n]*\n\s*/)
    .map((paragraph) => `<p>${withLinks(paragraph).replaceAll("\n", "<br>\n")}</p>`);
  return `<!doctype html>
<html>
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body style="margin:0 auto;padding:24px;max-width:36em;font:16px/1.5 sans-serif;color:#1c1f20">
${paragraphs.join("\n")}
</body>
</html>
`;
}

const toText = compile({
  wordwrap: false,
  // Deeper than any mail is: what follows would run out of stack.
  limits: { maxDepth: 200, ellipsis: "…" },
  baseElements: { selectors: ["body"], returnDomByDefault: true },
  selectors: [
    { selector: "a", options: { hideLinkHrefIfSameAsText: true, linkBrackets: ["(", ")"] } },
    { selector: "img", format: "skip" },
    ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
});

/** What an HTML document says, as plain text; addresses stand behind the words that lead to them. */
export function htmlAsText(html: string): string {
  return toText(html).replaceAll("\u00a0", " ").trim();
}

const WEB_ADDRESS = /https?:\/\/[^\s<>"'`]+/gi;
const CLOSES_A_SENTENCE = new Set(".,;:!?)]}*_");

function withLinks(text: string): string {
  let html = "";
  let at = 0;
  for (const { 0: found, index } of text.matchAll(WEB_ADDRESS)) {
    let end = found.length;
    while (CLOSES_A_SENTENCE.has(found[end - 1]!)) end -= 1;
    const address = escapeHtml(found.slice(0, end));
    html += `${escapeHtml(text.slice(at, index))}<a href="${address}">${address}</a>`;
    at = index + end;
  }
  return html + escapeHtml(text.slice(at));
}

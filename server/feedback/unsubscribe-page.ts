import { createHash } from "node:crypto";
import { escapeHtml } from "../campaigns/html-place.ts";

/** The pages of an unsubscribe link: HTML of a few kilobytes that asks for nothing else, with no script. */

const STYLE = `
:root{color-scheme:light dark;--canvas:light-dark(#f6f7f4,#14181a);--surface:light-dark(#fff,#1c2124);--ink:light-dark(#15191a,#eef1f0);--soft:light-dark(#505a56,#a9b3b0);--line:light-dark(#dfe3dd,#333b40);--accent:light-dark(#0f5c63,#6cc5cb);--on-accent:light-dark(#fff,#06292c)}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.25rem;background:var(--canvas);color:var(--ink);font:1rem/1.5 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:28rem;padding:2rem;background:var(--surface);border:1px solid var(--line);border-radius:.75rem}
h1{margin:0 0 .5rem;font-size:1.35rem;line-height:1.3;text-wrap:balance}
p{margin:0 0 1rem;color:var(--soft);overflow-wrap:anywhere}
p:last-child{margin:0}
strong{color:var(--ink);font-weight:600}
button{width:100%;min-height:2.9rem;padding:.6rem 1rem;border:0;border-radius:.5rem;background:var(--accent);color:var(--on-accent);font:inherit;font-weight:600;cursor:pointer;overflow-wrap:anywhere}
:focus-visible{outline:2px solid var(--accent);outline-offset:3px}
`;

/** What a browser is held to on these pages: their own style, and a form that goes back to where they came from. */
export const CONTENT_SECURITY_POLICY = [
  ...["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"],
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
].join("; ");

export function askPage({ address, workspaceName }: { address: string; workspaceName: string }): string {
  return page(
    "Unsubscribe",
    `<h1>No more messages?</h1>
<p><strong>${escapeHtml(workspaceName)}</strong> will not write to <strong>${escapeHtml(masked(address))}</strong> again.</p>
<form method="post"><button>Unsubscribe ${escapeHtml(masked(address))}</button></form>`,
  );
}

export function donePage({ address, workspaceName }: { address: string; workspaceName: string }): string {
  return page(
    "Unsubscribed",
    `<h1>You will get no more messages.</h1>
<p><strong>${escapeHtml(workspaceName)}</strong> does not write to <strong>${escapeHtml(masked(address))}</strong> any more. What was on its way already may still arrive.</p>
<p>You can close this page.</p>`,
  );
}

/** The same for every link that does not work, so that it tells nothing about any. */
export function brokenPage(): string {
  return page(
    "This link does not work",
    `<h1>This link does not work.</h1>
<p>It may have been cut off on its way. Open it from the message once more, or answer the message and ask to be taken off the list.</p>`,
  );
}

export function tooManyPage(): string {
  return page(
    "Too many tries",
    `<h1>Too many links that do not work.</h1>
<p>Wait some minutes, then open the link from the message once more.</p>`,
  );
}

/** Enough for its owner to know it, and for whoever else got the link to learn little. */
export function masked(address: string): string {
  const at = address.lastIndexOf("@");
  if (at > 0) return `${[...address][0] ?? ""}•••${address.slice(at)}`;
  return `•••${address.replace(/\D/g, "").slice(-3)}`;
}

function page(title: string, main: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${main}
</main>
</body>
</html>
`;
}

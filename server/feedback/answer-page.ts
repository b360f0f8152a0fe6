import { createHash } from "node:crypto";
import { escapeHtml } from "../campaigns/html-place.ts";
import { accentsOf, SURFACE } from "./accent.ts";
import { filled, type Language, TEXTS } from "./answer-texts.ts";
import { COMMENT_CHARACTERS_MAX, RATING_MAX, RATING_MIN } from "./response.ts";
import type { Respondent } from "./response.store.ts";

/**
 * The pages of an answering link: one HTML file each that asks for nothing else and works without a script. The one
 * script there is tells that a person looks at the page; see scanner.ts.
 */

/** A page, and what a browser is held to on it. */
export interface AnswerPage {
  html: string;
  contentSecurityPolicy: string;
}

/** Whom a page is for. */
export interface Asked {
  /** Of the answering link. */
  token: string;
  /** Where the unsubscribe link leads: a path of this server. */
  unsubscribePath: string;
  language: Language;
  respondent: Respondent;
}

/** What stands in the form before the customer touches it. */
export interface Draft {
  rating: number | null;
  comment: string | null;
  problem: "rating_missing" | "comment_too_long" | null;
}

/** Asks for stars and words. */
export function askPage(asked: Asked, draft: Draft): AnswerPage {
  const say = sayer(asked);
  return pageOf(asked, {
    title: say("ask_title"),
    main: `<h1>${say("ask_title")}</h1>
<p>${say("ask_lead")}</p>
${form(asked, draft, say("send"))}`,
  });
}

/**
 * Thanks, shows the answer, and lets the customer change it: `draft` is given where that form is open. The review links
 * are the same for everybody who answered: nothing here may look at the rating to choose among them.
 */
export function thanksPage(asked: Asked, draft: Draft | null): AnswerPage {
  const say = sayer(asked);
  const { rating, comment } = asked.respondent;
  const stars = `<p class="given" role="img" aria-label="${say(`star_${rating}` as "star_1")}">${STAR.repeat(rating ?? 0)}</p>`;
  const words = comment === null ? "" : `<blockquote>${asText(comment)}</blockquote>`;
  const change = form(asked, draft ?? { rating, comment, problem: null }, say("send_change"));
  return pageOf(asked, {
    title: say("thanks_title"),
    main: `<h1>${say("thanks_title")}</h1>
<p>${say("thanks_lead")}</p>
${stars}
${words}
${reviewLinks(asked)}
<details${draft ? " open" : ""}><summary>${say("change")}</summary>
${change}
</details>`,
    leadsAway: asked.respondent.reviewLinks.length > 0,
  });
}

/** The same for every link that does not work, so that it tells nothing about any. */
export function brokenPage(language: Language): AnswerPage {
  const { broken_title, broken_lead } = TEXTS[language];
  return page(language, { title: broken_title, main: `<h1>${broken_title}</h1>\n<p>${broken_lead}</p>` });
}

export function tooManyPage(language: Language): AnswerPage {
  const { many_title, many_lead } = TEXTS[language];
  return page(language, { title: many_title, main: `<h1>${many_title}</h1>\n<p>${many_lead}</p>` });
}

type Say = (text: keyof (typeof TEXTS)["en"], values?: Record<string, string>) => string;

/** Texts in the customer's language, as HTML. */
function sayer({ language, respondent }: Asked): Say {
  return (text, values) =>
    escapeHtml(filled(TEXTS[language][text], { workspace: respondent.workspaceName, ...values }));
}

const STAR = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="m12 2.6 2.9 6 6.5.9-4.7 4.6 1.1 6.5-5.8-3.1-5.8 3.1 1.1-6.5L2.6 9.5l6.5-.9z"/></svg>`;

/** For between tags only, where quotes end nothing: with 2,000 of them written out the page would be a third larger. */
function asText(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function form(asked: Asked, { rating, comment, problem }: Draft, button: string): string {
  const say = sayer(asked);
  const stars = Array.from({ length: RATING_MAX }, (_, i) => i + RATING_MIN).map((value) => {
    const checked = value === rating ? " checked" : "";
    const label = say(`star_${value}` as "star_1");
    return `<label><input type="radio" name="rating" value="${value}" required${checked}>${STAR}<span>${label}</span></label>`;
  });
  const alert = problem ? `<p class="problem" role="alert">${say(problem)}</p>` : "";
  return `<form method="post" action="/r/${escapeHtml(asked.token)}">
${alert}
<fieldset><legend>${say("rating")}</legend>
<div class="stars">${stars.join("")}</div>
<p class="ends" aria-hidden="true"><span>${say("worst")}</span><span>${say("best")}</span></p>
</fieldset>
<label class="words" for="comment">${say("comment")} <span>(${say("optional")})</span></label>
<textarea id="comment" name="comment" rows="4" maxlength="${COMMENT_CHARACTERS_MAX}">
${asText(comment ?? "")}</textarea>
<button>${button}</button>
</form>`;
}

function reviewLinks(asked: Asked): string {
  const links = asked.respondent.reviewLinks;
  if (links.length === 0) return "";
  const say = sayer(asked);
  const forms = links.map(
    ({ name }, i) =>
      `<form method="post" action="/r/${escapeHtml(asked.token)}/review/${i + 1}"><button>${say("review", { place: name })}</button></form>`,
  );
  return `<h2>${say("review_title")}</h2>\n${forms.join("\n")}`;
}

// In a text of HTML it may not contain "</script", and the policy names its hash: so it is the same for everybody.
const SCRIPT = `(() => {
  const tell = () => {
    if (document.visibilityState !== "visible" || document.prerendering) return;
    removeEventListener("visibilitychange", tell, true);
    document.removeEventListener("prerenderingchange", tell);
    const path = location.pathname.replace(/\\/+$/, "") + "/opened";
    navigator.sendBeacon(path, new URLSearchParams({ automated: navigator.webdriver ? "yes" : "no" }));
  };
  addEventListener("visibilitychange", tell, true);
  document.addEventListener("prerenderingchange", tell);
  tell();
})();`;

const STYLE = `
:root{color-scheme:light dark;--canvas:light-dark(#f6f7f4,#14181a);--surface:light-dark(${SURFACE.light},${SURFACE.dark});--ink:light-dark(#15191a,#eef1f0);--soft:light-dark(#505a56,#a9b3b0);--line:light-dark(#7d8783,#7f8a86);--wrong:light-dark(#a3261b,#ff9d92)}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;align-content:center;justify-items:center;padding:1rem;background:var(--canvas);color:var(--ink);font:1rem/1.5 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:30rem;background:var(--surface);border-radius:.75rem;overflow:hidden;box-shadow:0 1px 3px #0003}
.from{margin:0;padding:.9rem 1.25rem;background:var(--accent);color:var(--on-accent);font-weight:600;overflow-wrap:anywhere}
.card{padding:1.25rem}
h1{margin:0 0 .5rem;font-size:1.4rem;line-height:1.25;text-wrap:balance;overflow-wrap:anywhere}
h2{margin:1.5rem 0 .5rem;font-size:1.1rem}
p{margin:0 0 1rem;color:var(--soft);overflow-wrap:anywhere}
fieldset{margin:0 0 1.25rem;padding:0;border:0}
legend,.words{display:block;padding:0;margin-bottom:.4rem;font-weight:600}
.words span{color:var(--soft);font-weight:400}
.stars{display:flex;justify-content:space-between;max-width:22rem}
.stars label{position:relative;flex:1;display:grid;place-items:center;min-width:3rem;min-height:3.25rem;cursor:pointer}
.stars input{position:absolute;inset:0;width:100%;height:100%;margin:0;opacity:0;cursor:pointer}
.stars span{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
svg{width:2.5rem;height:2.5rem;padding:.1rem;fill:none;stroke:var(--line);stroke-width:1.5;stroke-linejoin:round;border-radius:.4rem;pointer-events:none}
input:checked+svg,label:has(~label input:checked)>svg,.given svg{fill:var(--accent);stroke:var(--accent)}
@media(hover:hover){.stars:hover label:has(~label:hover)>svg,.stars label:hover>svg{stroke:var(--accent)}}
input:focus-visible+svg{outline:3px solid var(--accent);outline-offset:1px}
.given svg{width:1.9rem;height:1.9rem}
.given{margin-bottom:.5rem}
.ends{display:flex;justify-content:space-between;max-width:22rem;margin:.1rem 0 0;font-size:.85rem}
textarea{display:block;width:100%;margin-bottom:1.25rem;padding:.6rem .7rem;border:1px solid var(--line);border-radius:.5rem;background:var(--surface);color:var(--ink);font:inherit;resize:vertical}
button{width:100%;min-height:3rem;margin-bottom:.6rem;padding:.6rem 1rem;border:0;border-radius:.5rem;background:var(--accent);color:var(--on-accent);font:inherit;font-weight:600;cursor:pointer;overflow-wrap:anywhere}
blockquote{margin:0 0 1rem;padding:.1rem 0 .1rem .9rem;border-left:3px solid var(--accent);white-space:pre-wrap;overflow-wrap:anywhere}
details{margin-top:1.5rem}
summary{min-height:2.75rem;padding:.6rem 0;cursor:pointer;font-weight:600}
.problem{padding:.6rem .8rem;border:2px solid var(--wrong);border-radius:.5rem;color:var(--wrong);font-weight:600}
footer{padding:1rem;text-align:center;font-size:.9rem}
a{display:inline-block;padding:.6rem;color:var(--soft);overflow-wrap:anywhere}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
`;

function pageOf(
  { language, respondent, unsubscribePath }: Asked,
  { title, main, leadsAway = false }: { title: string; main: string; leadsAway?: boolean },
): AnswerPage {
  const { workspaceName, color } = respondent;
  const leave = escapeHtml(filled(TEXTS[language].unsubscribe, { workspace: workspaceName }));
  return page(language, {
    ...{ title, color, leadsAway, script: SCRIPT },
    from: `<p class="from">${escapeHtml(workspaceName)}</p>`,
    main,
    footer: `<footer><a href="${escapeHtml(unsubscribePath)}" rel="nofollow">${leave}</a></footer>`,
  });
}

function page(
  language: Language,
  {
    title,
    main,
    from = "",
    footer = "",
    color = null,
    script = "",
    leadsAway = false,
  }: {
    title: string;
    main: string;
    from?: string;
    footer?: string;
    color?: string | null;
    script?: string;
    leadsAway?: boolean;
  },
): AnswerPage {
  const { light, dark } = accentsOf(color);
  const accent = `light-dark(${light.accent},${dark.accent})`;
  const colors = `:root{--accent:${accent};--on-accent:light-dark(${light.onAccent},${dark.onAccent})}`;
  return {
    html: `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${STYLE}</style>
<style>${colors}</style>
</head>
<body>
<main>
${from}
<div class="card">
${main}
</div>
</main>
${footer}
${script && `<script>${script}</script>`}
</body>
</html>
`,
    contentSecurityPolicy: [
      ...["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"],
      `style-src ${hashOf(STYLE)} ${hashOf(colors)}`,
      ...(script ? [`script-src ${hashOf(script)}`, "connect-src 'self'"] : []),
      // Browsers hold a form to this on the whole way that its answer leads: to the review's place, and on from there.
      `form-action 'self'${leadsAway ? " https:" : ""}`,
    ].join("; "),
  };
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

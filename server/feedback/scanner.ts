/**
 * What tells that a program opened a page and not a person. Whoever hides it is not found: a scanner that runs scripts in
 * a browser under a person's name counts as one. docs/feedback.md says so.
 */

/** What a browser, or whatever calls itself one, says of itself as it reports an opening. */
export interface Opener {
  userAgent: string | undefined;
  /** `Sec-Purpose`, or its older names: `prefetch`, `prefetch;prerender`, `preview`. */
  purpose: string | undefined;
  /** Its scripts are told that a program drives it (`navigator.webdriver`). */
  isAutomated: boolean;
}

export function isScanner({ userAgent, purpose, isAutomated }: Opener): boolean {
  if (isAutomated || !userAgent?.trim()) return true;
  return /prefetch|prerender|preview/i.test(purpose ?? "") || DECLARED.some((pattern) => pattern.test(userAgent));
}

/** Names that programs give themselves. "Cubot" makes telephones. */
const DECLARED: readonly RegExp[] = [
  /(?<!cu)bots?\b|crawl|spider|slurp|scan|fetch|preview|monitor|validator|archiver|ImageProxy|ggpht/i,
  /headless|phantomjs|puppeteer|playwright|selenium|webdriver|lighthouse/i,
  /\b(curl|wget|httpie|python|aiohttp|java|okhttp|axios|undici|node|perl|ruby|php|dart|libwww|winhttp|powershell)\b|go-http|http-?client/i,
  /facebookexternalhit|facebot|whatsapp\/|skypeuri|microsoft office|ms-?office|google-safety/i,
  /barracuda|mimecast|proofpoint|symantec|trendmicro|forcepoint|ironport|safelinks|urldefense|cloudmark|zscaler/i,
];

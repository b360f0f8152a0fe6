/** Stands for this site, whatever its name. */
const HERE = "http://here.invalid";

/** Where to go after signing in: a path of ours, and "/" in place of whatever leads to another site. */
export function ownPath(to: string | null): string {
  // Read as browsers read it: they drop tabs and line breaks, and take a backslash for a slash.
  const url = to?.startsWith("/") && URL.canParse(to, HERE) ? new URL(to, HERE) : null;
  // A path that begins with two slashes is another site's name to whoever reads it next.
  if (url?.origin !== HERE || url.pathname.startsWith("//")) return "/";
  return url.pathname + url.search + url.hash;
}

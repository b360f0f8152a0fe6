import type { SessionCookie } from "./accounts/context.ts";

/**
 * The session's secret, as the browser keeps it: out of reach of scripts, and sent along by no other site's forms.
 * Behind TLS its name has the prefix that makes browsers insist on Secure, on this very host, and on no other path.
 */
export function sessionCookieFor(origin: string, setCookie: (header: string) => void): SessionCookie {
  const secure = isSecure(origin) ? "; Secure" : "";
  const write = (value: string, until: string) =>
    setCookie(`${nameFor(origin)}=${value}; Path=/; HttpOnly; SameSite=Lax${secure}; ${until}`);
  return {
    set: (secret, expiresAt) => write(secret, `Expires=${expiresAt.toUTCString()}`),
    clear: () => write("", "Max-Age=0"),
  };
}

/** The secret in a Cookie header, if it is there. */
export function readSessionCookie(header: string | undefined, origin: string): string | null {
  const name = `${nameFor(origin)}=`;
  const found = header
    ?.split(";")
    .map((part) => part.trim())
    .find((part) => part.startsWith(name));
  return found?.slice(name.length) || null;
}

function nameFor(origin: string): string {
  return isSecure(origin) ? "__Host-session" : "session";
}

function isSecure(origin: string): boolean {
  return origin.startsWith("https:");
}

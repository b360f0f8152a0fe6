/**
 * Domains that most private addresses of exports end in, and some that are one letter beside them and real. Widely
 * known names, no measured list: a missing one costs a hint, not an address.
 */
const KNOWN = new Set(
  `gmail.com googlemail.com yahoo.com yahoo.co.uk yahoo.fr yahoo.de ymail.com hotmail.com hotmail.co.uk hotmail.fr
  hotmail.de hotmail.it outlook.com outlook.de outlook.fr live.com live.co.uk live.fr icloud.com protonmail.com proton.me
  mail.com email.com comcast.net verizon.net t-online.de freenet.de orange.fr wanadoo.fr laposte.net libero.it
  virgilio.it bluewin.ch telenet.be ziggo.nl seznam.cz interia.pl`.split(/\s+/),
);
/** Shorter names have real neighbours: gmx.de and gmx.at, web.de and wer.de. */
const COMPARED_CHARACTERS_MIN = 8;

const COMPARED = [...KNOWN].filter((domain) => domain.length >= COMPARED_CHARACTERS_MIN);

/**
 * The well-known domain that was probably meant by this one: it differs by one letter too many, too few, wrong, or by
 * two that changed places ("gmial.com" for "gmail.com"). Null when there is none. A hint, never a reason to refuse.
 */
export function probablyMeant(domain: string): string | null {
  if (KNOWN.has(domain)) return null;
  return COMPARED.find((known) => isOneSlipFrom(domain, known)) ?? null;
}

function isOneSlipFrom(typed: string, meant: string): boolean {
  if (Math.abs(typed.length - meant.length) > 1) return false;
  let at = 0;
  while (at < meant.length && typed[at] === meant[at]) at++;
  const [t, m] = [typed.slice(at), meant.slice(at)];
  if (t.length > m.length) return t.slice(1) === m;
  if (t.length < m.length) return t === m.slice(1);
  const isWrongLetter = t.slice(1) === m.slice(1);
  const isSwapped = t[0] === m[1] && t[1] === m[0] && t.slice(2) === m.slice(2);
  return isWrongLetter || isSwapped;
}

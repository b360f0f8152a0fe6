/**
 * Where in an HTML text one stands, as its reader goes along, so that a value put there is escaped for that place:
 * text          between tags, or in a title or textarea
 * open          after "<", not yet known of what
 * tag-name, tag inside a tag, in its name or between its attributes
 * name, after-name, before-value, value   of an attribute
 * raw           in a script or style, where nothing is escaped
 * comment, markup   <!-- … -->; <!doctype …>, <!--[if mso]>, <![endif]-->
 */
export type Place =
  | { at: "text" }
  | { at: "open"; seen: string }
  | { at: "tag-name"; tag: string }
  | { at: "tag"; tag: string }
  | { at: "name" | "after-name" | "before-value"; tag: string; name: string }
  | { at: "value"; tag: string; name: string; quote: '"' | "'" | ""; address: Address | null }
  | { at: "raw"; tag: string; tail: string }
  | { at: "comment"; tail: string }
  | { at: "markup" };

/** How far an address in an attribute has come: `other` has a scheme that no message needs. */
interface Address {
  part: "start" | "scheme" | "path" | "query" | "other";
  scheme: string;
}

export const BETWEEN_TAGS: Place = { at: "text" };

/** Follows `text` from `place` on, as a browser would read it. */
export function placeAfter(place: Place, text: string): Place {
  for (const character of text) place = next(place, character);
  return place;
}

/** Of two ways that come together: where both stand, or null when they stand in different places. */
export function samePlace(one: Place, other: Place): Place | null {
  const [a, b] = [betweenAttributes(one), betweenAttributes(other)];
  return JSON.stringify(a) === JSON.stringify(b) ? a : null;
}

/** How a value is written into a place, and where one stands behind it; or why none may stand there. */
export type Opening = { escape: (value: string) => string; after: Place } | { refused: string };

export function openingAt(place: Place): Opening {
  switch (place.at) {
    case "text":
    case "comment":
      return { escape: escapeHtml, after: place.at === "comment" ? { ...place, tail: "" } : place };
    case "raw":
      if (ESCAPABLE_RAW.has(place.tag)) return { escape: escapeHtml, after: { ...place, tail: "" } };
      return { refused: `Nothing can be filled in inside <${place.tag}>.` };
    case "value":
      return openingInValue(place);
    case "before-value":
      return { refused: `Put quotes round the value: ${place.name}="{{ … }}".` };
    case "open":
    case "tag-name":
    case "tag":
    case "name":
    case "after-name":
    case "markup":
      return { refused: "Nothing can be filled in inside a tag, but for an attribute's value in quotes." };
  }
}

/** Writes a value so that HTML takes it for text, between tags and in quotes. */
export function escapeHtml(value: string): string {
  return /[&<>"']/.test(value) ? value.replace(/[&<>"']/g, (character) => ENTITIES[character]!) : value;
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

const RAW = new Set(["script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext"]);
const ESCAPABLE_RAW = new Set(["title", "textarea"]);
const ADDRESSES = new Set([
  ...["href", "src", "action", "formaction", "background", "cite", "poster", "data", "xlink:href", "longdesc"],
  ...["ping", "icon", "manifest", "codebase", "lowsrc", "dynsrc", "usemap", "profile", "classid", "archive"],
]);
/** Their values are programs, style sheets, or lists and documents with rules of their own. */
const CLOSED = /^(on.*|style|srcset|imagesrcset|srcdoc)$/;
const SCHEMES = new Set(["http", "https", "mailto", "tel", "sms", "cid"]);

function openingInValue(place: Extract<Place, { at: "value" }>): Opening {
  const { name, quote, address } = place;
  if (!quote) return { refused: `Put quotes round the value: ${name}="{{ … }}".` };
  if (CLOSED.test(name)) return { refused: `Nothing can be filled in in the attribute ${name}.` };
  switch (address?.part) {
    case undefined:
      return { escape: escapeHtml, after: place };
    case "start":
      return {
        escape: (value) => escapeHtml(wholeAddress(value)),
        after: { ...place, address: { part: "path", scheme: "" } },
      };
    case "path":
    case "query": {
      const encode = address.scheme === "tel" || address.scheme === "sms" ? digits : ENCODERS[address.part];
      return { escape: (value) => escapeHtml(encode(value)), after: place };
    }
    case "scheme":
      return {
        refused: `Write the beginning of the address before the value (${name}="https://example.com/{{ … }}"), or let the value be all of it.`,
      };
    case "other":
      return { refused: `In ${name} only addresses of http, https, mailto, tel and sms can be filled in.` };
  }
}

/** A value as an address of the web, of mail or of a phone; anything else, such as a script, leads nowhere. */
function wholeAddress(value: string): string {
  const address = value.trim();
  return /^(https?:\/\/|mailto:|tel:|sms:)/i.test(address) ? encodePath(address) : "#";
}

function encodePath(value: string): string {
  return encodeURI(wellFormed(value)).replace(/%25([0-9a-f]{2})/gi, "%$1");
}

function encodeQuery(value: string): string {
  return encodeURIComponent(wellFormed(value)).replaceAll("%40", "@");
}

const ENCODERS = { path: encodePath, query: encodeQuery };

function digits(value: string): string {
  return value.replace(/[^\d+*#]/g, "");
}

function wellFormed(value: string): string {
  return value.replace(/\p{Surrogate}/gu, "\ufffd");
}

// The branches of an {% if %} may give a tag an attribute, with a value or without.
function betweenAttributes(place: Place): Place {
  return place.at === "name" || place.at === "after-name" ? { at: "tag", tag: place.tag } : place;
}

const isBlank = (character: string) => /[\t\n\f\r ]/.test(character);
const isLetter = (character: string) => /[a-z]/i.test(character);

function next(place: Place, character: string): Place {
  switch (place.at) {
    case "text":
      return character === "<" ? { at: "open", seen: "<" } : place;
    case "open":
      return opened(place.seen, character);
    case "tag-name":
      if (isBlank(character) || character === "/") return { at: "tag", tag: place.tag };
      return character === ">" ? behind(place.tag) : { at: "tag-name", tag: place.tag + character.toLowerCase() };
    case "tag":
      if (isBlank(character) || character === "/") return place;
      if (character === ">") return behind(place.tag);
      return { at: "name", tag: place.tag, name: character.toLowerCase() };
    case "name":
    case "after-name":
      return afterName(place, character);
    case "before-value": {
      if (isBlank(character)) return place;
      if (character === ">") return behind(place.tag);
      const quote = character === '"' || character === "'" ? character : "";
      const { tag, name } = place;
      const address: Address | null = ADDRESSES.has(name) ? { part: "start", scheme: "" } : null;
      const begun: Place = { at: "value", tag, name, quote, address };
      return quote ? begun : next(begun, character);
    }
    case "value":
      if (place.quote ? character === place.quote : isBlank(character)) return { at: "tag", tag: place.tag };
      if (!place.quote && character === ">") return behind(place.tag);
      return place.address ? { ...place, address: further(place.address, character) } : place;
    case "raw": {
      const tail = (place.tail + character.toLowerCase()).slice(-place.tag.length - 2);
      return tail === `</${place.tag}` ? { at: "tag-name", tag: `/${place.tag}` } : { ...place, tail };
    }
    case "comment":
      if (character === ">" && place.tail === "--") return BETWEEN_TAGS;
      return { at: "comment", tail: (place.tail + character).slice(-2) };
    case "markup":
      return character === ">" ? BETWEEN_TAGS : place;
  }
}

function opened(seen: string, character: string): Place {
  const now = seen + character;
  if (seen === "<!--") {
    // What mail programs of one maker read as HTML is read as HTML.
    return character === "[" ? { at: "markup" } : next({ at: "comment", tail: "--" }, character);
  }
  if (["</", "<!", "<!-", "<!--"].includes(now)) return { at: "open", seen: now };
  if (seen === "<") {
    if (isLetter(character)) return { at: "tag-name", tag: character.toLowerCase() };
    if (character === "?") return { at: "markup" };
    return next(BETWEEN_TAGS, character);
  }
  if (seen === "</" && isLetter(character)) return { at: "tag-name", tag: `/${character.toLowerCase()}` };
  return next({ at: "markup" }, character);
}

function afterName(place: Extract<Place, { at: "name" | "after-name" | "before-value" }>, character: string): Place {
  const { tag, name } = place;
  if (character === "=") return { at: "before-value", tag, name };
  if (character === ">") return behind(tag);
  if (character === "/") return { at: "tag", tag };
  if (isBlank(character)) return { at: "after-name", tag, name };
  const begun = place.at === "name" ? name : "";
  return { at: "name", tag, name: begun + character.toLowerCase() };
}

function behind(tag: string): Place {
  return RAW.has(tag) ? { at: "raw", tag, tail: "" } : BETWEEN_TAGS;
}

function further(address: Address, character: string): Address {
  const { part, scheme } = address;
  switch (part) {
    case "start":
      if (isBlank(character)) return address;
      // An entity could stand for any letter of a scheme.
      if (character === "&") return { part: "other", scheme: "" };
      return isLetter(character) ? { part: "scheme", scheme: character.toLowerCase() } : further(PATH, character);
    case "scheme":
      if (character === ":") return { part: SCHEMES.has(scheme) ? "path" : "other", scheme };
      if (/[a-z0-9+.-]/i.test(character)) return { part, scheme: scheme + character.toLowerCase() };
      // Browsers pass over line breaks and tabs in a scheme.
      if (character === "&" || isBlank(character)) return { part: "other", scheme };
      return further(PATH, character);
    case "path":
      return character === "?" || character === "#" ? { part: "query", scheme } : address;
    case "query":
    case "other":
      return address;
  }
}

const PATH: Address = { part: "path", scheme: "" };

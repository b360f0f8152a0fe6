import { createHash, createVerify, type KeyObject } from "node:crypto";

/**
 * Reads the first DKIM signature of a mail and checks it with the key, as RFC 6376 6.1 says for relaxed/relaxed and
 * rsa-sha256. The mail comes as latin1, byte for byte.
 */
export function isSignedBy(
  mail: string,
  key: KeyObject,
): { valid: boolean; domain: string; selector: string; headers: string[] } {
  const end = mail.indexOf("\r\n\r\n");
  const fields = mail
    .slice(0, end)
    .split(/\r\n(?![ \t])/)
    .map((field) => ({ name: field.slice(0, field.indexOf(":")).trim().toLowerCase(), field }));
  const signature = fields.find(({ name }) => name === "dkim-signature")?.field ?? "";
  const tag = (name: string): string =>
    new RegExp(`[;:]\\s*${name}\\s*=([^;]*)`).exec(signature)?.[1]?.replace(/\s+/g, "") ?? "";
  const headers = tag("h").toLowerCase().split(":");
  // 5.4.2: a name that stands there twice means the field above.
  const left = [...fields];
  const signed = headers.flatMap((name) => {
    const at = left.findLastIndex((field) => field.name === name);
    return at < 0 ? [] : left.splice(at, 1);
  });
  const unsigned = signature.replace(/(;\s*b\s*=)[^;]*/, "$1");
  const text = [...signed.map(({ field }) => `${relaxed(field)}\r\n`), relaxed(unsigned)].join("");
  const bodyHash = createHash("sha256")
    .update(relaxedBody(mail.slice(end + 4)), "latin1")
    .digest("base64");
  const verified = createVerify("RSA-SHA256").update(text, "latin1").verify(key, tag("b"), "base64");
  return { valid: verified && bodyHash === tag("bh"), domain: tag("d"), selector: tag("s"), headers };
}

// 3.4.2
function relaxed(field: string): string {
  const colon = field.indexOf(":");
  const value = field
    .slice(colon + 1)
    .replace(/\r\n/g, "")
    .replace(/[ \t]+/g, " ")
    .trim();
  return `${field.slice(0, colon).trim().toLowerCase()}:${value}`;
}

// 3.4.4
function relaxedBody(body: string): string {
  const lines = body.split("\r\n").map((line) => line.replace(/[ \t]+/g, " ").replace(/ $/, ""));
  const text = lines.join("\r\n").replace(/(\r\n)+$/, "");
  return text === "" ? "" : `${text}\r\n`;
}

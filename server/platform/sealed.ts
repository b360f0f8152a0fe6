import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { chmodSync, linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Secrets at rest, with AES-256-GCM. A sealed text is
 *   version (1 byte) · key id (4) · nonce (12) · ciphertext · tag (16)
 * and belongs to what it is about: put in another row's place it does not open.
 */

export interface SealingKey {
  /** The first bytes of a hash of the key: they say which one fits, and nothing else about it. */
  readonly id: Buffer;
  readonly key: Buffer;
}

/** The first seals, all of them open: that is how keys are changed. */
export type SealingKeys = readonly [SealingKey, ...SealingKey[]];

/** What is sealed does not open. The message may be shown: it names neither the key nor the text. */
export class CannotOpen extends Error {
  override name = "CannotOpen";
}

/** Where this installation's keys come from. */
export interface Keyring {
  /** Makes a key where one can be kept; null: none is given, and this program has no place of its own for one. */
  toSeal(): SealingKeys | null;
  /** Null: there is none yet, so nothing was sealed with one. */
  toOpen(): SealingKeys | null;
}

const VERSION = 1;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
/** Random, 96 bits: safe for 2^32 texts under one key (NIST SP 800-38D 8.3). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + KEY_ID_BYTES;
const KEY_FILE = "secret.key";

/** Seals a text for the one place that `about` names. */
export function seal(keys: SealingKeys, text: string, about: string): Buffer {
  const [{ id, key }] = keys;
  const header = Buffer.concat([Buffer.of(VERSION), id]);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.concat([header, Buffer.from(about)]));
  return Buffer.concat([header, nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

/** The text again. Throws CannotOpen where no key fits, or where it was changed or sealed for another place. */
export function open(keys: SealingKeys, sealed: Buffer, about: string): string {
  if (sealed.length < HEADER_BYTES + NONCE_BYTES + TAG_BYTES || sealed[0] !== VERSION)
    throw new CannotOpen("What was kept is no sealed secret of this version.");
  const header = sealed.subarray(0, HEADER_BYTES);
  const fitting = keys.find(({ id }) => id.equals(header.subarray(1)));
  if (!fitting) throw new CannotOpen("A secret was sealed with a key that SECRET_KEY does not have any more.");
  const nonce = sealed.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", fitting.key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.concat([header, Buffer.from(about)]));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    const text = decipher.update(sealed.subarray(HEADER_BYTES + NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch {
    throw new CannotOpen("A secret was changed, or is not where it was sealed for.");
  }
}

/** The keys of SECRET_KEY: 32 bytes in base64, or several with commas between; undefined for anything else. */
export function readSealingKeys(text: string): SealingKeys | undefined {
  const [first, ...others] = text.split(",").map((part) => readKey(part.trim()));
  const rest = others.filter((key) => key !== undefined);
  return first && rest.length === others.length ? [first, ...rest] : undefined;
}

/**
 * The given keys; without any, one that is kept beside the private database (`keptIn`) and made on first use. Somebody's
 * own database has no such place: a key beside it would be lost with the next container.
 */
export function openKeyring({ given, keptIn }: { given: SealingKeys | undefined; keptIn: string | null }): Keyring {
  if (given) return { toSeal: () => given, toOpen: () => given };
  if (keptIn === null) return { toSeal: () => null, toOpen: () => null };
  const path = join(keptIn, KEY_FILE);
  return { toSeal: () => keptKey(path) ?? makeKey(path), toOpen: () => keptKey(path) };
}

function readKey(text: string): SealingKey | undefined {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return undefined;
  const key = Buffer.from(text, "base64");
  return key.length === KEY_BYTES ? sealingKey(key) : undefined;
}

function sealingKey(key: Buffer): SealingKey {
  return { key, id: createHash("sha256").update("key id").update(key).digest().subarray(0, KEY_ID_BYTES) };
}

function keptKey(path: string): SealingKeys | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const keys = readSealingKeys(text.trim());
  if (!keys) throw new Error(`${path} is not a key of this program`);
  return keys;
}

// Whole or not there: another process of this installation may look at the same moment, and the first one counts.
function makeKey(path: string): SealingKeys {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, `${randomBytes(KEY_BYTES).toString("base64")}\n`, { mode: 0o600, flag: "wx", flush: true });
  try {
    chmodSync(draft, 0o600);
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const keys = keptKey(path);
  if (!keys) throw new Error(`${path} was removed while it was made`);
  return keys;
}

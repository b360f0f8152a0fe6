import type { Database } from "../platform/database.ts";
import { EncodingSniffer, type Sniffed } from "./encoding.ts";
import { appendChunk, breakOffContent, completeContent, type Content } from "./upload.store.ts";

export const BROKEN_OFF = "The connection broke off before all of the file was here. Send it again.";

/** Bytes are kept in pieces of about this size: one row of the database each. */
const CHUNK_BYTES = 256 * 1024;

export type Received =
  | { kind: "received"; bytes: number; sniffed: Sniffed }
  | { kind: "too large" }
  | { kind: "stalled" }
  | { kind: "broken off" }
  | { kind: "taken over" };

/**
 * Keeps what comes in, as fast as the database takes it and never more than a chunk in memory. Unless all of it came,
 * nothing of it stays, and the upload says why. Throws what the database throws.
 */
export async function receive(
  database: Database,
  content: Content,
  body: AsyncIterable<Uint8Array>,
  { bytesMax, stallMs }: { bytesMax: number; stallMs: number },
): Promise<Received> {
  const received = await keepAll(database, content, body[Symbol.asyncIterator](), { bytesMax, stallMs }).catch(
    async (error: unknown) => {
      await breakOffContent(database, content, "The file could not be kept. Send it again.").catch(() => undefined);
      throw error;
    },
  );
  const words = problemOf(received, { bytesMax, stallMs });
  if (words) await breakOffContent(database, content, words);
  return received;
}

async function keepAll(
  database: Database,
  content: Content,
  pieces: AsyncIterator<Uint8Array>,
  { bytesMax, stallMs }: { bytesMax: number; stallMs: number },
): Promise<Received> {
  const sniffer = new EncodingSniffer();
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let bytes = 0;
  let number = 0;
  const keep = async () => {
    const chunk = Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    return chunk.length === 0 || appendChunk(database, content, number++, chunk);
  };
  for (;;) {
    const next = await nextWithin(pieces, stallMs);
    if (next === "stalled" || next === "broken off") return { kind: next };
    if (next.done) break;
    bytes += next.value.length;
    if (bytes > bytesMax) return { kind: "too large" };
    sniffer.push(next.value);
    pending.push(next.value);
    pendingBytes += next.value.length;
    if (pendingBytes >= CHUNK_BYTES && !(await keep())) return { kind: "taken over" };
  }
  const sniffed = sniffer.end();
  if (!(await keep()) || !(await completeContent(database, content, sniffed))) return { kind: "taken over" };
  return { kind: "received", bytes, sniffed };
}

/** Only waiting for the sender counts: a slow database is not the sender's fault. */
export async function nextWithin(
  pieces: AsyncIterator<Uint8Array>,
  stallMs: number,
): Promise<IteratorResult<Uint8Array> | "stalled" | "broken off"> {
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<"stalled">((resolve) => (timer = setTimeout(resolve, stallMs, "stalled")));
  try {
    return await Promise.race([pieces.next().catch(() => "broken off" as const), stalled]);
  } finally {
    clearTimeout(timer);
  }
}

function problemOf({ kind }: Received, { bytesMax, stallMs }: { bytesMax: number; stallMs: number }): string | null {
  if (kind === "too large") return tooLarge(bytesMax);
  if (kind === "stalled") return nothingCame(stallMs);
  if (kind === "broken off") return BROKEN_OFF;
  return null;
}

export function nothingCame(stallMs: number): string {
  return `Nothing came for ${stallMs / 1000} seconds. Send the file again.`;
}

export function tooLarge(bytesMax: number): string {
  return `The file is larger than ${inMegabytes(bytesMax)}, which is the most that is taken. Split it into several.`;
}

function inMegabytes(bytes: number): string {
  return bytes >= 1_000_000
    ? `${Math.floor(bytes / 1_000_000).toLocaleString("en")} MB`
    : `${Math.floor(bytes / 1_000)} kB`;
}

import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import type { Database } from "../platform/database.ts";
import { receive, tooLarge } from "./upload-content.ts";

const CONTENT = { workspaceId: "w", uploadId: "u", contentId: "c" };
const LIMITS = { bytesMax: 2_000_000, stallMs: 60_000 };
const KB = 1024;

/** A database that remembers the chunks and how the upload ended. `owner`: whose PUT it is; `failsAt`: a chunk. */
function remembering({ failsAt = Infinity }: { failsAt?: number } = {}) {
  const seen = { owner: "c", chunks: [] as Buffer[], status: "receiving", problem: null as string | null };
  const query = async (sql: string, values: unknown[]): Promise<object[]> => {
    if (sql.startsWith("INSERT INTO upload_chunk")) {
      if (seen.chunks.length >= failsAt) throw new Error("the disk is full");
      expect(values[3]).toBe(seen.chunks.length);
      seen.chunks.push(values[4] as Buffer);
    } else if (sql.startsWith("DELETE FROM upload_chunk")) seen.chunks = [];
    else {
      if (seen.owner !== values[1]) return [];
      if (sql.includes("problem = ")) [seen.status, seen.problem] = [values[2] as string, values[4] as string | null];
    }
    return [{ id: "u" }];
  };
  const database = {
    inWorkspace: (_id: string, act: (tx: object) => unknown) => act({ query }),
  } as unknown as Database;
  return { database, seen };
}

async function* pieces(count: number, bytes = 64 * KB): AsyncGenerator<Buffer> {
  for (let i = 0; i < count; i++) yield Buffer.alloc(bytes, `${i % 10}`);
}

describe("what comes in", () => {
  test("is kept byte for byte, in chunks of 256 kB, however small the pieces are", async () => {
    const { database, seen } = remembering();
    const received = await receive(database, CONTENT, pieces(700, 1_000), LIMITS);
    expect(received).toEqual({ kind: "received", bytes: 700_000, sniffed: { encoding: "utf-8" } });
    expect(seen.chunks.map(({ length }) => length)).toEqual([263_000, 263_000, 174_000]);
    expect(Buffer.concat(seen.chunks)).toEqual(
      Buffer.concat(Array.from({ length: 700 }, (_, i) => Buffer.alloc(1_000, `${i % 10}`))),
    );
    expect(seen).toMatchObject({ status: "received", problem: null });
  });

  test("as large as is allowed is taken; a byte more, and nothing of it stays", async () => {
    const exact = remembering();
    const limits = { ...LIMITS, bytesMax: 640 * KB };
    expect(await receive(exact.database, CONTENT, pieces(10), limits)).toMatchObject({ kind: "received" });
    const { database, seen } = remembering();
    const over = { ...LIMITS, bytesMax: 640 * KB - 1 };
    expect(await receive(database, CONTENT, pieces(10), over)).toEqual({ kind: "too large" });
    expect(seen).toMatchObject({ chunks: [], status: "waiting", problem: tooLarge(over.bytesMax) });
  });

  test("without an end is read as far as is allowed and no further", async () => {
    let read = 0;
    async function* endless() {
      for (; read < 10_000; read++) yield Buffer.alloc(64 * KB, "x");
    }
    const { database } = remembering();
    expect(await receive(database, CONTENT, endless(), LIMITS)).toEqual({ kind: "too large" });
    expect(read).toBe(Math.floor(LIMITS.bytesMax / (64 * KB)));
  });

  test("and then stalls is broken off, and the upload waits to be sent again", async () => {
    const { database, seen } = remembering();
    async function* stalling() {
      yield* pieces(5);
      await new Promise(() => undefined);
    }
    expect(await receive(database, CONTENT, stalling(), { ...LIMITS, stallMs: 20 })).toEqual({ kind: "stalled" });
    const problem = "Nothing came for 0.02 seconds. Send the file again.";
    expect(seen).toMatchObject({ chunks: [], status: "waiting", problem });
  });

  test("slowly, but on and on, is no stall: only the time between two pieces counts", async () => {
    async function* slow() {
      for await (const piece of pieces(6, 10)) yield (await sleep(40), piece);
    }
    const limits = { ...LIMITS, stallMs: 150 };
    expect(await receive(remembering().database, CONTENT, slow(), limits)).toMatchObject({
      kind: "received",
      bytes: 60,
    });
  });

  test("and breaks off leaves nothing behind", async () => {
    const { database, seen } = remembering();
    async function* breaking() {
      yield* pieces(5);
      throw new Error("aborted");
    }
    expect(await receive(database, CONTENT, breaking(), LIMITS)).toEqual({ kind: "broken off" });
    const problem = "The connection broke off before all of the file was here. Send it again.";
    expect(seen).toMatchObject({ chunks: [], status: "waiting", problem });
  });

  test.each([2, 5])("of a PUT that another one took over after %d pieces changes nothing any more", async (count) => {
    const { database, seen } = remembering();
    async function* overtaken() {
      yield* pieces(count);
      seen.owner = "another";
      yield* pieces(count);
    }
    expect(await receive(database, CONTENT, overtaken(), LIMITS)).toEqual({ kind: "taken over" });
    expect(seen).toMatchObject({ status: "receiving", problem: null });
  });

  test("and cannot be kept leaves nothing behind, and says so to both sides", async () => {
    const { database, seen } = remembering({ failsAt: 1 });
    await expect(receive(database, CONTENT, pieces(20), LIMITS)).rejects.toThrow("the disk is full");
    expect(seen).toMatchObject({
      chunks: [],
      status: "waiting",
      problem: "The file could not be kept. Send it again.",
    });
  });

  test("and is no table is not kept, and the upload says what it is", async () => {
    const { database, seen } = remembering();
    async function* workbook() {
      yield Buffer.from([0x50, 0x4b, 3, 4]);
      yield* pieces(9);
    }
    const problem = "This is no table of text but an Excel workbook or a zip archive. In Excel: save as “CSV UTF-8”.";
    const received = await receive(database, CONTENT, workbook(), LIMITS);
    expect(received).toMatchObject({ kind: "received", sniffed: { problem } });
    expect(seen).toMatchObject({ chunks: [], status: "waiting", problem });
  });
});

test.each([
  [2_000_000_000, "2,000 MB"],
  [1_000_000, "1 MB"],
  [999_999, "999 kB"],
])("%d bytes are told as %s", (bytes, words) => {
  expect(tooLarge(bytes)).toBe(
    `The file is larger than ${words}, which is the most that is taken. Split it into several.`,
  );
});

/** How a file's bytes become text. By the names that TextDecoder knows, which is what reads them. */
export const ENCODINGS = ["utf-8", "utf-16le", "utf-16be", "windows-1252"] as const;
export type Encoding = (typeof ENCODINGS)[number];

export type Sniffed = { encoding: Encoding } | { problem: string };

const HEAD_BYTES = 64 * 1024;

/** First bytes of what people choose by mistake, and what to do instead. */
const NO_TEXT: [bytes: number[], remedy: string][] = [
  [[0x50, 0x4b, 0x03, 0x04], "an Excel workbook or a zip archive. In Excel: save as “CSV UTF-8”"],
  [[0xd0, 0xcf, 0x11, 0xe0], "an old Excel workbook. In Excel: save as “CSV UTF-8”"],
  [[0x25, 0x50, 0x44, 0x46], "a PDF. Export the customers as CSV"],
  [[0x1f, 0x8b], "compressed with gzip. Unpack it first"],
  [[0x89, 0x50, 0x4e, 0x47], "a picture. Export the customers as CSV"],
  [[0xff, 0xd8, 0xff], "a picture. Export the customers as CSV"],
];

/**
 * Looks at a file while its bytes come in, in pieces of any size, and then says what it is written in: what its byte
 * order mark says; else UTF-16 when every second byte is zero, as Excel's "Unicode text"; else UTF-8 when more of its
 * characters beyond ASCII read as UTF-8 than do not; else Windows-1252, in which every byte is a character.
 *
 * The whole file is looked at, not its beginning: the first name that is not plain ASCII may be in the last row.
 */
export class EncodingSniffer {
  private head = Buffer.alloc(0);
  private readonly decoder = new TextDecoder("utf-8");
  private beyondAscii = 0;
  private unreadable = 0;

  push(bytes: Uint8Array): void {
    if (this.head.length < HEAD_BYTES)
      this.head = Buffer.concat([this.head, bytes.subarray(0, HEAD_BYTES - this.head.length)]);
    this.count(this.decoder.decode(bytes, { stream: true }));
  }

  end(): Sniffed {
    this.count(this.decoder.decode());
    const { head } = this;
    const mistaken = NO_TEXT.find(([bytes]) => head.subarray(0, bytes.length).equals(Buffer.from(bytes)));
    if (mistaken) return { problem: `This is no table of text but ${mistaken[1]}.` };
    if (head.length === 0) return { problem: "The file is empty." };

    const marked = ofMark(head);
    if (marked) return { encoding: marked };
    const zeros = zerosIn(head);
    if (zeros.odd > 0.3 && zeros.even < 0.05) return { encoding: "utf-16le" };
    if (zeros.even > 0.3 && zeros.odd < 0.05) return { encoding: "utf-16be" };
    if (zeros.even + zeros.odd > 0.1) return { problem: "This is no table of text: it is full of zero bytes." };
    const read = this.beyondAscii - this.unreadable;
    return { encoding: this.unreadable === 0 || read > this.unreadable ? "utf-8" : "windows-1252" };
  }

  private count(text: string): void {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code < 0x80) continue;
      this.beyondAscii++;
      if (code === 0xfffd) this.unreadable++;
    }
  }
}

function ofMark(head: Buffer): Encoding | null {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return "utf-8";
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  return null;
}

/** How much of the bytes at even and at odd places is zero, from 0 to 1. */
function zerosIn(head: Buffer): { even: number; odd: number } {
  const zeros = [0, 0];
  for (let i = 0; i < head.length; i++) if (head[i] === 0) zeros[i % 2]!++;
  const half = Math.max(1, head.length / 2);
  return { even: zeros[0]! / half, odd: zeros[1]! / half };
}

import { describe, expect, test } from "@jest/globals";
import { EncodingSniffer, type Sniffed } from "./encoding.ts";

const TEXT = "name;e-mail\r\nZoë Gärtner;zoe@example.com\r\nŁukasz;lukasz@example.com\r\n";
const LATIN = "name;e-mail\r\nZoë Gärtner;zoe@example.com\r\n";

function sniff(bytes: Uint8Array, pieceBytes = 7): Sniffed {
  const sniffer = new EncodingSniffer();
  for (let at = 0; at < bytes.length; at += pieceBytes) sniffer.push(bytes.subarray(at, at + pieceBytes));
  return sniffer.end();
}

const swapped = (text: string) => Buffer.from(text, "utf16le").swap16();
const MARK = "\ufeff";

describe("the encoding of a file", () => {
  test.each([
    ["UTF-8", Buffer.from(TEXT), "utf-8"],
    ["UTF-8 with a byte order mark", Buffer.from(MARK + TEXT), "utf-8"],
    ["plain ASCII", Buffer.from("name,e-mail\nBo,bo@example.com\n"), "utf-8"],
    ["UTF-16 as Excel writes it", Buffer.from(MARK + TEXT, "utf16le"), "utf-16le"],
    ["UTF-16 without its mark", Buffer.from(TEXT, "utf16le"), "utf-16le"],
    ["UTF-16 the other way round", swapped(MARK + TEXT), "utf-16be"],
    ["Windows-1252", Buffer.from(LATIN, "latin1"), "windows-1252"],
  ])("%s is told", (_name, bytes, encoding) => {
    expect(sniff(bytes)).toEqual({ encoding });
    expect(sniff(bytes, 1)).toEqual({ encoding });
    expect(sniff(bytes, bytes.length)).toEqual({ encoding });
  });

  test("is told by the last row, if all others are plain", () => {
    const plain = "Bo,bo@example.com\n".repeat(20_000);
    expect(sniff(Buffer.from(`${plain}Zoë,zoe@example.com\n`, "latin1"), 65_536)).toEqual({ encoding: "windows-1252" });
    expect(sniff(Buffer.from(`${plain}Zoë,zoe@example.com\n`), 65_536)).toEqual({ encoding: "utf-8" });
  });

  test("stays UTF-8 when one character of many is broken", () => {
    const broken = Buffer.concat([Buffer.from(TEXT), Buffer.from([0xff]), Buffer.from("\n")]);
    expect(sniff(broken)).toEqual({ encoding: "utf-8" });
  });
});

describe("what is no table", () => {
  test.each([
    ["a workbook", Buffer.from([0x50, 0x4b, 0x03, 0x04, 0, 0, 8, 0]), /Excel workbook.*save as “CSV UTF-8”/],
    ["an old workbook", Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1]), /old Excel workbook/],
    ["a PDF", Buffer.from("%PDF-1.7\n"), /a PDF/],
    ["a compressed file", Buffer.from([0x1f, 0x8b, 8, 0]), /Unpack it first/],
    ["zeros", Buffer.alloc(5_000), /full of zero bytes/],
    ["nothing", Buffer.alloc(0), /is empty/],
  ])("%s is refused with what to do instead", (_name, bytes, words) => {
    expect(sniff(bytes)).toEqual({ problem: expect.stringMatching(words) });
  });
});

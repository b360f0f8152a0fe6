import { randomBytes } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isGenuine, links, personalToken, readToken } from "./personal-link.ts";

const secret = randomBytes(32);
const anyId = fc.uuid();

describe("a personal link", () => {
  test("is the same each time, tells the recipient, and is genuine for its purpose, its recipient and its workspace alone", () => {
    fc.assert(
      fc.property(anyId, anyId, (id, other) => {
        const token = personalToken(secret, id, "respond");
        expect(token).toBe(personalToken(Buffer.from(secret), id.toUpperCase(), "respond"));
        expect(encodeURIComponent(token)).toBe(token);
        const read = readToken(token)!;
        expect(read.recipientId).toBe(id.toLowerCase());
        expect(isGenuine(secret, read, "respond")).toBe(true);
        expect(isGenuine(secret, read, "unsubscribe")).toBe(false);
        expect(isGenuine(randomBytes(32), read, "respond")).toBe(false);
        if (other !== id) expect(isGenuine(secret, { ...read, recipientId: other }, "respond")).toBe(false);
      }),
    );
  });

  test("with any one character changed is not genuine: no two tokens say the same", () => {
    const token = personalToken(secret, "01890000-0000-7000-8000-000000000001", "unsubscribe");
    for (let i = 0; i < token.length; i += 1) {
      for (const character of "ABab01-_z9") {
        if (character === token[i]) continue;
        const read = readToken(token.slice(0, i) + character + token.slice(i + 1))!;
        expect(isGenuine(secret, read, "unsubscribe")).toBe(false);
      }
    }
  });

  test("that is none is read as none, whatever it is", () => {
    const token = personalToken(secret, "01890000-0000-7000-8000-000000000001", "respond");
    for (const none of ["", token.slice(1), `${token}A`, `${token.slice(1)}=`, `${token.slice(1)}/`, `${token}\n`]) {
      expect(readToken(none)).toBeNull();
    }
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void readToken(text)));
    expect(isGenuine(secret, { recipientId: "x", proof: Buffer.alloc(0) }, "respond")).toBe(false);
    expect(() => personalToken(secret, "no id", "respond")).toThrow("UUID");
  });

  test("leads to a page of its own, and another one off the list", () => {
    const id = "01890000-0000-7000-8000-000000000001";
    const { link, unsubscribeUrl } = links("https://feedback.example.com", secret, id);
    expect(link).toBe(`https://feedback.example.com/r/${personalToken(secret, id, "respond")}`);
    expect(unsubscribeUrl).toBe(`https://feedback.example.com/u/${personalToken(secret, id, "unsubscribe")}`);
  });
});

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CannotOpen, open, openKeyring, readSealingKeys, seal } from "./sealed.ts";
import { loadSettings, SettingsError } from "./settings.ts";

const newKey = () => randomBytes(32).toString("base64");
const keysOf = (...texts: string[]) => readSealingKeys(texts.join(","))!;

describe("a sealed secret", () => {
  const [older, newer] = [newKey(), newKey()];
  const keys = keysOf(older);

  test("opens to the same text where it was sealed for", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), (text, about) => {
        expect(open(keys, seal(keys, text, about), about)).toBe(text);
      }),
    );
  });

  test("is another one each time, and shows nothing of the text", () => {
    const [one, two] = [seal(keys, "hunter2", "a"), seal(keys, "hunter2", "a")];
    expect(one.equals(two)).toBe(false);
    expect(one.includes("hunter2")).toBe(false);
  });

  test("does not open in another place", () => {
    const sealed = seal(keys, "hunter2", "workspace a, transport 1");
    expect(() => open(keys, sealed, "workspace b, transport 1")).toThrow(CannotOpen);
  });

  test("does not open with any of its bytes changed or cut off", () => {
    const sealed = seal(keys, "hunter2", "a");
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at]! ^= 1;
      expect(() => open(keys, changed, "a")).toThrow(CannotOpen);
      expect(() => open(keys, sealed.subarray(0, at), "a")).toThrow(CannotOpen);
    }
  });

  test("opens after a new key was put in front, and what is sealed from then on needs the new one", () => {
    const before = seal(keysOf(older), "hunter2", "a");
    const both = keysOf(newer, older);
    expect(open(both, before, "a")).toBe("hunter2");
    const after = seal(both, "hunter3", "a");
    expect(open(keysOf(newer), after, "a")).toBe("hunter3");
    expect(() => open(keysOf(older), after, "a")).toThrow("SECRET_KEY does not have");
    expect(() => open(keysOf(newer), before, "a")).toThrow(CannotOpen);
  });

  test("tells neither the key nor the text when it does not open", () => {
    const words: string[] = [];
    for (const wrong of [
      () => open(keysOf(newer), seal(keys, "hunter2", "a"), "a"),
      () => open(keys, seal(keys, "hunter2", "a"), "b"),
    ])
      try {
        wrong();
      } catch (error) {
        words.push(String((error as Error).stack));
      }
    expect(words).toHaveLength(2);
    for (const text of [older, newer, "hunter2"]) expect(words.join()).not.toContain(text);
  });
});

describe("SECRET_KEY", () => {
  test.each(["", "short", newKey().slice(2), `${newKey()},`, `${newKey()},x`, `${newKey()} ${newKey()}`])(
    "%j is not taken",
    (text) => expect(readSealingKeys(text)).toBeUndefined(),
  );

  test("is not repeated when it is wrong", () => {
    const wrong = `${newKey()}, not-a-key`;
    let words = "";
    try {
      loadSettings({ SECRET_KEY: wrong }, []);
    } catch (error) {
      words = (error as SettingsError).message;
    }
    expect(words).toContain("SECRET_KEY is not shown here: expected 32 random bytes");
    expect(words).not.toContain(wrong.slice(0, 10));
  });
});

describe("the keyring", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sealed-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("makes a key beside a private database on first use, for its owner's eyes alone, and keeps to it", () => {
    const keyring = openKeyring({ given: undefined, keptIn: folder });
    expect(keyring.toOpen()).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
    const sealed = seal(keyring.toSeal()!, "hunter2", "a");
    expect(readdirSync(folder)).toEqual(["secret.key"]);
    expect(statSync(join(folder, "secret.key")).mode & 0o777).toBe(0o600);
    const afterRestart = openKeyring({ given: undefined, keptIn: folder });
    expect(open(afterRestart.toOpen()!, sealed, "a")).toBe("hunter2");
    expect(open(afterRestart.toSeal()!, sealed, "a")).toBe("hunter2");
  });

  test("has none beside somebody's own database, and takes the given ones wherever they are given", () => {
    expect(openKeyring({ given: undefined, keptIn: null }).toSeal()).toBeNull();
    const given = keysOf(newKey());
    expect(openKeyring({ given, keptIn: null }).toSeal()).toBe(given);
    expect(openKeyring({ given, keptIn: folder }).toOpen()).toBe(given);
  });

  test("does not make a new key over a file that it cannot read as one", () => {
    const other = mkdtempSync(join(tmpdir(), "sealed-"));
    writeFileSync(join(other, "secret.key"), "damaged");
    const keyring = openKeyring({ given: undefined, keptIn: other });
    expect(() => keyring.toSeal()).toThrow("is not a key");
    expect(readFileSync(join(other, "secret.key"), "utf8")).toBe("damaged");
    rmSync(other, { recursive: true });
  });
});

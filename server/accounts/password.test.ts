import "reflect-metadata";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { hashPassword, isPassword, PASSWORD_CHARACTERS_MIN, passwordProblems } from "./password.ts";

describe("a password", () => {
  test("is kept as argon2id with the parameters that OWASP names, and never as itself", async () => {
    const hash = await hashPassword("correct horse battery");
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(hash).not.toContain("correct");
    expect(await hashPassword("correct horse battery")).not.toBe(hash);
  });

  test("fits its hash alone, however its accents were typed", async () => {
    const hash = await hashPassword("caf\u00e9 au lait, please");
    expect(await isPassword("cafe\u0301 au lait, please", hash)).toBe(true);
    expect(await isPassword("cafe au lait, please", hash)).toBe(false);
  });

  test("fits nobody where there is no account, not even the one that is compared with", async () => {
    expect(await isPassword("nobody has this password", null)).toBe(false);
  });

  test("of fewer characters than the least is refused, with the number", () => {
    expect(passwordProblems("password", "eleven char", [])).toMatchObject([
      { code: "INVALID", field: "password", message: expect.stringContaining("11 characters") },
    ]);
    expect(passwordProblems("password", "twelve chars", [])).toEqual([]);
    expect(passwordProblems("password", "x".repeat(201), [])).toMatchObject([{ code: "TOO_LONG" }]);
  });

  test.each(["aaaaaaaaaaaa", "abcabcabcabc", "123412341234", "ada@shop.example1"])("like %s is refused", (password) => {
    expect(passwordProblems("password", password, ["ada@shop.example"])).toMatchObject([{ code: "INVALID" }]);
  });

  test("of many different characters is never refused for its look", () => {
    const characters = fc.uniqueArray(fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789 -_!"), {
      minLength: PASSWORD_CHARACTERS_MIN,
      maxLength: 40,
    });
    fc.assert(
      fc.property(characters, (some) => expect(passwordProblems("password", some.join(""), ["ada"])).toEqual([])),
    );
  });
});

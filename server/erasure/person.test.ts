import { describe, expect, test } from "@jest/globals";
import { alsoWritten, personBy } from "./person.ts";

const person = (address: string) => {
  const read = personBy(address);
  if ("problem" in read) throw new Error(read.problem);
  return read;
};

describe("a person", () => {
  test("is the same however the address is written", () => {
    expect(person(" Ada@EXAMPLE.com ").key).toBe("ada@example.com");
    expect(person("0049 (30) 123456").key).toBe(person("+49 30 123456").key);
    expect(personBy("nobody")).toHaveProperty("problem");
  });

  test("is found by the digits of a phone number without its country", () => {
    expect(person("+49 30 1234567")).toMatchObject({ digits: "301234567", pattern: null });
    expect(person("112233")).toMatchObject({ digits: "112233" });
  });

  test("is written in letters and as DNS knows it", () => {
    const { pattern } = alsoWritten(person("ada@münchen.example"), [" ADA@München.example"]);
    expect(pattern).toContain("ada@xn\\-\\-mnchen\\-3ya\\.example");
    expect(pattern).toContain("ada@münchen\\.example");
  });
});

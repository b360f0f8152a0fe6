import { describe, expect, test } from "@jest/globals";
import { addressesIn, readSuppressionFilter, suppressedInWords, suppressionsAddress } from "./suppressions.ts";

describe("the filter of the suppressions", () => {
  test("stands in the address and is read from it again", () => {
    const filter = { reason: "BOUNCED", search: "ada & co" } as const;
    const address = suppressionsAddress(filter);
    expect(address).toBe("/settings/suppressions?reason=bounced&search=ada+%26+co");
    expect(readSuppressionFilter(new URL(address, "http://localhost").searchParams)).toEqual(filter);
    expect(suppressionsAddress({})).toBe("/settings/suppressions");
  });

  test("that is not understood counts as not said", () => {
    expect(readSuppressionFilter(new URLSearchParams("reason=weather&search=%20"))).toEqual({
      ...{ reason: null, search: "" },
    });
  });
});

test("pasted addresses are parted by lines, commas, semicolons and tabs; a phone number keeps its blanks", () => {
  expect(addressesIn(" ada@example.com\r\n\n+49 30 55 01,bo@example.com;\tcleo@example.com ")).toEqual([
    ...["ada@example.com", "+49 30 55 01", "bo@example.com", "cleo@example.com"],
  ]);
  expect(addressesIn(" \n,")).toEqual([]);
});

test.each([
  [{ added: 1, already: 0 }, "1 address is suppressed now."],
  [{ added: 1200, already: 1 }, "1,200 addresses are suppressed now. 1 address was suppressed already."],
  [{ added: 0, already: 2 }, "All of them were suppressed already."],
  [{ added: 0, already: 1 }, "It was suppressed already."],
  [{ added: 0, already: 0 }, "No address was suppressed."],
])("%j is said as %s", (what, words) => {
  expect(suppressedInWords(what)).toBe(words);
});

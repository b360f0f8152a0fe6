import { expect, test } from "@jest/globals";
import { addressIn, afterInWords, averageInWords, customerIn, shareInWords } from "./words.ts";

test("how long an answer took is told in two units, and in whole days from two on", () => {
  expect(afterInWords(40)).toBe("after 40 s");
  expect(afterInWords(3 * 3600)).toBe("after 3 h");
  expect(afterInWords(47 * 3600)).toBe("after 47 h");
  expect(afterInWords(5 * 86_400 + 3600)).toBe("after 5 days");
});

test("a customer without a name is called by their address", () => {
  const recipient = { name: null, email: null, phone: "+4930123456" };
  expect(customerIn({ recipient })).toBe("+4930123456");
  expect(customerIn({ recipient: { ...recipient, name: "Ada" } })).toBe("Ada");
  expect(addressIn({ recipient: { ...recipient, email: "ada@example.com" } })).toBe("ada@example.com");
});

test("a mean has two decimals, a share one where it needs it", () => {
  expect([4, 4.257].map(averageInWords)).toEqual(["4.00", "4.26"]);
  expect([0, 0.1249, 0.5, 1].map(shareInWords)).toEqual(["0 %", "12.5 %", "50 %", "100 %"]);
});

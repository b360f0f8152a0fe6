import { expect, test } from "@jest/globals";
import { readAudience } from "./audience.ts";

test("lines that cannot be read stop a list until they are mended or left out on purpose", () => {
  const pasted = "ada@example.com\nBo";
  expect(readAudience({ audience: "pasted", pasted })).toMatchObject({ field: "pasted" });
  expect(readAudience({ audience: "pasted", pasted, leaveOut: "on" })).toMatchObject({
    recipients: [{ email: "ada@example.com" }],
  });
});

test("a number of made-up customers that is none, or too large, is refused", () => {
  for (const madeUp of ["", "0", "1.5", "100001", "many"])
    expect(readAudience({ audience: "made-up", madeUp })).toMatchObject({ field: "madeUp" });
  expect(readAudience({ audience: "made-up", madeUp: "3" })).toMatchObject({ recipients: { length: 3 } });
});

test("a campaign may begin with nobody in it", () => {
  expect(readAudience({ audience: "none" })).toEqual({ recipients: [] });
  expect(readAudience({ audience: "pasted", pasted: "" })).toEqual({ recipients: [] });
});

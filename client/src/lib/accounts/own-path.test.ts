import { expect, test } from "@jest/globals";
import { ownPath } from "./own-path.ts";

test("a path of ours is gone to as it stands", () => {
  expect(ownPath("/campaigns/1?status=failed#rows")).toBe("/campaigns/1?status=failed#rows");
  expect(ownPath(null)).toBe("/");
});

test.each([
  "https://example.com/",
  "//example.com/",
  "/\\example.com/",
  "/\t/example.com/",
  "/\n/example.com/",
  "/.//example.com/",
  "/x/..//example.com/",
  "javascript:alert(1)",
  "example.com",
])("%j leads to no other site", (to) => {
  expect(ownPath(to)).toBe("/");
});

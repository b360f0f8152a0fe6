import { expect, test } from "@jest/globals";
import { count, counted } from "./numbers.ts";

test("counts have thousands separators", () => {
  expect(count(1234567)).toBe("1,234,567");
});

test("one is told apart from many", () => {
  expect(counted(1, "failure")).toBe("1 failure");
  expect(counted(1042, "failure")).toBe("1,042 failures");
  expect(counted(0, "retry", "retries")).toBe("0 retries");
});

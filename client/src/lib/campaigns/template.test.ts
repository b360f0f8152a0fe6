import { expect, test } from "@jest/globals";
import { filledIn, missingValues, unknownPlaceholders } from "./template.ts";

const ada = { name: "Ada", email: "ada@example.com", phone: null };

test("placeholders become what is known of the customer, with or without spaces", () => {
  expect(filledIn("Hello {{name}} ({{ email }}{{phone}})", ada)).toBe("Hello Ada (ada@example.com)");
});

test("a name that looks like a pattern is taken as it is", () => {
  expect(filledIn("Hello {{name}}", { ...ada, name: "$& $1" })).toBe("Hello $& $1");
});

test("a placeholder that stands for nothing stays as it is, and is named", () => {
  expect(filledIn("{{first_name}}", ada)).toBe("{{first_name}}");
  expect(unknownPlaceholders("{{first_name}} {{name}} {{ first_name }} {{constructor}}")).toEqual([
    "first_name",
    "constructor",
  ]);
});

test("customers without a value that the text uses are counted", () => {
  const bo = { ...ada, name: null };
  expect(missingValues("Hello {{name}}", [ada, bo, bo])).toEqual([{ placeholder: "name", customers: 2 }]);
  expect(missingValues("Hello", [bo])).toEqual([]);
});

import { expect, test } from "@jest/globals";
import { fieldOf, linksIn } from "./review-links.ts";

const values = {
  ...{ linkName0: " ", linkUrl0: "", linkName1: "Corner Reviews", linkUrl1: " https://reviews.example.com " },
  ...{ linkName2: "", linkUrl2: "http://elsewhere.example.com" },
};

test("blank lines are no links, and half a line is one to be mended", () => {
  expect(linksIn(values)).toEqual({
    links: [
      { name: "Corner Reviews", url: "https://reviews.example.com" },
      { name: "", url: "http://elsewhere.example.com" },
    ],
    fields: [1, 2],
  });
  expect(linksIn({})).toEqual({ links: [], fields: [] });
});

test("what is wrong is said in the line where it was written", () => {
  const { fields } = linksIn(values);
  expect(fieldOf("reviewLinks[1].url", fields)).toBe("linkUrl2");
  expect(fieldOf("reviewLinks[0].name", fields)).toBe("linkName1");
  expect(fieldOf("color", fields)).toBe("color");
  expect(fieldOf(null, fields)).toBeNull();
});

import { expect, test } from "@jest/globals";
import { browserInWords, roleWithArticle } from "./words.ts";

test("a browser is named as people know it, as far as it says who it is", () => {
  const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
  const edge =
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0";
  const safari =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1";
  expect(browserInWords(firefox)).toBe("Firefox on Linux");
  expect(browserInWords(edge)).toBe("Edge on Windows");
  expect(browserInWords(safari)).toBe("Safari on iPhone");
  expect(browserInWords("made-up/1.0")).toBe("A program");
  expect(browserInWords(null)).toBe("Unknown browser");
});

test("a role stands in a sentence with its article", () => {
  expect(roleWithArticle("ADMIN")).toBe("an admin");
  expect(roleWithArticle("VIEWER")).toBe("a viewer");
});

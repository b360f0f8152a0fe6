import { describe, expect, test } from "@jest/globals";
import { filled, languageFor, TEXTS } from "./answer-texts.ts";

const gapsOf = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([gap]) => gap).sort();

describe("the texts of the answering page", () => {
  test.each(Object.entries(TEXTS))("in %s are all there, with the same gaps as in English", (_language, texts) => {
    expect(Object.keys(texts)).toEqual(Object.keys(TEXTS.en));
    for (const [key, text] of Object.entries(texts)) {
      expect(text.trim()).not.toBe("");
      expect({ key, gaps: gapsOf(text) }).toEqual({ key, gaps: gapsOf(TEXTS.en[key as keyof typeof texts]) });
    }
  });

  test("are filled where they have gaps, and what is put in is not filled again", () => {
    expect(filled("{a} and {b}", { a: "{b}", b: "B" })).toBe("{b} and B");
  });
});

test.each([
  [undefined, "en"],
  ["", "en"],
  ["*", "en"],
  ["de-AT,de;q=0.9,en;q=0.8", "de"],
  ["fr-CH, fr;q=0.9", "fr"],
  ["es,fr;q=0.5,de;q=0.7", "de"],
  ["en;q=0.1,FR;q=0.2", "fr"],
  ["de;q=0,en", "en"],
  ["pt, nl", "en"],
  ["constructor", "en"],
  ["de;q=many", "en"],
])("who asks for %j reads %s", (asked, language) => {
  expect(languageFor(asked)).toBe(language);
});

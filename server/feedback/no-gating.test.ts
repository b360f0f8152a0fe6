import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { buildSchema, isInputObjectType, isObjectType } from "graphql";
import { newId } from "../platform/id.ts";
import { thanksPage } from "./answer-page.ts";

/**
 * Asking only the content for a public review is forbidden by those who publish them. So nothing in the API can express
 * it, and the page does not do it.
 */

const schema = buildSchema(readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8"));

test("a review link has a name and an address, and nothing that could say whom it is shown to", () => {
  const reviewing: string[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInputObjectType(type)) continue;
    if (/(?<!p)review/i.test(type.name)) {
      expect({ type: type.name, fields: Object.keys(type.getFields()) }).toEqual({
        type: type.name,
        fields: ["name", "url"],
      });
    }
    for (const field of Object.keys(type.getFields()))
      if (/(?<!p)review/i.test(field)) reviewing.push(`${type.name}.${field}`);
  }
  expect(reviewing.sort()).toEqual(["UpdateWorkspaceInput.reviewLinks", "Workspace.reviewLinks"]);
});

test("the only input that takes ratings is the filter of the list of answers", () => {
  const inputs = Object.values(schema.getTypeMap()).flatMap((type) => {
    if (type.name.startsWith("__")) return [];
    if (isInputObjectType(type)) return Object.keys(type.getFields()).map((field) => `${type.name}.${field}`);
    if (!isObjectType(type)) return [];
    return Object.values(type.getFields()).flatMap(({ name, args }) =>
      args.map((arg) => `${type.name}.${name}(${arg.name})`),
    );
  });
  const ofRatings = /rating|star(s|$)|score|satisf|happy|gate/i;
  const taking = inputs.filter((input) => ofRatings.test(input.split(/[.(]/).at(-1) ?? ""));
  expect(taking).toEqual(["ResponsesFilter.ratings"]);
});

test("the page leads everybody who answered to the same places, whatever they answered", () => {
  const linksOf = (rating: number) => {
    const respondent = {
      ...{ workspaceName: "Corner Café", color: null, rating, comment: rating < 3 ? "Bad." : null },
      reviewLinks: [
        { name: "Maps", url: "https://maps.example.com/us" },
        { name: "Stars", url: "https://stars.example/us" },
      ],
    };
    const { html } = thanksPage({ token, unsubscribePath: "/u/x", language: "en", respondent }, null);
    const [, section] = /(<h2>.*?)<details/s.exec(html) ?? [];
    return section;
  };
  const token = newId();
  expect(linksOf(1)).toContain("Review on Maps");
  expect(new Set([1, 2, 3, 4, 5].map(linksOf)).size).toBe(1);
});

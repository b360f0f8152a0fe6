import { expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** The folders of lib/ stand in a line: a file imports from its own folder and from folders to its left. */
const LINE = [
  ...["ui", "api", "accounts", "delivery", "webhooks", "recipients", "responses", "campaigns", "imports"],
  ...["dispatch", "insights"],
];

const lib = import.meta.dirname;

test("the pages' features import to the left, so they cannot import in a circle", () => {
  const broken = readdirSync(lib, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(ts|svelte)$/.test(path) && path.includes("/"))
    .flatMap((path) =>
      importsOf(path)
        .filter((to) => place(to) > place(path))
        .map((to) => `${path} imports ${to}. Ways out: move what both need to the left, or compose them in routes/.`),
    );
  expect(broken).toEqual([]);
});

function place(path: string): number {
  const folder = path.split("/")[0] ?? "";
  if (!LINE.includes(folder)) throw new Error(`lib/${folder} has no place in the line ${LINE.join(" ← ")}`);
  return LINE.indexOf(folder);
}

/** Where the imports of a file of lib/ lead to, as paths in lib/. */
function importsOf(path: string): string[] {
  const text = readFileSync(join(lib, path), "utf8");
  return [...text.matchAll(/(?:from|import)\s+"(\.[^"]+)"/g)]
    .map(([, to]) => relative(lib, resolve(lib, dirname(path), to ?? "")))
    .filter((to) => !to.startsWith(".."));
}

import { describe, expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
import ts from "typescript";

/**
 * The features stand in a line: a file imports from its own folder, from folders to its left, and from platform.
 * A total order cannot hold a circle. Tests and testing/ stand outside of it; server/*.ts and ormconfig.ts put
 * everything together and stand right of all.
 */
const LINE = [
  "platform",
  "accounts",
  "campaigns",
  "recipients",
  "imports",
  "dispatch",
  "feedback",
  "webhooks",
  "erasure",
  "insights",
];

const WAYS_OUT =
  "Ways out: move the verb to the leftmost folder that sees all it needs; turn the dependency round (a second " +
  "@Resolver class for the type, a function handed in, a hint on a topic); or move what both need to the left.";

const root = join(import.meta.dirname, "..");

describe("the house", () => {
  const server = filesUnder("server").filter((path) => path.endsWith(".ts"));
  const ours = server.filter((path) => !path.endsWith(".test.ts") && !path.startsWith("server/testing/"));

  test("every folder of server/ has its place in the line", () => {
    const outside = ["migrations", "testing"];
    const unknown = foldersOf("server").filter((name) => !LINE.includes(name) && !outside.includes(name));
    expect(unknown.map((name) => `server/${name} has no place in the line ${LINE.join(" ← ")}`)).toEqual([]);
  });

  test("imports go to the left", () => {
    const broken = ours.flatMap((from) => importsOf(from).flatMap((to) => complaintAbout(from, to)));
    expect(withWaysOut(broken, WAYS_OUT)).toEqual([]);
  });

  test("client/ and server/ import nothing from each other; they meet in schema.graphql", () => {
    const crossing = [...filesUnder("client/src"), ...server]
      .filter((path) => /\.(ts|js|svelte)$/.test(path))
      .flatMap((from) => importsOf(from).map((to) => ({ from, to })))
      .filter(
        ({ from, to }) => to.startsWith("server/") !== from.startsWith("server/") && /^(server|client)\//.test(to),
      )
      // The built pages are served as files of their own.
      .filter(({ to }) => !to.startsWith("client/build/"));
    expect(crossing.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  test("only *.store.ts speaks SQL", () => {
    const speakers = ours
      .filter((path) => !path.endsWith(".store.ts") && !/^server\/(platform|migrations)\//.test(path))
      // Migrating and checking migrations is nothing but SQL.
      .filter((path) => !["server/migrate.ts", "server/check-migrations.ts"].includes(path))
      .filter((path) => speaksSql(path));
    const wayOut = "Way out: give the statement a name in the noun's *.store.ts and call it.";
    expect(
      withWaysOut(
        speakers.map((path) => `${path} speaks SQL`),
        wayOut,
      ),
    ).toEqual([]);
  });

  test("only settings.ts reads the environment", () => {
    const readers = ours.filter(
      (path) => path !== "server/platform/settings.ts" && textsAndCode(path).code.includes("process.env"),
    );
    const wayOut = "Way out: a row in the table of server/platform/settings.ts, handed in from main.ts.";
    expect(
      withWaysOut(
        readers.map((path) => `${path} reads process.env`),
        wayOut,
      ),
    ).toEqual([]);
  });

  test("no folder is a drawer for everything", () => {
    const drawers = /\/(services|utils|helpers|dto|common|shared|lib|misc)\//;
    expect([...ours, ...filesUnder("bench")].filter((path) => drawers.test(path))).toEqual([]);
  });
});

function complaintAbout(from: string, to: string): string[] {
  const [here, there] = [placeOf(from), placeOf(to)];
  if (to.startsWith("server/testing/") || to.endsWith(".test.ts")) {
    return [`${from} imports ${to}: what only tests need may not reach the program`];
  }
  return there > here ? [`${from} imports ${to}, which stands to its right in ${LINE.join(" ← ")}`] : [];
}

/** Position in the line; what puts everything together stands right of all, migrations and packages left of all. */
function placeOf(path: string): number {
  if (!path.startsWith("server/") && path !== "ormconfig.ts") return -1;
  const folder = /^server\/([^/]+)\//.exec(path)?.[1];
  if (folder === "migrations") return -1;
  return folder === undefined ? LINE.length : LINE.indexOf(folder);
}

/** What a file imports, types and late imports included, as paths from the root; packages are left out. */
function importsOf(path: string): string[] {
  return ts
    .preProcessFile(readFileSync(join(root, path), "utf8"), true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => name.startsWith("."))
    .map((name) => posix.normalize(posix.join(posix.dirname(path), name)));
}

function speaksSql(path: string): boolean {
  const { code, texts } = textsAndCode(path);
  const statement = /\b(SELECT\b.*\bFROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|FOR UPDATE)\b/s;
  return /\.query[(<]/.test(code) || texts.some((text) => statement.test(text));
}

/** Comments are neither: they may name a table or a setting. */
function textsAndCode(path: string): { texts: string[]; code: string } {
  const file = ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.ES2022, false);
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      texts.push(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  const printer = ts.createPrinter({ removeComments: true });
  return { texts, code: printer.printFile(file) };
}

function withWaysOut(broken: string[], waysOut: string): string[] {
  return broken.length === 0 ? [] : [...broken, waysOut];
}

function foldersOf(path: string): string[] {
  return readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

function filesUnder(path: string): string[] {
  return readdirSync(join(root, path), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .split(sep)
        .join("/"),
    );
}

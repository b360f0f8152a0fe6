/**
 * What has to be true before anything of ours can run. Plain Node without dependencies: on a fresh clone there are
 * none yet. Lines for a person go to stderr; stdout belongs to what is run.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

const NODE_OLDEST = [20, 19];

export const say = (line) => process.stderr.write(`${line}\n`);

/** Runs a program to its end. With `quiet` its output is kept and only answered; otherwise it goes to stderr. */
export function run(command, args, { quiet = false, env = process.env, stdout = process.stderr } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ["ignore", quiet ? "pipe" : stdout, quiet ? "pipe" : "inherit"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (output += data));
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code: code ?? 1, signal, output }));
  });
}

/** Ends the program with words; what is wrong is the caller's to mend, so no stack. */
export function refuse(words) {
  say(words);
  process.exit(1);
}

export function ensureNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const [oldMajor, oldMinor] = NODE_OLDEST;
  if (major > oldMajor || (major === oldMajor && minor >= oldMinor)) return;
  refuse(
    `Node ${process.versions.node} is too old: Campaign Dispatcher needs ${NODE_OLDEST.join(".")} or newer (https://nodejs.org).`,
  );
}

/** Installs the dependencies when they are not those of package-lock.json. */
export async function ensureInstalled() {
  const wanted = createHash("sha256").update(readFileSync("package-lock.json")).digest("hex");
  const stamp = "node_modules/.installed-for";
  if (existsSync(stamp) ? readFileSync(stamp, "utf8") === wanted : wasInstalledByHand()) return;
  // npm would empty what it leads to, which is another checkout's.
  if (lstatSync("node_modules", { throwIfNoEntry: false })?.isSymbolicLink())
    refuse("node_modules is a link to a folder with other dependencies than package-lock.json wants. Remove the link.");
  say("Installing dependencies…");
  // Whatever NODE_ENV says, building needs the development dependencies too.
  const { code } = await run("npm", ["ci", "--include=dev", "--no-audit", "--no-fund"]);
  if (code !== 0) refuse("The dependencies could not be installed; npm says why above.");
  writeFileSync(stamp, wanted);
}

// npm's own record of what it installed, newer than the lock; the compiler is there only if nothing was left out.
function wasInstalledByHand() {
  const record = statSync("node_modules/.package-lock.json", { throwIfNoEntry: false });
  return existsSync("node_modules/typescript") && record?.mtimeMs > statSync("package-lock.json").mtimeMs;
}

const PARTS = {
  server: {
    sources: ["server", "bench", "ormconfig.ts", "tsconfig.json", "package-lock.json"],
    result: "dist/server/main.js",
    build: ["node", ["node_modules/typescript/bin/tsc", "--noCheck"]],
  },
  client: {
    sources: [
      "client/src",
      "client/static",
      "client/package.json",
      "client/svelte.config.js",
      "client/vite.config.ts",
      "schema.graphql",
      "package-lock.json",
    ],
    result: "client/build/handler.js",
    build: ["npm", ["run", "build", "-w", "client", "--silent"]],
  },
};

/** Builds the parts whose sources changed since they were built; `force` builds them in any case. */
export async function ensureBuilt(parts = Object.keys(PARTS), { force = false } = {}) {
  for (const part of parts) {
    const { sources, result, build } =
      PARTS[part] ?? refuse(`There is no part "${part}"; there are ${Object.keys(PARTS).join(" and ")}.`);
    const stamp = `dist/.${part}-built-from`;
    const now = fingerprint(sources);
    if (!force && existsSync(result) && existsSync(stamp) && readFileSync(stamp, "utf8") === now) continue;
    say(`Building the ${part}…`);
    const { code, output } = await run(...build, { quiet: true });
    if (code !== 0) refuse(`${output}\nThe ${part} could not be built.`);
    mkdirSync("dist", { recursive: true });
    writeFileSync(stamp, now);
  }
}

// Names, sizes and times of all sources: a few milliseconds, where hashing their contents would read everything.
function fingerprint(paths) {
  const hash = createHash("sha256");
  const add = (path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name));
    else if (stat && !path.endsWith("graphql-env.d.ts")) hash.update(`${path} ${stat.size} ${stat.mtimeMs}\n`);
  };
  paths.forEach(add);
  return hash.digest("hex");
}

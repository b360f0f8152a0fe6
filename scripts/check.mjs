/**
 * `npm run check`: named steps, each a line with its time; a step that fails shows its output and the others still
 * run. `npm run check -- lint types` runs those two, `npm run check -- tests server/dispatch` some of the tests.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { ensureBuilt, run, say } from "./setup.mjs";

const bin = (path) => ["node", [`node_modules/${path}`]];
const STEPS = {
  types: () => command(...bin("typescript/bin/tsc"), "--noEmit"),
  client: () => command("npm", ["run", "check", "-w", "client", "--silent"]),
  lint: () =>
    command(
      ...bin("eslint/bin/eslint.js"),
      "--config",
      ".eslint.config.js",
      "--max-warnings=0",
      "server",
      "bench",
      "scripts",
      "client/src",
      "ormconfig.ts",
      "jest.config.ts",
    ),
  format: () => command(...bin("prettier/bin/prettier.cjs"), "--check", "--log-level=warn", "."),
  lockfile,
  settings: () => isPrintedBy("docs/settings.md", "dist/server/print-settings.js", "npm run settings"),
  schema: () => isPrintedBy("schema.graphql", "dist/server/print-schema.js", "npm run schema"),
  migrations: () => command("node", ["dist/server/check-migrations.js"]),
  tests,
};

const named = process.argv.slice(2);
const paths = named.filter((name) => !(name in STEPS));
const wanted = named.some((name) => name in STEPS)
  ? Object.keys(STEPS).filter((name) => named.includes(name))
  : Object.keys(STEPS);
const counted = { passed: 0, failed: 0 };

const OF_SOURCES = ["types", "client", "lint", "format", "lockfile"];
if (wanted.some((name) => !OF_SOURCES.includes(name))) await ensureBuilt();
for (const name of wanted) {
  const startedAt = Date.now();
  const problem = await STEPS[name]();
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  say(`${problem ? "✗" : "✓"} ${name} (${seconds} s)`);
  if (problem) say(problem);
  if (name !== "tests") counted[problem ? "failed" : "passed"] += 1;
}
process.stdout.write(`\n${counted.passed} passed, ${counted.failed} failed\n`);
process.exitCode = counted.failed > 0 ? 1 : 0;

/** Answers null when the command succeeded, its output otherwise. */
async function command(program, args, ...more) {
  const { code, output } = await run(program, [...args, ...more], { quiet: true });
  return code === 0 ? null : output.trim() || `${program} ended with ${code}`;
}

/** A generated file must be what its generator prints now. */
async function isPrintedBy(file, generator, remedy) {
  const { code, output } = await run("node", [generator], { quiet: true });
  if (code !== 0) return output;
  return readFileSync(file, "utf8") === output ? null : `${file} is not what the code says now. Run: ${remedy}`;
}

/**
 * npm can leave optional packages (other systems' binaries) out of the lock without a word, and then `npm ci` fails
 * on those systems; and a lock must work with any registry.
 */
function lockfile() {
  const text = readFileSync("package-lock.json", "utf8");
  const { packages } = JSON.parse(text);
  const has = (name) =>
    Object.keys(packages).some((path) => path === `node_modules/${name}` || path.endsWith(`/node_modules/${name}`));
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !has(name))
      .map((name) => `${path} wants ${name}, which is not in package-lock.json`),
  );
  const addresses = text.match(/"resolved": "https?:[^"]*"/g) ?? [];
  return (
    [...missing, ...addresses.slice(0, 3).map((line) => `package-lock.json names a registry: ${line}`)].join("\n") ||
    null
  );
}

async function tests() {
  const report = "dist/test-report.json";
  rmSync(report, { force: true });
  const env = { ...process.env, NODE_OPTIONS: "--experimental-vm-modules --no-warnings" };
  const args = ["node_modules/jest/bin/jest.js", "--json", `--outputFile=${report}`, ...paths];
  const { code } = await run("node", args, { env, stdout: "ignore" });
  // No report: Jest fell over before the first test, and said above why.
  const {
    numPassedTests = 0,
    numFailedTests = 0,
    numRuntimeErrorTestSuites = 0,
  } = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : {};
  counted.passed += numPassedTests;
  counted.failed += numFailedTests + numRuntimeErrorTestSuites;
  if (code !== 0 && counted.failed === 0) counted.failed += 1;
  return code === 0 ? null : "Some tests failed; Jest's report stands above.";
}

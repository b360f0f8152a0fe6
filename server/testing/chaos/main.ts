import { scenarios } from "./scenarios.ts";

// npm run chaos -- [scenario …] [--rounds N]: one line a round, and a failure at the first broken promise.
const words = process.argv.slice(2);
const at = words.indexOf("--rounds");
const [, given = "1"] = at < 0 ? [] : words.splice(at, 2);
const rounds = Number(given);
const named = words.filter((word) => word in scenarios);
const unknown = words.filter((word) => !(word in scenarios));
if (unknown.length > 0 || !(rounds >= 1)) {
  process.stderr.write(`Usage: npm run chaos -- [${Object.keys(scenarios).join(" | ")}] … [--rounds N]\n`);
  process.exit(2);
}

for (let round = 1; round <= rounds; round += 1) {
  for (const name of named.length > 0 ? named : Object.keys(scenarios)) {
    const startedAt = Date.now();
    const { facts, broken } = await (scenarios[name] ?? (() => Promise.reject(new Error(name))))();
    const numbers = Object.entries(facts).map(([key, value]) => `${key} ${value}`);
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
    process.stdout.write(
      `${broken.length === 0 ? "✓" : "✗"} ${name} ${round}/${rounds} (${seconds} s): ${numbers.join(", ")}\n`,
    );
    if (broken.length > 0) {
      process.stdout.write(`  ${broken.join("\n  ")}\n`);
      process.exit(1);
    }
  }
}

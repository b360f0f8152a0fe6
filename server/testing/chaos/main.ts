import { log } from "../../platform/log.ts";
import { closeSharedGround } from "./ground.ts";
import { breakOff } from "./round.ts";
import { scenarios } from "./scenarios.ts";

// npm run chaos -- [scenario …] [--rounds N]: one line a round, and an end at the first broken promise.
const words = process.argv.slice(2);
const at = words.indexOf("--rounds");
const [, given = "1"] = at < 0 ? [] : words.splice(at, 2);
const rounds = Number(given);
if (words.some((word) => !(word in scenarios)) || !(rounds >= 1)) {
  process.stderr.write(`Usage: npm run chaos -- [${Object.keys(scenarios).join(" | ")}] … [--rounds N]\n`);
  process.exit(2);
}
const chosen = Object.entries(scenarios).filter(([name]) => words.length === 0 || words.includes(name));

// What breaks is said by the round; the harness's own connections to the broken are no news.
log.level = "fatal";
let stopped = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    stopped = true;
    breakOff();
  });
}

const code = await playAll().finally(closeSharedGround);
process.exit(code);

/** Answers with the program's exit code. */
async function playAll(): Promise<number> {
  for (let round = 1; round <= rounds; round += 1) {
    for (const [name, { promise, play }] of chosen) {
      const startedAt = Date.now();
      const { numbers, broken } = await play().catch((error: unknown) => ({ numbers: {}, broken: [String(error)] }));
      if (stopped) return 130;
      const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
      const said = Object.entries(numbers).map(([what, number]) => `${what} ${number}`);
      process.stdout.write(
        `${broken.length ? "✗" : "✓"} ${name} ${round}/${rounds}: ${said.join(", ")} (${seconds} s)\n`,
      );
      if (broken.length === 0) continue;
      process.stdout.write(`Promised: ${promise}.\n  ${broken.join("\n  ")}\n`);
      return 1;
    }
  }
  return 0;
}

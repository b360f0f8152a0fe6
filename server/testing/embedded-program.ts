import { startEmbedded } from "../platform/embedded/embedded.ts";

// A program that stands on the private services, for tests that end it in ways a test cannot end itself. Prints
// the addresses as one line of JSON (or the refusal on stderr) and goes on until SIGTERM.
const [dataDir = ""] = process.argv.slice(2);
try {
  const services = await startEmbedded({
    dataDir,
    needDatabase: true,
    needRedis: true,
    fsync: false,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  const alive = setInterval(() => undefined, 60_000);
  process.once("SIGTERM", () => void services.stop().then(() => clearInterval(alive)));
  process.stdout.write(`${JSON.stringify(services)}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}

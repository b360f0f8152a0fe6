/** `npm run dev`: the server and the pages from their sources; both reload when a source changes. */
import { spawn } from "node:child_process";
import { ensureInstalled, ensureNode, say } from "./setup.mjs";

ensureNode();
await ensureInstalled();
const port = process.env.PORT ?? "4000";
const pagesPort = "5173";
const shared = {
  ...process.env,
  PORT: port,
  ORIGIN: `http://localhost:${pagesPort}`,
  API_ORIGIN: `http://127.0.0.1:${port}`,
};

const children = [
  spawn(
    process.execPath,
    ["--watch-path=server", "--watch-preserve-output", "--import", "@swc-node/register/esm-register", "server/main.ts"],
    {
      env: shared,
      stdio: ["ignore", "ignore", "inherit"],
    },
  ),
  spawn(
    process.execPath,
    ["../node_modules/vite/bin/vite.js", "dev", "--port", pagesPort, "--strictPort", "--logLevel", "warn"],
    {
      cwd: "client",
      env: shared,
      stdio: ["ignore", "ignore", "inherit"],
    },
  ),
];
say(`Developing: http://localhost:${pagesPort} (the API is at http://localhost:${port}/graphql)`);

// Ctrl-C reaches the children by the terminal; this process only waits for them. One that ends alone ends both.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => children.forEach((child) => child.kill(signal)));
for (const child of children) {
  child.once("exit", (code) => {
    process.exitCode ||= code ?? 0;
    for (const other of children) if (other !== child) other.kill("SIGTERM");
  });
}

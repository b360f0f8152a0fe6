/** `npm test`: all set-up on a fresh machine, and then every check. */
import { ensureBuilt, ensureInstalled, ensureNode, refuse, say } from "./setup.mjs";

ensureNode();
await ensureInstalled();
await ensureBuilt();
const { findOrInstall } = await import("../dist/server/platform/embedded/system-package.js");
for (const wanted of ["redis", "chromium", "openssl"]) {
  if (wanted === "chromium" && process.env.CHROMIUM_PATH) continue;
  const path = await findOrInstall(wanted, say).catch((error) => refuse(`The tests need ${wanted}: ${error.message}`));
  if (wanted === "chromium") process.env.CHROMIUM_PATH = path;
}
await import("./check.mjs");

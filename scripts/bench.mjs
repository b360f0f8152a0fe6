/** `npm run bench -- [part …] [--json]`: measurements as ratios, as bench/README.md describes them. */
import { ensureBuilt, ensureInstalled, ensureNode } from "./setup.mjs";

ensureNode();
await ensureInstalled();
await ensureBuilt(["server"]);
await import("../dist/bench/main.js");

/** `npm run --silent customers -- ROWS [--phones] > FILE`: a large file of made-up customers, the same for the same arguments. */
import { ensureBuilt, ensureInstalled, ensureNode } from "./setup.mjs";

ensureNode();
await ensureInstalled();
await ensureBuilt(["server"]);
await import("../dist/bench/make-customers.js");

/** `npm run chaos -- [scenario …] [--rounds N]`: the fault tests again and again, with their numbers. */
import { ensureBuilt, ensureInstalled, ensureNode } from "./setup.mjs";

ensureNode();
await ensureInstalled();
await ensureBuilt(["server"]);
await import("../dist/server/testing/chaos/main.js");

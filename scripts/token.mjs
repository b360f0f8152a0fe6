/** `npm run --silent token`: prints an API token; see server/print-token.ts. */
import { ensureBuilt, ensureInstalled, ensureNode } from "./setup.mjs";

ensureNode();
await ensureInstalled();
await ensureBuilt(["server"]);
await import("../dist/server/print-token.js");

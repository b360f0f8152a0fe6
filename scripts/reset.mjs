/** `npm run --silent reset`: prints a link for a new password; see server/print-reset-link.ts. */
import { ensureBuilt, ensureInstalled, ensureNode } from "./setup.mjs";

ensureNode();
await ensureInstalled();
await ensureBuilt(["server"]);
await import("../dist/server/print-reset-link.js");

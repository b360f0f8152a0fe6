/** `npm start`: sets up what is missing, then is the program; so a signal reaches it without a go-between. */
import { ensureBuilt, ensureInstalled, ensureNode } from "./setup.mjs";

ensureNode();
await ensureInstalled();
await ensureBuilt();
await import("../dist/server/main.js");

/** `npm run build`: builds the server and the client, or the parts that are named. */
import { ensureBuilt, ensureInstalled, ensureNode } from "./setup.mjs";

ensureNode();
await ensureInstalled();
await ensureBuilt(process.argv.length > 2 ? process.argv.slice(2) : undefined, { force: true });

import { transports } from "../../dispatch/transports/index.ts";
import type { InDoubt } from "../../dispatch/outcome.ts";
import { log } from "../../platform/log.ts";
import { loadSettings } from "../../platform/settings.ts";
import { startWorker } from "../../worker.ts";
import { sinkTransport } from "./sink-transport.ts";

// One worker process with the sink among its transports, and nothing of the web: it starts fast.
// Arguments: the sink's port, and what to do in doubt. Prints "ready"; SIGTERM stops it in good order.
const [port, inDoubt] = process.argv.slice(2);
const settings = loadSettings(process.env, []);
log.level = settings.logLevel;
const worker = await startWorker(settings, {
  databaseUrl: settings.databaseUrl ?? "",
  redisUrl: settings.redisUrl ?? "",
  transports: { ...transports, sink: sinkTransport(Number(port), inDoubt as InDoubt) },
});
process.once("SIGTERM", () => void worker.stop().then(() => process.exit(0)));
process.stdout.write("ready\n");

import { transports } from "../../dispatch/transports/index.ts";
import { log } from "../../platform/log.ts";
import { loadSettings } from "../../platform/settings.ts";
import { startWorker } from "../../worker.ts";
import { endWithParent, sinkFromEnvironment } from "./child.ts";

// One worker process with the sink among its transports, and nothing of the web: it starts in about half a second.
// Prints "Ready"; SIGTERM and SIGINT stop it in good order.
endWithParent();
const settings = loadSettings(process.env, []);
log.level = settings.logLevel;
const worker = await startWorker(settings, {
  databaseUrl: settings.databaseUrl ?? "",
  redisUrl: settings.redisUrl ?? "",
  transports: { ...transports, ...sinkFromEnvironment() },
});
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => void worker.stop().then(() => process.exit(0)));
}
process.stdout.write("Ready\n");

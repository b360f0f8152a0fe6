import { keyring } from "./webhooks.ts";
import { openDatabase } from "./app.ts";
import { endWithParent } from "./chaos/child.ts";
import { startWebhookWorker } from "../webhooks/webhook.worker.ts";

// One process that tells webhooks of events and does nothing else, to be killed. Prints "Ready".
endWithParent();
const database = await openDatabase(process.env["DATABASE_URL"] ?? "", "dispatcher_worker");
startWebhookWorker({
  ...{ database, keyring, reach: { allowPrivate: true }, settings: { pollMs: 50 } },
  patience: { connectMsMax: 1_000, answerMsMax: 30_000, leaseMs: 1_000 },
});
process.stdout.write("Ready\n");

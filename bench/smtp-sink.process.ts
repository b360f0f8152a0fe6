import { openSmtpSink } from "../server/testing/smtp-sink.ts";

/** A mail server that takes everything at once, in a process of its own. Says its port; told "forget", it forgets. */
const sink = await openSmtpSink();
process.once("disconnect", () => process.exit());
process.on("message", () => {
  process.send?.(sink.log.length);
  sink.log.length = 0;
});
process.send?.(sink.port);

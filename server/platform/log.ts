import { pino } from "pino";

/**
 * Structured log lines on stderr (stdout belongs to the one "Ready" line). Personal data and secrets are
 * redacted by key, wherever a line carries them.
 */
export const log = pino(
  {
    level: "info",
    base: { pid: process.pid },
    redact: {
      paths: ["email", "phone", "name", "*.email", "*.phone", "*.name", "password", "token", "*.password", "*.token"],
      censor: "[redacted]",
    },
  },
  pino.destination({ dest: 2, sync: true }),
);

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
      paths: [
        ...["email", "phone", "name", "*.email", "*.phone", "*.name", "password", "token", "*.password", "*.token"],
        // The values of a statement that failed, and of the row it failed on.
        ...["err.parameters", "err.detail", "err.where", "err.driverError.detail", "err.driverError.where"],
      ],
      censor: "[redacted]",
    },
  },
  pino.destination({ dest: 2, sync: true }),
);

import type { Recipient } from "./documents.ts";

export type Look = "sent" | "retrying" | "failed" | "skipped" | "unconfirmed" | "queued";

/** Which of the states of the bar a recipient stands in. Who is in flight still reads as waiting: rows are written after it. */
export function lookOf({ status, dueAt }: Pick<Recipient, "status" | "dueAt">): Look {
  switch (status) {
    case "QUEUED":
      return dueAt ? "retrying" : "queued";
    case "SENT":
      return "sent";
    case "FAILED":
      return "failed";
    case "SKIPPED":
      return "skipped";
    case "UNCONFIRMED":
      return "unconfirmed";
  }
}

export const LOOK_IN_WORDS: Record<Look, string> = {
  sent: "Sent",
  retrying: "Retrying",
  failed: "Failed",
  skipped: "Skipped",
  unconfirmed: "Unconfirmed",
  queued: "Waiting",
};

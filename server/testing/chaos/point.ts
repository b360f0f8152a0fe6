import type { SinkPhase } from "../smtp-sink.ts";

/** What is true of a campaign at the moment its only worker dies: of some of its recipients, of none, or either. */
export interface Then {
  /** Opened by a mark and not settled: in doubt, and by `hold` never sent again. */
  open: "none" | "some" | "either";
  settled: "none" | "some" | "all";
  /** Taken by the mail server. */
  arrived: "none" | "some" | "either";
}

/** The points at which a worker is killed, in the order in which a message passes them, and what is true then. */
export const POINTS = {
  claimed: { open: "none", settled: "none", arrived: "none" },
  "before the mark": { open: "none", settled: "none", arrived: "none" },
  marked: { open: "some", settled: "none", arrived: "none" },
  connected: { open: "some", settled: "none", arrived: "none" },
  "recipient accepted": { open: "some", settled: "none", arrived: "either" },
  "body begun": { open: "some", settled: "none", arrived: "either" },
  dotted: { open: "some", settled: "none", arrived: "some" },
  answered: { open: "some", settled: "none", arrived: "some" },
  "before the settle": { open: "some", settled: "none", arrived: "some" },
  settled: { open: "either", settled: "some", arrived: "some" },
  "before the publish": { open: "either", settled: "some", arrived: "some" },
  published: { open: "either", settled: "some", arrived: "some" },
  completed: { open: "none", settled: "all", arrived: "some" },
} as const satisfies Record<string, Then>;

export type Point = keyof typeof POINTS;

/** The points that only the mail server sees. With the command DATA it has answered RCPT, and no byte has left yet. */
export const SEEN_BY_SERVER: Partial<Record<Point, SinkPhase>> = {
  connected: "banner",
  "recipient accepted": "DATA",
  "body begun": "body",
  dotted: "dot",
};

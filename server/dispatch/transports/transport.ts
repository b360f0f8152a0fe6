import type { Simulation } from "../../campaigns/campaign.ts";
import type { InDoubt, Outcome } from "../outcome.ts";
import type { RetryPolicy } from "../retry-schedule.ts";

/** One message to one recipient. */
export interface Message {
  /** Names the message: the same on every try of a run, so that a provider can recognise a repeat. */
  readonly key: string;
  readonly to: { name: string | null; email: string | null; phone: string | null };
  readonly fields: Record<string, string | number | boolean>;
  readonly subject: string | null;
  readonly body: string | null;
  /** Number of this try in the run, from 1. */
  readonly tryNumber: number;
  readonly simulation: Simulation | null;
}

/**
 * How a message leaves. One that recognises a repeat by the message's key (`deduplicates`) may be given the same
 * message again after a crash; through any other the engine first commits a mark, and keeps what was open when a
 * worker died (`inDoubt: "hold"`) or sends it once more (`"retry"`).
 */
export interface Transport {
  readonly deduplicates: boolean;
  readonly inDoubt: InDoubt;
  readonly retry: RetryPolicy;
  /** Answers with what happened, and never throws for what a provider can say. May answer at once. */
  send(message: Message): Outcome | Promise<Outcome>;
}

/** The transports a worker can use, by the name that stands on the campaign. */
export type Transports = Readonly<Record<string, Transport>>;

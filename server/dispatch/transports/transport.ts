import type { Simulation } from "../../campaigns/campaign.ts";
import type { InDoubt, Outcome } from "../outcome.ts";
import type { RetryPolicy } from "../retry-schedule.ts";

/** One message to one recipient. */
export interface Message {
  /** Names the message: the same on every try of a run, so that a provider can recognise a repeat. */
  readonly key: string;
  readonly to: { name: string | null; email: string | null; phone: string | null };
  /** Number of this try in the run, from 1. */
  readonly tryNumber: number;
  readonly simulation: Simulation | null;
  /** The message as this recipient gets it. Throws an UnfilledError where the recipient lacks a field that it needs. */
  render(): Content;
}

/** What a recipient gets. */
export interface Content {
  /** One line; e-mail only. */
  subject: string | null;
  text: string;
  /** A whole HTML document's body; e-mail only. */
  html: string | null;
  /** Where this recipient, and nobody else, answers. Absolute. */
  link: string;
  /** Where a POST of `List-Unsubscribe=One-Click` takes this recipient off the list (RFC 8058). Absolute. */
  unsubscribeUrl: string;
}

/** What the engine must know of a transport before it hands over a message. */
export interface TransportPolicy {
  /** It recognises a repeat by the message's key, so the same message may be given to it again after a crash. */
  readonly deduplicates: boolean;
  /**
   * Through a transport that does not, the engine first commits a mark, and what was open when a worker died is kept
   * back ("hold") or sent once more ("retry").
   */
  readonly inDoubt: InDoubt;
  readonly retry: RetryPolicy;
}

/** How a message leaves. */
export interface Transport extends TransportPolicy {
  /** Answers with what happened, and never throws for what a provider can say. May answer at once. */
  send(message: Message): Outcome | Promise<Outcome>;
  /** Closes connections once nothing is under way; those that are not idle after some seconds are cut. */
  close?(): Promise<void>;
}

/** The transports that are there without being configured, by the name that stands on the campaign. */
export type Transports = Readonly<Record<string, Transport>>;

/** A kind of transport that workspaces configure. `Config` is what may be shown, `Secrets` what may not. */
export interface TransportKind<Config = unknown, Secrets = unknown> {
  readonly policy: TransportPolicy;
  /** Opens no connection yet. */
  open(config: Config, secrets: Secrets): Transport;
}

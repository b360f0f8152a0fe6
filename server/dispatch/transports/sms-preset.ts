import type { Call } from "../../platform/outbound.ts";
import type { Outcome } from "../outcome.ts";
import type { Answer } from "./http-reply.ts";

export interface SmsConfig {
  preset: "twilio";
  /** Where the provider's interface begins: `https://api.twilio.com`. */
  url: string;
  account: string;
  /** A number in E.164, a short code or a name, or the id of a group of senders. */
  from: string;
}

export interface SmsSecrets {
  token?: string;
}

/** What is peculiar to one provider: how it is asked, and what its answers mean. */
export interface SmsPreset {
  request(config: SmsConfig, token: string, message: { to: string; text: string }): Call & { url: string };
  /** The provider does not recognise a repeat: `retry` only where it certainly did not take the message. */
  outcome(answer: Answer, now: Date): Outcome;
}

import { outbound, type Reach } from "../../platform/outbound.ts";
import type { Outcome } from "../outcome.ts";
import { filled, noAddress } from "./filled.ts";
import { HTTP_RETRY, outcomeWithoutAnswer } from "./http-reply.ts";
import type { SmsConfig, SmsPreset, SmsSecrets } from "./sms-preset.ts";
import type { TransportKind, TransportPolicy } from "./transport.ts";
import { twilio } from "./twilio.ts";

/** Every provider we can write to, by the name that stands in the settings. */
const presets: Record<SmsConfig["preset"], SmsPreset> = { twilio };

const policy: TransportPolicy = {
  // None of the presets knows a key that would make it recognise a repeat.
  deduplicates: false,
  inDoubt: "hold",
  retry: HTTP_RETRY,
};

/** Text messages by a provider's HTTP interface. */
export function sms(reach: Reach): TransportKind<SmsConfig, SmsSecrets> {
  return {
    policy,
    open(config, { token }) {
      const preset = presets[config.preset];
      // A connection of its own for each message: over a kept one that was just closed, it would be in doubt.
      const far = outbound({ ...reach, keepConnections: false });
      return {
        ...policy,
        async send(message): Promise<Outcome> {
          if (!token) return { kind: "halted", because: "The provider's token is not set." };
          const { phone } = message.to;
          if (!phone) return noAddress("The recipient has no phone number.");
          const ready = filled(message);
          if ("kind" in ready) return ready;
          const { url, ...call } = preset.request(config, token, { to: phone, text: ready.content.text });
          const reply = await far.post(url, call);
          return reply.kind === "answered" ? preset.outcome(reply, new Date()) : outcomeWithoutAnswer(reply);
        },
        close: () => far.close(),
      };
    },
  };
}

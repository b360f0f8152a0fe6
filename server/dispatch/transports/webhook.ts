import { outbound, type Reach } from "../../platform/outbound.ts";
import { isSigningSecret, signatureHeaders } from "../../platform/webhook-signature.ts";
import type { Outcome } from "../outcome.ts";
import { filled, noAddress } from "./filled.ts";
import { HTTP_RETRY, outcomeOfStatus, outcomeWithoutAnswer, wordsOf } from "./http-reply.ts";
import type { Content, Message, TransportKind, TransportPolicy } from "./transport.ts";

export interface WebhookConfig {
  /** https, unless the installation allows private addresses. */
  url: string;
}

export interface WebhookSecrets {
  /** `whsec_` and base64. */
  signingSecret: string;
}

const policy: TransportPolicy = {
  // The key of the message is its webhook-id and Idempotency-Key on every try; receivers are told to honour it.
  deduplicates: true,
  inDoubt: "retry",
  retry: HTTP_RETRY,
};

/**
 * Hands each message to a program of the workspace's own, which delivers it: a POST of JSON, signed as Standard
 * Webhooks says. Any 2xx takes it over.
 */
export function webhook(reach: Reach): TransportKind<WebhookConfig, WebhookSecrets> {
  return {
    policy,
    open({ url }, { signingSecret }) {
      const far = outbound({ ...reach, keepConnections: true });
      return {
        ...policy,
        async send(message): Promise<Outcome> {
          if (!isSigningSecret(signingSecret)) return { kind: "halted", because: "The signing secret is not set." };
          const { email, phone } = message.to;
          if (!email && !phone) return noAddress("The recipient has neither an e-mail address nor a phone number.");
          const ready = filled(message);
          if ("kind" in ready) return ready;
          const body = bodyOf(message, ready.content);
          const reply = await far.post(url, { headers: headersOf(message, body, signingSecret), body });
          if (reply.kind !== "answered") return outcomeWithoutAnswer(reply);
          return outcomeOfStatus(reply, wordsOf(reply), new Date());
        },
        close: () => far.close(),
      };
    },
  };
}

function bodyOf({ key, to }: Message, content: Content): string {
  return JSON.stringify({ type: "message", key, to, content });
}

function headersOf({ key }: Message, body: string, signingSecret: string): Record<string, string> {
  const signature = signatureHeaders([signingSecret], key, body, new Date());
  return { "content-type": "application/json", "idempotency-key": key, ...signature };
}

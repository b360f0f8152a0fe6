import type { Kind, Limit, Transport } from "./documents.ts";

export const KINDS: Record<Kind, { title: string; lead: string }> = {
  SMTP: { title: "Mail server", lead: "E-mail, through your provider's or your own mail server (SMTP)." },
  SMS: { title: "Text messages", lead: "Through Twilio, or a service that speaks as it does." },
  WEBHOOK: { title: "Webhook", lead: "A signed call to another service of yours, for each message." },
};

/** How the test of each kind is asked for. */
export const TEST_WORDS: Record<Kind, { lead: string; to: string; type: "email" | "tel" | "text" }> = {
  SMTP: {
    lead: "One mail, now, to an address of yours. What the server makes of it is told plainly.",
    ...{ to: "To", type: "email" },
  },
  SMS: {
    lead: "One text message, now, to a phone of yours; the provider may charge for it. What it answers is told plainly.",
    ...{ to: "To, with the country (+49 …)", type: "tel" },
  },
  WEBHOOK: {
    lead: "One signed call, now, with a made-up message. What your service answers is told plainly.",
    ...{ to: "To, as the message says", type: "text" },
  },
};

export function isKind(text: string): text is Kind {
  return Object.hasOwn(KINDS, text);
}

/** Where it leads, in a line. */
export function wayInWords({ smtp, sms, webhook }: Transport): string {
  if (smtp) return `${smtp.host}:${smtp.port}, from ${smtp.fromName ? `${smtp.fromName} <${smtp.from}>` : smtp.from}`;
  if (sms) return `${new URL(sms.url).host}, account ${sms.account}, from ${sms.from}`;
  return webhook?.url ?? "";
}

const UNITS: Record<Limit["per"], string> = { SECOND: "a second", MINUTE: "a minute", HOUR: "an hour" };

export const UNIT_CHOICES = Object.entries(UNITS) as [Limit["per"], string][];

/** "At most 1,000 messages an hour to example.com". */
export function limitInWords({ domain, messages, per }: Limit): string {
  const many = messages === 1 ? "1 message" : `${messages.toLocaleString("en-US")} messages`;
  return `At most ${many} ${UNITS[per]}${domain ? ` to ${domain}` : ""}`;
}

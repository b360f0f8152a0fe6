import { createPrivateKey, type KeyObject } from "node:crypto";
import { normaliseEmail } from "../../platform/email-address.ts";
import { FailureReason } from "../failure-reason.ts";
import type { Outcome } from "../outcome.ts";
import { notMade } from "./filled.ts";
import { composeMail, type Sender } from "./mail.ts";
import { SmtpConnections } from "./smtp-connections.ts";
import { outcomeOfReply, readReply } from "./smtp-reply.ts";
import { type Delivery, PATIENCE, type SmtpPatience } from "./smtp-session.ts";
import type { Message, Transport, TransportKind, TransportPolicy } from "./transport.ts";

export interface SmtpConfig {
  host: string;
  port: number;
  security: "tls" | "starttls" | "none";
  user: string | null;
  from: { name: string | null; address: string };
  replyTo: string | null;
  /** The most at the same time, for one worker process. */
  connections: number;
  dkim: { domain: string; selector: string } | null;
}

export interface SmtpSecrets {
  password?: string;
  /** An RSA key, PEM. */
  dkimKey?: string;
}

const policy: TransportPolicy = {
  deduplicates: false,
  inDoubt: "hold",
  // Greylisting wants some minutes (RFC 6647 3.1), a busy server hours: 5 min, 20 min, 80 min, then every 4 h.
  retry: { baseMs: 300_000, factor: 4, capMs: 4 * 3_600_000, triesMax: 6 },
};

/** Mail through a server of the workspace's own choice. */
export const smtp: TransportKind<SmtpConfig, SmtpSecrets> = {
  policy,
  open: (config, secrets) => openSmtp(config, secrets),
};

export interface SmtpTransport extends Transport {
  send(message: Message): Promise<Outcome>;
  close(): Promise<void>;
}

/** As `smtp.open`, with other times to wait and certificates to believe. */
export function openSmtp(
  config: SmtpConfig,
  secrets: SmtpSecrets,
  { patience, ca }: { patience?: Partial<SmtpPatience>; ca?: string } = {},
): SmtpTransport {
  const { host, port, security, user } = config;
  const fault = faultIn(config, secrets);
  const sender = fault ? null : senderOf(config, secrets);
  const server = {
    ...{ host, port, security, login: user === null ? null : { user, password: secrets.password ?? "" } },
    ...(ca === undefined ? {} : { ca }),
  };
  const connections = new SmtpConnections(server, Math.max(1, config.connections), { ...PATIENCE, ...patience });
  return {
    ...policy,
    send: async (message) =>
      sender ? sendThrough(connections, sender, message) : { kind: "halted", because: fault ?? "" },
    close: () => connections.close(),
  };
}

async function sendThrough(connections: SmtpConnections, sender: Sender, message: Message): Promise<Outcome> {
  const email = mailable(message.to.email);
  if (email === null) return NO_ADDRESS;
  const composed = await compose(message, email, sender);
  if ("kind" in composed) return composed;
  for (;;) {
    const session = await connections.take();
    if ("kind" in session) return session;
    const wasIdle = session.messages > 0;
    const delivery = await session.deliver({ from: sender.from.address, to: email }, composed.mail);
    connections.giveBack(session, { refused: delivery.kind !== "accepted" });
    // A server may close a connection that waited, which says nothing of this message: the next one, or a fresh one.
    if (!(wasIdle && isFarewell(delivery))) return outcomeOf(delivery);
  }
}

async function compose(
  message: Message,
  email: string,
  sender: Sender,
): Promise<{ mail: Buffer } | Extract<Outcome, { kind: "failed" }>> {
  const { key, to } = message;
  try {
    return { mail: await composeMail({ key, to: { name: to.name, email } }, message.render(), sender) };
  } catch (error) {
    return notMade(error);
  }
}

function outcomeOf(delivery: Delivery): Outcome {
  switch (delivery.kind) {
    case "accepted":
      return { kind: "sent" };
    case "too large":
      return TOO_LARGE;
    case "refused":
      return outcomeOfReply(delivery.reply, delivery.phase) ?? { kind: "unconfirmed", because: delivery.reply };
    case "broken": {
      const { because, code, timedOut } = delivery;
      if (delivery.during === "dotted") return { kind: "unconfirmed", because };
      const reason = timedOut ? FailureReason.TIMED_OUT : FailureReason.UNREACHABLE;
      return { kind: "retry", reason, code, because };
    }
  }
}

function isFarewell(delivery: Delivery): boolean {
  if (delivery.kind === "refused") return delivery.phase === "MAIL" && readReply(delivery.reply)?.code === 421;
  return delivery.kind === "broken" && delivery.during === "envelope" && !delivery.timedOut;
}

// Addresses were checked when they came in; whoever wrote a row past that gets no say in the dialogue.
function mailable(email: string | null): string | null {
  const read = normaliseEmail(email ?? "");
  return "email" in read && !/[\p{Cc}<>]/u.test(read.email) ? read.email : null;
}

/** What is wrong with the settings, as far as that can be told without the server. */
function faultIn({ user, dkim }: SmtpConfig, { password, dkimKey }: SmtpSecrets): string | null {
  if (user !== null && !password) return "A user is set, but no password.";
  if (!dkim) return null;
  if (!dkimKey) return "DKIM is set, but no key.";
  return readKey(dkimKey)?.asymmetricKeyType === "rsa" ? null : "The DKIM key is not a private RSA key in PEM.";
}

function senderOf({ from, replyTo, dkim }: SmtpConfig, { dkimKey }: SmtpSecrets): Sender {
  const key = dkim && readKey(dkimKey ?? "");
  return { from, replyTo, dkim: dkim && key && { ...dkim, key } };
}

function readKey(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}

const NO_ADDRESS: Outcome = {
  kind: "failed",
  reason: FailureReason.ADDRESS_INVALID,
  code: "no_address",
  because: "The recipient has no e-mail address that can be written to.",
};
const TOO_LARGE: Outcome = {
  kind: "failed",
  reason: FailureReason.MESSAGE_TOO_LARGE,
  code: "too_large",
  because: "The message is larger than the server takes.",
};

import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";
import {
  type Behaviour,
  EXTENSIONS,
  openSmtpSink,
  type SinkMoment,
  type SinkPhase,
  type SmtpSink,
} from "../../testing/smtp-sink.ts";
import { aCertificate } from "../../testing/certificates.ts";
import { aMessage, transportSuite } from "../../testing/transport-suite.ts";
import type { Outcome } from "../outcome.ts";
import { isSignedBy } from "../../testing/dkim.ts";
import type { SmtpPatience } from "./smtp-session.ts";
import { openSmtp, smtp, type SmtpConfig, type SmtpSecrets, type SmtpTransport } from "./smtp.ts";
import type { Message } from "./transport.ts";

const LOGIN = { user: "a-user", password: "a-mail-password" };
const SHORT: SmtpPatience = {
  ...{ setUpMs: 600, envelopeMs: 600, bodyMs: 600, finalReplyMs: 600 },
  ...{ idleMs: 15_000, closeMs: 300 },
};
const LONG = { setUpMs: 60_000, envelopeMs: 60_000, bodyMs: 60_000, finalReplyMs: 60_000 };
/** Later than a good server, and in time. */
const LATE_MS = 60;

const open: SmtpTransport[] = [];
let sink: SmtpSink;

beforeEach(async () => {
  sink = await openSmtpSink({ login: LOGIN, keepMails: true });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((transport) => transport.close()));
  await sink.close();
});

function aConfig(more: Partial<SmtpConfig> = {}): SmtpConfig {
  return {
    ...{ host: "127.0.0.1", port: sink.port, security: "none", user: LOGIN.user },
    ...{ from: { name: "Example Shop", address: "shop@example.org" }, replyTo: "help@example.org" },
    ...{ connections: 4, dkim: null },
    ...more,
  };
}

function opened(
  config: Partial<SmtpConfig> = {},
  { patience, secrets, ca }: { patience?: Partial<SmtpPatience>; secrets?: SmtpSecrets; ca?: string } = {},
): SmtpTransport {
  const options = { patience: { ...SHORT, ...patience }, ...(ca === undefined ? {} : { ca }) };
  const transport = openSmtp(aConfig(config), { password: LOGIN.password, ...secrets }, options);
  open.push(transport);
  return transport;
}

const numbered = (count: number, from = 1): Message[] =>
  Array.from({ length: count }, (_, i) =>
    aMessage({ key: `k${from + i}`, to: { name: null, email: `customer${from + i}@example.com`, phone: null } }),
  );
const at = (phase: SinkPhase, behaviour: Behaviour) => (moment: SinkMoment) =>
  moment.phase === phase ? behaviour : undefined;
const logged = () => sink.log.map(({ key }) => key);

const BEHAVIOURS = {
  "451": { does: "451 4.3.0 Try again later" },
  "554": { does: "554 5.3.0 Not today nor tomorrow" },
  "421": { does: "421 4.3.2 Going down" },
  closes: { does: "close" },
  resets: { does: "reset" },
  "is silent": { does: "silent" },
  "is late": { afterMs: LATE_MS },
} satisfies Record<string, Behaviour>;
type How = keyof typeof BEHAVIOURS;

const UNREACHABLE = "unreachable";
const GONE = "retry unreachable";
const SLOW = "retry timed_out";
const BUSY = "retry busy";

/** What each behaviour means in each phase: one recipient, a short message, no earlier one on the connection. */
const MEANS: Record<SinkPhase, Record<How, string>> = {
  banner: {
    ...{ "451": UNREACHABLE, "554": "halted", "421": UNREACHABLE, closes: UNREACHABLE, resets: UNREACHABLE },
    ...{ "is silent": UNREACHABLE, "is late": "sent" },
  },
  EHLO: {
    ...{ "451": UNREACHABLE, "554": "halted", "421": UNREACHABLE, closes: UNREACHABLE, resets: UNREACHABLE },
    ...{ "is silent": UNREACHABLE, "is late": "sent" },
  },
  AUTH: {
    ...{ "451": UNREACHABLE, "554": "halted", "421": UNREACHABLE, closes: UNREACHABLE, resets: UNREACHABLE },
    ...{ "is silent": UNREACHABLE, "is late": "sent" },
  },
  MAIL: {
    ...{ "451": BUSY, "554": "halted", "421": BUSY, closes: GONE, resets: GONE, "is silent": SLOW, "is late": "sent" },
  },
  RCPT: {
    ...{ "451": BUSY, "554": "failed other", "421": BUSY, closes: GONE, resets: GONE },
    ...{ "is silent": SLOW, "is late": "sent" },
  },
  DATA: {
    ...{ "451": BUSY, "554": "failed content_refused", "421": BUSY, closes: GONE, resets: GONE },
    ...{ "is silent": SLOW, "is late": "sent" },
  },
  // The whole of a short message has left before the server can say anything.
  body: {
    ...{ "451": BUSY, "554": "failed content_refused", "421": BUSY, closes: "unconfirmed", resets: "unconfirmed" },
    ...{ "is silent": "unconfirmed", "is late": "sent" },
  },
  dot: {
    ...{ "451": BUSY, "554": "failed content_refused", "421": BUSY, closes: "unconfirmed", resets: "unconfirmed" },
    ...{ "is silent": "unconfirmed", "is late": "sent" },
  },
  QUIT: {
    ...{ "451": "sent", "554": "sent", "421": "sent", closes: "sent", resets: "sent" },
    ...{ "is silent": "sent", "is late": "sent" },
  },
};

const cases = Object.entries(MEANS).flatMap(([phase, means]) =>
  Object.entries(means).map(([how, meaning]) => [phase as SinkPhase, how as How, meaning] as const),
);

describe.each([
  ["with pipelining", EXTENSIONS],
  ["one command after the other", EXTENSIONS.filter((line) => line !== "PIPELINING")],
])("a dialogue %s", (_, extensions) => {
  beforeEach(async () => {
    await sink.close();
    sink = await openSmtpSink({ login: LOGIN, extensions });
  });

  test.each(cases)("at %s the server %s: %s", async (phase, how, meaning) => {
    // Who is late is waited for: on a busy machine everything is late.
    const transport = opened({}, how === "is late" ? { patience: LONG } : {});
    const [message, next] = numbered(2);
    sink.script(at(phase, BEHAVIOURS[how]));
    const outcome = await transport.send(message!);
    expect(inShort(outcome)).toBe(meaning);

    const taken = outcome.kind === "sent" ? ["k1"] : [];
    expect(logged()).toEqual(taken);
    if (meaning === "unconfirmed" && phase === "dot") expect(sink.ambiguous.lost).toHaveLength(1);
    const told = "because" in outcome ? outcome.because : "";
    const { does = "" } = BEHAVIOURS[how] as Behaviour;
    if (/^\d/.test(does) && phase !== "QUIT") expect(told).toBe(does);
    expect(told).not.toMatch(/customer|a-user|a-mail-password|shop@/);

    sink.script(phase === "QUIT" ? at(phase, BEHAVIOURS[how]) : null);
    expect(await transport.send(next!)).toEqual({ kind: "sent" });
    expect(logged()).toEqual([...taken, "k2"]);
    await transport.close();
    await until(() => sink.connections.now === 0);
  });

  test("a mail whose answer got lost may have been taken: it is not sent again", async () => {
    const transport = opened();
    sink.script(at("dot", { does: "reset", taken: true }));
    expect((await transport.send(aMessage())).kind).toBe("unconfirmed");
    expect(logged()).toEqual(["a-key"]);
    expect(sink.ambiguous.taken).toHaveLength(1);
  });

  test("a server that refuses and closes in one breath has refused", async () => {
    const transport = opened();
    let refusals = 0;
    sink.script(({ phase }) => {
      if (phase === "RCPT" && (refusals += 1) === 1) return { does: "550 5.1.1 No such user" };
      return refusals > 0 ? { does: "close" } : undefined;
    });
    expect(inShort(await transport.send(aMessage()))).toBe("failed mailbox_unknown");
  });
});

describe("a long message", () => {
  const long = () => aMessage({ content: { text: `${"y".repeat(70)}\n`.repeat(110_000) } });

  test.each([
    ["closes", { does: "close" }, GONE],
    ["resets", { does: "reset" }, GONE],
    ["stops reading", { does: "stall" }, SLOW],
    ["refuses", { does: "552 5.3.4 Too large" }, "failed message_too_large"],
  ] as const)("has not left when the server %s at its beginning", async (_, behaviour, meaning) => {
    // Writing such a message keeps this process, and so its server, busy: only the body's patience is short.
    const transport = opened({}, { patience: { ...LONG, bodyMs: SHORT.bodyMs } });
    sink.script(at("body", behaviour));
    expect(inShort(await transport.send(long()))).toBe(meaning);
    sink.script(null);
    expect(await transport.send(aMessage())).toEqual({ kind: "sent" });
  });

  test("is not even begun where the server says that it takes less", async () => {
    await sink.close();
    sink = await openSmtpSink({ extensions: [...EXTENSIONS, "SIZE 100000"] });
    const transport = opened({ connections: 1 });
    expect(inShort(await transport.send(long()))).toBe("failed message_too_large");
    expect(await transport.send(aMessage())).toEqual({ kind: "sent" });
    expect(sink.connections.ever).toBe(1);
  });

  test("goes through whole", async () => {
    const transport = opened({}, { patience: { bodyMs: 20_000, finalReplyMs: 20_000 } });
    expect(await transport.send(long())).toEqual({ kind: "sent" });
    const { text } = await PostalMime.parse(sink.mails[0]!);
    expect(text?.trimEnd().length).toBe(110_000 * 71 - 1);
  });
});

describe("settings that cannot work", () => {
  test.each<[string, Partial<SmtpConfig>, SmtpSecrets, RegExp]>([
    ["a wrong password", {}, { password: "another" }, /^535 5\.7\.8 Authentication credentials invalid$/],
    ["a user without a password", {}, { password: "" }, /no password/],
    ["STARTTLS where there is none", { security: "starttls" }, {}, /STARTTLS: 500 5\.5\.2/],
    ["TLS where there is none", { security: "tls" }, {}, /No encrypted connection came about/],
    ["DKIM without a key", { dkim: { domain: "example.org", selector: "s1" } }, {}, /DKIM is set, but no key/],
    ["DKIM with no key at all", { dkim: { domain: "example.org", selector: "s1" } }, { dkimKey: "x" }, /RSA/],
  ])("%s halts the campaign, and fails nobody", async (_, config, secrets, words) => {
    const outcome = await opened(config, { secrets }).send(aMessage());
    expect(outcome).toEqual({ kind: "halted", because: expect.stringMatching(words) });
    expect(JSON.stringify(outcome)).not.toMatch(/another|a-mail-password/);
    expect(sink.log).toEqual([]);
  });

  test("a server without a login, where one is set", async () => {
    await sink.close();
    sink = await openSmtpSink({ extensions: ["PIPELINING"] });
    expect(await opened().send(aMessage())).toMatchObject({ kind: "halted" });
    expect(await opened({ user: null }).send(aMessage())).toEqual({ kind: "sent" });
  });

  test.each(["550 5.1.8 Sender domain not found", "553 Sender not owned by you", "530 5.7.0 Log in first"] as const)(
    "a sender that is refused for good: %s",
    async (does) => {
      sink.script(at("MAIL", { does }));
      expect(await opened().send(aMessage())).toEqual({ kind: "halted", because: does });
    },
  );

  test("a server that is not there is unreachable", async () => {
    const { port } = sink;
    await sink.close();
    const outcome = await opened({ port }).send(aMessage());
    expect(outcome).toEqual({ kind: "unreachable", because: expect.stringContaining("ECONNREFUSED") });
  });

  test("everybody who waits for a connection learns that there is none, at once", async () => {
    sink.script(at("banner", { does: "silent" }));
    const startedAt = performance.now();
    const outcomes = await Promise.all(numbered(40).map((message) => opened({ connections: 1 }).send(message)));
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(["unreachable"]));
    expect(performance.now() - startedAt).toBeLessThan(3 * SHORT.setUpMs);
  });
});

describe("an encrypted connection", () => {
  const servers: SMTPServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await new Promise<void>((resolve) => server.close(() => resolve()));
  });

  async function aServer({ secure }: { secure: boolean }): Promise<{ port: number; cert: string; taken: string[] }> {
    const { key, cert } = await aCertificate();
    const taken: string[] = [];
    const server = new SMTPServer({
      ...{ secure, key, cert },
      onAuth: ({ username, password }, _session, answer) =>
        answer(null, username === LOGIN.user && password === LOGIN.password ? { user: username } : {}),
      onData: (stream, { envelope }, answer) => {
        taken.push(...envelope.rcptTo.map(({ address }) => address));
        stream.resume().on("end", () => answer());
      },
    });
    server.on("error", () => undefined);
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server.server, "listening");
    return { port: (server.server.address() as AddressInfo).port, cert, taken };
  }

  test.each([
    ["tls", true],
    ["starttls", false],
  ] as const)(
    "%s: a certificate that nobody vouches for halts the campaign, a trusted one does not",
    async (security, secure) => {
      const { port, cert: ca, taken } = await aServer({ secure });
      const config = { host: "localhost", port, security };
      const patience = { setUpMs: 10_000, envelopeMs: 10_000 };
      const refused = await opened(config, { patience }).send(aMessage());
      expect(refused).toEqual({ kind: "halted", because: expect.stringMatching(/certificate.*SELF_SIGNED/) });
      expect(taken).toEqual([]);
      expect(await opened(config, { patience, ca }).send(aMessage())).toEqual({ kind: "sent" });
      expect(taken).toEqual(["ada@example.com"]);
      // The certificate is that of localhost.
      const elsewhere = await opened({ ...config, host: "127.0.0.1" }, { patience, ca }).send(aMessage());
      expect(elsewhere).toEqual({ kind: "halted", because: expect.stringMatching(/certificate.*ALTNAME/) });
    },
  );

  test("a server that hangs up in the middle of the handshake is unreachable", async () => {
    const server = createServer((socket) => socket.once("data", () => socket.destroy()));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    expect((await opened({ port, security: "tls" }).send(aMessage())).kind).toBe("unreachable");
    server.close();
    await once(server, "close");
  });
});

describe("connections", () => {
  test("are used again, one message after the other", async () => {
    const transport = opened();
    for (const message of numbered(20)) expect(await transport.send(message)).toEqual({ kind: "sent" });
    expect(sink.connections.ever).toBe(1);
  });

  test("are used again after a refusal, and the server has forgotten what it refused", async () => {
    const transport = opened({ connections: 1 });
    sink.script(({ phase, message }) =>
      phase === "RCPT" && message % 2 === 1 ? { does: "550 5.1.1 No such user" } : undefined,
    );
    const outcomes = [];
    for (const message of numbered(6)) outcomes.push(inShort(await transport.send(message)));
    expect(outcomes).toEqual(Array(3).fill(["failed mailbox_unknown", "sent"]).flat());
    expect(sink.log).toEqual([2, 4, 6].map((n) => ({ key: `k${n}`, to: `customer${n}@example.com` })));
    expect(sink.connections.ever).toBe(1);
  });

  test("are never more than allowed: 200 at once over 3, in every order", async () => {
    sink.script(({ phase, message }) => (phase === "dot" ? { afterMs: 1 + (message % 5) } : undefined));
    const messages = numbered(200);
    const transport = opened({ connections: 3 }, { patience: LONG });
    const outcomes = await Promise.all(messages.map((message) => transport.send(message)));
    expect(outcomes.every(({ kind }) => kind === "sent")).toBe(true);
    expect(logged().sort()).toEqual(messages.map(({ key }) => key).sort());
    expect(sink.connections.most).toBe(3);
  });

  test("are never more than allowed by a server that misbehaves at random, and no outcome is a lie", async () => {
    const faults: Behaviour[] = [
      ...[BEHAVIOURS["451"], BEHAVIOURS["421"], BEHAVIOURS.closes, BEHAVIOURS.resets, BEHAVIOURS["is late"]],
      ...[{ does: "550 5.1.1 No such user" } as const, { does: "close", taken: true } as const],
    ];
    const phases: SinkPhase[] = ["MAIL", "RCPT", "DATA", "body", "dot"];
    sink.script(({ phase, message }) =>
      message % 3 === 0 && phases[message % phases.length] === phase
        ? faults[Math.floor(message / 3) % faults.length]
        : undefined,
    );
    const messages = numbered(300);
    const transport = opened({ connections: 5 }, { patience: LONG });
    const outcomes = await Promise.all(messages.map((message) => transport.send(message)));
    const times = (key: string) => sink.log.filter((mail) => mail.key === key).length;
    for (const [i, outcome] of outcomes.entries()) {
      const { key } = messages[i]!;
      if (outcome.kind === "sent") expect([key, times(key)]).toEqual([key, 1]);
      else if (outcome.kind !== "unconfirmed") expect([key, outcome.kind, times(key)]).toEqual([key, outcome.kind, 0]);
      else expect(times(key)).toBeLessThanOrEqual(1);
    }
    const kinds = new Set(outcomes.map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(["sent", "retry", "failed", "halted", "unconfirmed"]));
    expect(sink.connections.most).toBeLessThanOrEqual(5);
  });

  test("end after a hundred messages", async () => {
    const transport = opened({ connections: 1 }, { patience: LONG });
    await Promise.all(numbered(250).map((message) => transport.send(message)));
    expect(sink.log).toHaveLength(250);
    expect(sink.connections).toMatchObject({ ever: 3, most: 1 });
  });

  test("end when nobody has needed them for a while", async () => {
    const transport = opened({}, { patience: { idleMs: 40 } });
    await transport.send(aMessage());
    expect(sink.connections.now).toBe(1);
    await until(() => sink.connections.now === 0);
    expect(await transport.send(aMessage())).toEqual({ kind: "sent" });
    expect(sink.connections.ever).toBe(2);
  });

  test.each(["421 4.4.2 Idle for too long", "close", "reset"] as const)(
    "that a server ends while they wait (%s) cost no message a try",
    async (does) => {
      const transport = opened({ connections: 1 });
      await transport.send(aMessage({ key: "before" }));
      sink.script(({ phase, session }) => (phase === "MAIL" && session === 1 ? { does } : undefined));
      expect(await transport.send(aMessage({ key: "after" }))).toEqual({ kind: "sent" });
      expect(logged()).toEqual(["before", "after"]);
      expect(sink.connections.ever).toBe(2);
    },
  );

  test("are no more than the server wants, and nobody pays for finding out", async () => {
    sink.script(({ phase }) => {
      if (phase === "banner") return sink.connections.now > 2 ? { does: "421 4.7.0 Too many connections" } : undefined;
      return phase === "dot" ? { afterMs: 2 } : undefined;
    });
    const transport = opened({ connections: 8 }, { patience: LONG });
    const outcomes = await Promise.all(numbered(60).map((message) => transport.send(message)));
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(["sent"]));
    expect(sink.connections.ever).toBeLessThanOrEqual(10);
  });
});

describe("closing", () => {
  test("lets idle connections go with a QUIT", async () => {
    const goodbyes: SinkMoment[] = [];
    sink.script((moment) => {
      if (moment.phase === "QUIT") goodbyes.push(moment);
      return undefined;
    });
    const transport = opened();
    await Promise.all(numbered(4).map((message) => transport.send(message)));
    await transport.close();
    expect(goodbyes).toHaveLength(sink.connections.ever);
  });

  test("waits for what is under way", async () => {
    sink.script(at("dot", { afterMs: 100 }));
    const transport = opened();
    const sending = transport.send(aMessage());
    await until(() => sink.log.length === 1);
    await transport.close();
    expect(await sending).toEqual({ kind: "sent" });
  });

  test("cuts what takes too long, and says truly what became of it", async () => {
    sink.script(({ phase, recipient }) => {
      const stuck = { "customer1@example.com": "RCPT", "customer2@example.com": "dot" }[recipient ?? ""];
      return stuck === phase ? { does: "silent" } : undefined;
    });
    const transport = opened({ connections: 2 }, { patience: { ...LONG, closeMs: 100 } });
    const sending = numbered(3).map((message) => transport.send(message));
    await until(() => sink.ambiguous.lost.length === 1);
    await transport.close();
    const outcomes = await Promise.all(sending);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["retry", "unconfirmed", "unreachable"]);
    await until(() => sink.connections.now === 0);
  });

  test("does not wait for a server that says nothing, not even a greeting", async () => {
    sink.script(at("banner", { does: "silent" }));
    const transport = opened({}, { patience: { ...LONG, closeMs: 100 } });
    const sending = transport.send(aMessage());
    await until(() => sink.connections.now === 1);
    await transport.close();
    expect((await sending).kind).toBe("unreachable");
  });
});

describe("what goes over the wire", () => {
  test("the envelope names one recipient and the sender, the mail is the message", async () => {
    const transport = opened();
    const text = "A line\n.\n..two dots\n.at its beginning";
    await transport.send(aMessage({ key: "the-key", content: { text } }));
    expect(sink.log).toEqual([{ key: "the-key", to: "ada@example.com" }]);
    const mail = await PostalMime.parse(sink.mails[0]!);
    expect(mail.text?.trimEnd()).toBe(text);
    expect(mail.from).toMatchObject({ name: "Example Shop", address: "shop@example.org" });
  });

  test("with DKIM it carries a signature that the public key proves, over the headers that matter", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const dkimKey = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
    const transport = opened({ dkim: { domain: "example.org", selector: "s1" } }, { secrets: { dkimKey } });
    const content = { subject: "Ünïcode and a very long subject ".repeat(6), text: ".dots\n\n..and  spaces \n\n\n" };
    expect(await transport.send(aMessage({ content }))).toEqual({ kind: "sent" });
    const raw = sink.mails[0]!.toString("latin1");
    const signed = isSignedBy(raw, publicKey);
    expect(signed).toMatchObject({ valid: true, domain: "example.org", selector: "s1" });
    expect(signed.headers).toEqual(
      expect.arrayContaining(["from", "to", "subject", "message-id", "list-unsubscribe", "list-unsubscribe-post"]),
    );
    expect(isSignedBy(raw.replace("ada@example.com", "eve@example.com"), publicKey).valid).toBe(false);
    expect(isSignedBy(raw.replace("spaces", "spices"), publicKey).valid).toBe(false);
  });
});

test("a provider may hold its last answer back for ten minutes (RFC 5321 4.5.3.2.6)", async () => {
  const { PATIENCE } = await import("./smtp-session.ts");
  expect(PATIENCE.finalReplyMs).toBe(600_000);
  expect(smtp.policy).toEqual({
    ...{ deduplicates: false, inDoubt: "hold" },
    retry: { baseMs: 300_000, factor: 4, capMs: 14_400_000, triesMax: 6 },
  });
});

transportSuite(
  "smtp",
  async () => {
    const provider = await openSmtpSink();
    const config = { ...aConfig(), port: provider.port, user: null };
    const faults = Object.entries(BEHAVIOURS).flatMap(([how, behaviour]) =>
      (Object.keys(MEANS) as SinkPhase[]).map(
        (phase) => [`${how} at ${phase}`, () => provider.script(at(phase, behaviour))] as const,
      ),
    );
    return {
      transport: openSmtp(config, {}, { patience: SHORT }),
      taken: () => provider.log.map(({ key }) => key),
      faults: Object.fromEntries(faults),
      mend: () => provider.script(null),
      renders: true,
      close: () => provider.close(),
    };
  },
  { faults: ["451 at RCPT", "554 at DATA", "closes at banner", "resets at body", "is silent at dot"] },
);

function inShort(outcome: Outcome): string {
  return "reason" in outcome ? `${outcome.kind} ${outcome.reason}` : outcome.kind;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

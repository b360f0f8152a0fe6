import "reflect-metadata";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import PostalMime, { type Email } from "postal-mime";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { aCertificate, type Certificate } from "../testing/certificates.ts";
import { freePort } from "../testing/program.ts";
import { DIAGNOSES } from "./test-diagnosis.ts";
import { testSmtp } from "./test-smtp.ts";
import type { SmtpConfig, SmtpSecrets } from "./transport-settings.ts";

/** Each fault as a real server on this machine makes it. */

const PATIENCE_MS = 400;
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

let authority: Certificate;
let certificate: Certificate;
beforeAll(async () => {
  authority = await aCertificate({ name: "Authority" });
  certificate = await aCertificate({ authority });
});

const SENDER: Omit<SmtpConfig, "port"> = {
  ...{ host: "localhost", security: "none", user: null, replyTo: null, connections: 1, dkim: null },
  from: { name: "The Shop", address: "shop@example.com" },
};
const SIGNED_IN = { user: "shop" } as const;
const PASSWORD = "hunter2-hunter2";

function tryIt(port: number, config: Partial<SmtpConfig> = {}, secrets: SmtpSecrets = { password: PASSWORD }) {
  const about = { to: "ada@example.com", workspaceName: "The Workspace", patienceMs: PATIENCE_MS };
  return testSmtp({ ...SENDER, port, ...config }, secrets, { ...about, authority: authority.cert });
}

/** A mail server that takes anything, but for what the options say. */
async function aMailServer(
  options: SMTPServerOptions = {},
): Promise<{ port: number; received: { mail: Email; raw: string }[] }> {
  const received: { mail: Email; raw: string }[] = [];
  const server = new SMTPServer({
    ...{ authOptional: true, disabledCommands: ["STARTTLS"], closeTimeout: 50, disableReverseLookup: true },
    onAuth: ({ username, password }, _session, answer) =>
      username === "shop" && password === PASSWORD
        ? answer(null, { user: username })
        : answer(refusal(535, "5.7.8 Wrong")),
    onData: (stream, _session, answer) => {
      void stream.toArray().then(async (parts) => {
        const raw = Buffer.concat(parts as Buffer[]).toString();
        received.push({ raw, mail: await PostalMime.parse(raw) });
        answer();
      });
    },
    ...options,
  });
  server.on("error", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  closing.push(() => new Promise((resolve) => server.close(() => resolve(undefined))));
  return { port: (server.server.address() as { port: number }).port, received };
}

/** Something that is no mail server. */
async function aListener(talk: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    talk(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  return (server.address() as { port: number }).port;
}

function refusal(responseCode: number, words: string): Error {
  return Object.assign(new Error(words), { responseCode });
}

const codeOf = async (trying: ReturnType<typeof tryIt>) => (await trying).code;

describe("a test mail", () => {
  test("arrives as it should, from whom it should, and the server's words are shown", async () => {
    const { port, received } = await aMailServer({ allowInsecureAuth: true });
    const config = { ...SIGNED_IN, replyTo: "answers@example.com" };
    const { code, words, providerWords } = await tryIt(port, config);
    expect({ code, words }).toEqual({ code: "SENT", words: DIAGNOSES.SENT.words });
    expect(providerWords).toMatch(/^250 /);
    expect(received[0]!.mail).toMatchObject({
      from: { name: "The Shop", address: "shop@example.com" },
      to: [{ name: "", address: "ada@example.com" }],
      replyTo: [{ address: "answers@example.com" }],
      text: expect.stringContaining("The Workspace"),
    });
    expect(received[0]!.raw).toMatch(/^Auto-Submitted: auto-generated\r$/m);
  });

  test.each([
    ["tls", true],
    ["starttls", false],
  ] as const)("goes by %s to a server with a certificate that counts", async (security, secure) => {
    const { port, received } = await aMailServer({ ...certificate, secure, disabledCommands: [] });
    expect(await codeOf(tryIt(port, { ...SIGNED_IN, security }))).toBe("SENT");
    expect(received).toHaveLength(1);
  });

  test("is signed where there is a key to sign with", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const dkimKey = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const { port, received } = await aMailServer();
    await tryIt(port, { dkim: { domain: "example.com", selector: "mail" } }, { dkimKey });
    expect(received[0]!.raw.replace(/\r\n\s+/g, " ")).toMatch(/DKIM-Signature: .*d=example\.com; .*s=mail;/);
  });
});

describe("no connection", () => {
  test("a host that nobody has", async () => {
    expect(await codeOf(tryIt(25, { host: "mail.nowhere.invalid" }))).toBe("HOST_UNKNOWN");
  });

  test("a port at which nothing listens", async () => {
    const { code, providerWords } = await tryIt(await freePort());
    expect(code).toBe("CONNECTION_REFUSED");
    expect(providerWords).toContain("ECONNREFUSED");
  });

  test("a port that answers nobody, as one behind a firewall", async () => {
    const port = await aPortThatAnswersNobody();
    expect(await codeOf(tryIt(port, { host: "127.0.0.1" }))).toBe("PORT_BLOCKED");
  });

  test("a port that takes the connection and says nothing", async () => {
    expect(await codeOf(tryIt(await aListener(() => undefined)))).toBe("NO_GREETING");
  });

  test("the port for TLS without TLS", async () => {
    const { port } = await aMailServer({ ...certificate, secure: true });
    expect(await codeOf(tryIt(port, { security: "starttls" }))).toBe("NO_GREETING");
  });

  test("a server that hangs up at once", async () => {
    expect(await codeOf(tryIt(await aListener((socket) => socket.end())))).toBe("CONNECTION_LOST");
  });

  test("something that is no mail server", async () => {
    const port = await aListener((socket) => socket.write("SSH-2.0-OpenSSH_9.2\r\n"));
    expect(await codeOf(tryIt(port))).toBe("NO_MAIL_SERVER");
  });

  test("a server that wants nothing to do with this machine", async () => {
    const port = await aListener((socket) => socket.end("554 5.7.1 Your address is listed\r\n"));
    expect(await tryIt(port)).toMatchObject({
      ...{ code: "SERVER_UNWILLING", providerWords: expect.stringContaining("Your address is listed") },
    });
  });
});

describe("no encryption", () => {
  test("TLS at a port without it", async () => {
    const { port } = await aMailServer();
    expect(await codeOf(tryIt(port, { security: "tls" }))).toBe("NO_TLS");
  });

  test("a server without STARTTLS, to which no password goes", async () => {
    let said = "";
    const port = await aListener((socket) => {
      socket.write("220 mail.example.com\r\n");
      socket.on("data", (data) => {
        said += data.toString();
        socket.write(/^EHLO/.test(data.toString()) ? "250 mail.example.com\r\n" : "502 5.5.1 Unknown\r\n");
      });
    });
    expect(await codeOf(tryIt(port, { ...SIGNED_IN, security: "starttls" }))).toBe("STARTTLS_NOT_OFFERED");
    expect(said).not.toMatch(/AUTH|MAIL/);
  });

  const bad = {
    CERTIFICATE_UNTRUSTED: () => aCertificate(),
    CERTIFICATE_EXPIRED: () => aCertificate({ authority, days: -1 }),
    CERTIFICATE_OF_ANOTHER: () => aCertificate({ authority, name: "mail.example.org" }),
  };
  const cases = Object.keys(bad).flatMap((code) => [[code, "tls"] as const, [code, "starttls"] as const]);
  test.each(cases)("a certificate that does not count: %s, by %s", async (code, security) => {
    const wrong = await bad[code as keyof typeof bad]();
    const { port, received } = await aMailServer({ ...wrong, secure: security === "tls", disabledCommands: [] });
    expect(await codeOf(tryIt(port, { ...SIGNED_IN, security }))).toBe(code);
    expect(received).toEqual([]);
  });

  test("a handshake that never comes to its end", async () => {
    const port = await aListener((socket) => {
      socket.write("220 mail.example.com\r\n");
      socket.on("data", (data) => {
        if (/^EHLO/.test(data.toString())) socket.write("250-mail.example.com\r\n250 STARTTLS\r\n");
        if (/^STARTTLS/.test(data.toString())) socket.write("220 Go ahead\r\n");
      });
    });
    expect(await codeOf(tryIt(port, { security: "starttls" }))).toBe("TLS_FAILED");
  });
});

describe("no willingness", () => {
  test("a wrong password, which nothing repeats", async () => {
    const { port } = await aMailServer({ allowInsecureAuth: true });
    const diagnosis = await tryIt(port, SIGNED_IN, { password: "wrong-password" });
    expect(diagnosis).toMatchObject({ code: "LOGIN_REFUSED", providerWords: expect.stringContaining("535") });
    const shown = JSON.stringify(diagnosis);
    for (const secret of ["wrong-password", Buffer.from("\0shop\0wrong-password").toString("base64")])
      expect(shown).not.toContain(secret);
  });

  test("a server without login for a sender with a user name", async () => {
    const { port, received } = await aMailServer({ disabledCommands: ["AUTH", "STARTTLS"] });
    expect(await codeOf(tryIt(port, SIGNED_IN))).toBe("LOGIN_NOT_OFFERED");
    expect(received).toEqual([]);
  });

  test("a server that wants a login from a sender without a user name", async () => {
    const { port } = await aMailServer({ authOptional: false, allowInsecureAuth: true });
    expect(await codeOf(tryIt(port))).toBe("LOGIN_NEEDED");
  });

  test("a sender that the account may not use", async () => {
    const onMailFrom: SMTPServerOptions["onMailFrom"] = (_from, _session, answer) =>
      answer(refusal(553, "5.7.1 Not yours"));
    const { port } = await aMailServer({ onMailFrom });
    expect(await tryIt(port)).toMatchObject({ code: "SENDER_REFUSED", providerWords: "553 5.7.1 Not yours" });
  });

  test("a recipient that is not taken", async () => {
    const onRcptTo: SMTPServerOptions["onRcptTo"] = (_to, _session, answer) =>
      answer(refusal(550, "5.1.1 Nobody here"));
    const { port } = await aMailServer({ onRcptTo });
    expect(await tryIt(port)).toMatchObject({ code: "RECIPIENT_REFUSED", providerWords: "550 5.1.1 Nobody here" });
  });

  test("a server that comes back to it later", async () => {
    const onRcptTo: SMTPServerOptions["onRcptTo"] = (_to, _session, answer) => answer(refusal(450, "4.2.0 Greylisted"));
    const { port } = await aMailServer({ onRcptTo });
    expect(await codeOf(tryIt(port))).toBe("COME_BACK_LATER");
  });

  test("a message that is not taken", async () => {
    const onData: SMTPServerOptions["onData"] = (stream, _session, answer) => {
      stream.resume().on("end", () => answer(refusal(550, "5.7.26 This mail has been blocked: DMARC")));
    };
    const { port } = await aMailServer({ onData });
    expect(await codeOf(tryIt(port))).toBe("MESSAGE_REFUSED");
  });

  test("a server that falls silent in the middle", async () => {
    const { port } = await aMailServer({ onMailFrom: () => undefined });
    expect(await codeOf(tryIt(port))).toBe("TIMED_OUT");
  });

  test("a server that answers, but never comes to an end, is not waited for", async () => {
    const port = await aListener((socket) => {
      socket.write("220 mail.example.com\r\n");
      const drip = setInterval(() => socket.write("250-more\r\n"), PATIENCE_MS / 4);
      socket.on("close", () => clearInterval(drip));
    });
    const before = Date.now();
    expect(await codeOf(tryIt(port))).toBe("TIMED_OUT");
    expect(Date.now() - before).toBeLessThan(6 * PATIENCE_MS);
  });
});

/** A process that was stopped takes no connections; once the kernel's queue for it is full, nobody is answered. */
async function aPortThatAnswersNobody(): Promise<number> {
  const listen = `require("net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, function () { console.log(this.address().port) })`;
  const { NODE_OPTIONS: _ofJestAlone, ...env } = process.env;
  const child = spawn(process.execPath, ["-e", listen], { stdio: ["ignore", "pipe", "inherit"], env });
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(said.toString());
  child.kill("SIGSTOP");
  const queued: Socket[] = [];
  closing.push(async () => {
    for (const socket of queued) socket.destroy();
    child.kill("SIGKILL");
    await once(child, "close");
  });
  for (let full = false; !full;) {
    const socket = connect(port, "127.0.0.1").on("error", () => undefined);
    queued.push(socket);
    const waited = new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 200));
    full = await Promise.race([waited, once(socket, "connect").then(() => false)]);
  }
  return port;
}

afterAll(() => {
  expect(closing).toEqual([]);
});

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** Where in the dialogue a behaviour is asked for. "body" is the first byte after the 354, "dot" the final dot. */
export type SinkPhase = "banner" | "EHLO" | "AUTH" | "MAIL" | "RCPT" | "DATA" | "body" | "dot" | "QUIT";

export interface SinkMoment {
  phase: SinkPhase;
  /** Number of the connection, from 1. */
  session: number;
  /** Number of the message over all connections, from 1, counted at MAIL; 0 before the connection's first. */
  message: number;
  /** From RCPT on. */
  recipient: string | null;
}

/** What the sink does instead of what a good server would. Nothing at "body" means: read on. */
export interface Behaviour {
  /** A reply as it goes over the wire, or the end of the dialogue; "stall" also stops reading. */
  does?: `${number}${" " | "-"}${string}` | "close" | "reset" | "silent" | "stall";
  afterMs?: number;
  /** At "dot", where no answer is given: the mail was taken all the same. */
  taken?: boolean;
}

export interface SunkMail {
  /** The Message-ID's left part. */
  key: string;
  to: string;
}

/** A mail server that misbehaves as it is told, over plain text. */
export interface SmtpSink {
  readonly port: number;
  /** Mails taken for good, in order: their final dot was seen, and the sink decided to take them. */
  readonly log: SunkMail[];
  /** Mails whose final dot was seen and whose answer did not get out; those that were taken are in the log too. */
  readonly ambiguous: { taken: SunkMail[]; lost: SunkMail[] };
  /** With `keepMails`: the taken mails as they came, in the order of the log. */
  readonly mails: Buffer[];
  readonly connections: { now: number; most: number; ever: number };
  /** Asked at every step from now on; without an answer, or with null for the script, the sink is a good server. */
  script(behave: ((at: SinkMoment) => Behaviour | undefined) | null): void;
  /** Answers at once whatever waits for its time. */
  answerNow(): void;
  close(): Promise<void>;
}

export interface SinkOptions {
  port?: number;
  /** Lines of the EHLO reply. */
  extensions?: readonly string[];
  /** Without it any login is right. */
  login?: { user: string; password: string };
  keepMails?: boolean;
}

export const EXTENSIONS = ["PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "AUTH PLAIN LOGIN"];

export async function openSmtpSink(options: SinkOptions = {}): Promise<SmtpSink> {
  const sink = new Sink(options);
  await sink.listen();
  return sink;
}

class Sink implements SmtpSink {
  port = 0;
  readonly log: SunkMail[] = [];
  readonly ambiguous: SmtpSink["ambiguous"] = { taken: [], lost: [] };
  readonly mails: Buffer[] = [];
  readonly connections = { now: 0, most: 0, ever: 0 };
  messages = 0;
  readonly late = new Set<() => void>();
  behave: (at: SinkMoment) => Behaviour | undefined = () => undefined;
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((socket) => this.greet(socket));

  constructor(readonly options: SinkOptions) {}

  async listen(): Promise<void> {
    this.server.listen(this.options.port ?? 0, "127.0.0.1", 1024);
    await once(this.server, "listening");
    this.port = (this.server.address() as AddressInfo).port;
  }

  script(behave: ((at: SinkMoment) => Behaviour | undefined) | null): void {
    this.behave = behave ?? (() => undefined);
  }

  answerNow(): void {
    for (const answer of [...this.late]) answer();
  }

  async close(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private greet(socket: Socket): void {
    this.sockets.add(socket);
    this.connections.ever += 1;
    this.connections.now += 1;
    let gone = false;
    const leave = (): void => {
      this.sockets.delete(socket);
      if (!gone) this.connections.now -= 1;
      gone = true;
    };
    socket.on("close", leave).on("end", leave);
    // The end of an older connection may wait to be read behind this one's beginning.
    setImmediate(() => (this.connections.most = Math.max(this.connections.most, this.connections.now)));
    new SinkSession(this, socket, this.connections.ever).begin();
  }
}

const LINE_END = Buffer.from("\r\n");
const FINAL_DOT = Buffer.from("\r\n.\r\n");
const HEADER_END = Buffer.from("\r\n\r\n");
const HEADER_BYTES_MAX = 65_536;
const LINE_BYTES_MAX = 65_536;

class SinkSession {
  private mode: "commands" | "body" | "user" | "password" | "auth" | "deaf" = "commands";
  /** A delayed answer is due: what comes in meanwhile waits. */
  private waiting: NodeJS.Timeout | null = null;
  private lateAnswer: (() => void) | null = null;
  private unread: Buffer[] = [];
  private message = 0;
  private mailFrom: string | null = null;
  private recipient: string | null = null;
  private user = "";
  /** The first of the body, for the Message-ID; all of it with `keepMails`. */
  private body: Buffer[] = [];
  private bodyBytes = 0;
  private tail = LINE_END;
  private bodyBegan = false;
  private bodyAnswered = false;

  constructor(
    private readonly sink: Sink,
    private readonly socket: Socket,
    private readonly number: number,
  ) {}

  begin(): void {
    this.socket.setNoDelay(true);
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => this.waiting && this.lateAnswer?.());
    this.socket.on("data", (chunk) => {
      if (this.mode === "deaf") return;
      this.unread.push(chunk);
      if (!this.waiting) this.read();
    });
    this.answer("banner", "220 sink.example.com ESMTP");
  }

  private read(): void {
    // One packet for the answers to commands that came together.
    this.socket.cork();
    while (this.unread.length > 0 && !this.waiting && this.mode !== "deaf") {
      const chunk = this.unread.length === 1 ? (this.unread[0] ?? LINE_END) : Buffer.concat(this.unread);
      this.unread = [];
      const rest = this.mode === "body" ? this.readBody(chunk) : this.readLine(chunk);
      if (rest === null) break;
      if (rest.length > 0) this.unread.unshift(rest);
    }
    this.socket.uncork();
  }

  // Answers what is left, or null when the line is not whole yet.
  private readLine(chunk: Buffer): Buffer | null {
    const end = chunk.indexOf(LINE_END);
    if (end < 0) {
      if (chunk.length > LINE_BYTES_MAX) this.socket.destroy();
      else this.unread.unshift(chunk);
      return null;
    }
    this.hear(chunk.toString("utf8", 0, end));
    return chunk.subarray(end + 2);
  }

  private hear(line: string): void {
    if (this.mode !== "commands") return this.hearLogin(line);
    const [verb = "", argument = ""] = line.split(/ +/, 2);
    switch (verb.toUpperCase()) {
      case "EHLO":
      case "HELO": {
        const lines = ["sink.example.com", ...(this.sink.options.extensions ?? EXTENSIONS)];
        return this.answer(
          "EHLO",
          lines.map((text, i) => `250${i < lines.length - 1 ? "-" : " "}${text}`).join("\r\n"),
        );
      }
      case "AUTH":
        return this.login(argument.toUpperCase(), line.split(/ +/)[2]);
      case "MAIL":
        if (this.mailFrom !== null) return this.reply("503 5.5.1 Nested MAIL");
        this.message = this.sink.messages += 1;
        this.recipient = null;
        return this.answer("MAIL", "250 2.1.0 Sender fine", () => (this.mailFrom = addressIn(line)));
      case "RCPT": {
        const recipient = addressIn(line);
        if (this.mailFrom === null) return this.reply("503 5.5.1 MAIL first");
        this.recipient = recipient;
        return this.answer(
          "RCPT",
          "250 2.1.5 Recipient fine",
          () => undefined,
          () => (this.recipient = null),
        );
      }
      case "DATA":
        if (this.recipient === null) return this.answer("DATA", "503 5.5.1 RCPT first");
        return this.answer("DATA", "354 Go on", () => this.expectBody());
      case "RSET":
        this.recipient = this.mailFrom = null;
        return this.reply("250 2.0.0 Forgotten");
      case "NOOP":
        return this.reply("250 2.0.0 Nothing done");
      case "QUIT":
        return this.answer("QUIT", "221 2.0.0 Goodbye", () => this.socket.end());
      default:
        return this.reply("500 5.5.2 Unknown command");
    }
  }

  private login(method: string, initial: string | undefined): void {
    if (method === "PLAIN" && initial) return this.judgeLogin(...plainLogin(initial));
    this.mode = method === "PLAIN" ? "auth" : "user";
    this.reply(method === "PLAIN" ? "334 " : "334 VXNlcm5hbWU6");
  }

  private hearLogin(line: string): void {
    if (this.mode === "auth") return this.judgeLogin(...plainLogin(line));
    const text = Buffer.from(line, "base64").toString();
    if (this.mode === "password") return this.judgeLogin(this.user, text);
    this.user = text;
    this.mode = "password";
    this.reply("334 UGFzc3dvcmQ6");
  }

  private judgeLogin(user: string, password: string): void {
    this.mode = "commands";
    const { login } = this.sink.options;
    const right = !login || (login.user === user && login.password === password);
    this.answer("AUTH", right ? "235 2.7.0 Welcome" : "535 5.7.8 Authentication credentials invalid");
  }

  private expectBody(): void {
    this.mode = "body";
    this.body = [];
    this.bodyBytes = 0;
    this.tail = LINE_END;
    this.bodyBegan = this.bodyAnswered = false;
  }

  private readBody(chunk: Buffer): Buffer | null {
    if (!this.bodyBegan) {
      this.bodyBegan = true;
      const behaviour = this.behaviour("body");
      if (behaviour?.does !== undefined || behaviour?.afterMs) {
        this.unread.unshift(chunk);
        this.perform(behaviour, null);
        return Buffer.alloc(0);
      }
    }
    const seen = Buffer.concat([this.tail, chunk]);
    const dot = seen.indexOf(FINAL_DOT);
    const bodyEnd = dot < 0 ? chunk.length : dot + 2 - this.tail.length;
    if (this.sink.options.keepMails || this.bodyBytes < HEADER_BYTES_MAX) {
      this.body.push(chunk.subarray(0, Math.max(0, bodyEnd)));
      this.bodyBytes += Math.max(0, bodyEnd);
    }
    if (dot < 0) {
      this.tail = Buffer.from(seen.subarray(-4));
      return Buffer.alloc(0);
    }
    const rest = seen.subarray(dot + FINAL_DOT.length);
    this.mode = "commands";
    this.mailFrom = null;
    // The dot's line may have begun in the chunk before.
    const body = Buffer.concat(this.body);
    if (!this.bodyAnswered) this.decide(body.subarray(0, body.length + Math.min(0, bodyEnd)));
    return rest;
  }

  private decide(raw: Buffer): void {
    const mail = { key: keyIn(raw), to: this.recipient ?? "" };
    const take = (): void => {
      this.sink.log.push(mail);
      if (this.sink.options.keepMails) this.sink.mails.push(unstuffed(raw));
    };
    const behaviour = this.behaviour("dot") ?? {};
    const { does, taken = false } = behaviour;
    const reply = does === undefined || /^\d/.test(does) ? (does ?? "250 2.0.0 Taken") : null;
    if (reply === null) {
      if (taken) take();
      this.sink.ambiguous[taken ? "taken" : "lost"].push(mail);
      return this.perform(behaviour, null);
    }
    const accepted = reply.startsWith("2");
    if (accepted) take();
    const unheard = (): void => {
      if (accepted) this.sink.ambiguous.taken.push(mail);
    };
    this.perform(behaviour, reply, { unheard });
  }

  private behaviour(phase: SinkPhase): Behaviour | undefined {
    return this.sink.behave({ phase, session: this.number, message: this.message, recipient: this.recipient });
  }

  private answer(phase: SinkPhase, good: string, then?: () => void, refused?: () => void): void {
    const behaviour = this.behaviour(phase) ?? {};
    const reply = behaviour.does === undefined ? good : /^\d/.test(behaviour.does) ? behaviour.does : null;
    const fine = reply === good || /^[23]/.test(reply ?? "");
    this.perform(behaviour, reply, { then: fine ? then : refused });
  }

  private perform(
    { does, afterMs }: Behaviour,
    reply: string | null,
    { then, unheard }: { then?: (() => void) | undefined; unheard?: () => void } = {},
  ): void {
    const act = (): void => {
      if (isEnd(does)) this.mode = "deaf";
      // Who is answered in the middle of a message has the answer to it.
      else if (does !== undefined && this.mode === "body") this.bodyAnswered = true;
      if (this.socket.destroyed) return unheard?.();
      if (reply !== null) this.reply(reply);
      else if (does !== undefined && /^\d/.test(does)) this.reply(does);
      else if (does === "close") this.socket.destroySoon();
      else if (does === "reset") this.socket.resetAndDestroy();
      else if (does === "stall") this.socket.pause();
      then?.();
    };
    if (!afterMs) return act();
    const lateAnswer = (): void => {
      if (this.waiting) clearTimeout(this.waiting);
      this.waiting = this.lateAnswer = null;
      this.sink.late.delete(lateAnswer);
      act();
      this.read();
    };
    this.lateAnswer = lateAnswer;
    this.sink.late.add(lateAnswer);
    this.waiting = setTimeout(lateAnswer, afterMs);
  }

  private reply(text: string): void {
    // What a client that is gone had sent is read on, as a server would.
    if (this.socket.destroyed) return;
    this.socket.write(`${text}\r\n`);
    // RFC 5321 4.2: the server ends the connection with it.
    if (text.startsWith("421")) {
      this.mode = "deaf";
      this.socket.end();
    }
  }
}

function isEnd(does: Behaviour["does"]): boolean {
  return does === "close" || does === "reset" || does === "silent" || does === "stall";
}

function addressIn(line: string): string {
  return line.slice(line.indexOf("<") + 1, line.lastIndexOf(">"));
}

function plainLogin(initial: string): [user: string, password: string] {
  const [, user = "", password = ""] = Buffer.from(initial, "base64").toString().split("\0");
  return [user, password];
}

function keyIn(raw: Buffer): string {
  const end = raw.indexOf(HEADER_END);
  const headers = raw.toString("latin1", 0, end < 0 ? raw.length : end);
  return /^message-id:\s*<([^@>]*)/im.exec(headers)?.[1] ?? "";
}

function unstuffed(raw: Buffer): Buffer {
  return Buffer.from(raw.toString("latin1").replace(/(^|\n)\.\./g, "$1."), "latin1");
}

/**
 * One connection to a mail server. It is, in turn:
 *   set up     connected, greeted, encrypted where that is asked for, logged in
 *   idle       nothing is under way
 *   envelope   MAIL, RCPT and DATA went out: the message has not left
 *   body       the message leaves, its final dot has not: no server may deliver it
 *   dotted     the final dot was written, maybe: the server may have taken the message
 *   ended      closed by either side; of no use any more
 * What a connection that breaks means for a message hangs on the state alone: errors look alike in all of them.
 */
import { Readable } from "node:stream";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { outcomeOfReply, readReply, type SmtpPhase } from "./smtp-reply.ts";

/** Where the server is, and who we are there. */
export interface SmtpServer {
  host: string;
  port: number;
  security: "tls" | "starttls" | "none";
  login: { user: string; password: string } | null;
  /** Certificates to believe beside the public ones, PEM. */
  ca?: string;
}

/** How long to wait, in milliseconds. */
export interface SmtpPatience {
  /** From the first packet to the login. */
  setUpMs: number;
  /** For the replies to MAIL, RCPT and DATA, which go out together, and for the reply to RSET. */
  envelopeMs: number;
  /** For the server to take the next piece of the message. */
  bodyMs: number;
  /** For the reply to the final dot. */
  finalReplyMs: number;
  /** How long a connection is kept that nobody needs: servers close theirs after some minutes, and count those they have. */
  idleMs: number;
  /** For what is under way when the transport is closed, and for the reply to QUIT. */
  closeMs: number;
}

/**
 * RFC 5321 4.5.3.2 has a sender wait 5 minutes for a greeting or a reply, 3 for a piece of the message and 10 for the
 * last reply. Only the last wait cannot be cut short without doubt whether the message was taken. Before that, who
 * waits holds one of the process's few open sends for a server that is as good as gone, and a later try is safe; so
 * greeting and login get a minute (servers delay greetings by up to half of that), and the envelope two, in which a
 * server may call back or look up.
 */
export const PATIENCE: SmtpPatience = {
  setUpMs: 60_000,
  envelopeMs: 120_000,
  bodyMs: 180_000,
  finalReplyMs: 600_000,
  idleMs: 15_000,
  closeMs: 5_000,
};

export type SetUpFailure = { kind: "unreachable"; because: string } | { kind: "halted"; because: string };

export type Delivery =
  | { kind: "accepted" }
  /** The server's definite no, for now or for good. */
  | { kind: "refused"; phase: SmtpPhase; reply: string }
  /** It says how much it takes, and this is more: nothing was sent. */
  | { kind: "too large" }
  /** No reply came. Only what broke when "dotted" may have been taken. */
  | { kind: "broken"; during: MessageState; timedOut: boolean; code: string; because: string };

type MessageState = "envelope" | "body" | "dotted";

type Fault = { reply: string | null; command: string; code: string; timedOut: boolean };
type Done = (error?: Error | null) => void;

export class SmtpSession {
  /** Messages handed over, taken or not. */
  messages = 0;
  /** Resolves when the connection is of no use any more. */
  readonly ended: Promise<void>;
  private readonly connection: SMTPConnection;
  private lastError: Error | null = null;
  private tellEnded: () => void = () => undefined;

  constructor(
    private readonly server: SmtpServer,
    private readonly patience: SmtpPatience,
  ) {
    const { host, port, security, ca } = server;
    const { setUpMs, finalReplyMs } = patience;
    this.connection = new SMTPConnection({
      ...{ host, port },
      ...{ secure: security === "tls", requireTLS: security === "starttls", ignoreTLS: security === "none" },
      ...{ connectionTimeout: setUpMs, greetingTimeout: setUpMs, dnsTimeout: setUpMs },
      // Ours are shorter and know the state.
      socketTimeout: finalReplyMs * 2,
      // What we end is not waited for: a server that does not close its side would keep the place.
      socketCloseTimeout: 0,
      tls: { minVersion: "TLSv1.2", ...(ca === undefined ? {} : { ca }) },
    });
    this.connection.on("error", (error: Error) => (this.lastError = error));
    this.ended = new Promise((resolve) => {
      // The library tells who waits for a reply only after it has ended.
      this.connection.once("end", () =>
        setImmediate(() => {
          this.tellEnded();
          resolve();
        }),
      );
    });
  }

  get usable(): boolean {
    return !this.connection.destroyed;
  }

  /** Connects and logs in, or answers why that cannot be. Never rejects. */
  async setUp(): Promise<SetUpFailure | null> {
    const { security, login } = this.server;
    const startedAt = performance.now();
    const noConnection = await this.step(this.patience.setUpMs, (done) => this.connection.connect(done));
    if (noConnection) return setUpFailure(noConnection, security);
    if (!login) return null;
    if (!this.connection.allowsAuth) {
      return { kind: "halted", because: "The server offers no login here; check the port and the security." };
    }
    const leftMs = Math.max(1, this.patience.setUpMs - (performance.now() - startedAt));
    const { user, password: pass } = login;
    const noLogin = await this.step(leftMs, (done) => this.connection.login({ user, pass }, done));
    return noLogin && setUpFailure(noLogin, security);
  }

  /** Hands one message to the server. Only one at a time. Never rejects. */
  deliver(envelope: { from: string; to: string }, mail: Buffer): Promise<Delivery> {
    const { envelopeMs, bodyMs, finalReplyMs } = this.patience;
    this.messages += 1;
    this.connection.lastServerResponse = false;
    return new Promise((resolve) => {
      let state: MessageState = "envelope";
      let timer: NodeJS.Timeout | undefined;
      const settle = (delivery: Delivery): void => {
        clearTimeout(timer);
        this.tellEnded = () => undefined;
        resolve(delivery);
      };
      const broke = (fault: Fault): void => settle(brokenIn(state, fault));
      const wait = (ms: number): void => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          broke({ ...TIMED_OUT, reply: this.refusal() });
          this.cut();
        }, ms);
      };
      const body = new Body(mail, {
        leaving: () => {
          state = "body";
          wait(bodyMs);
        },
        dotted: () => {
          state = "dotted";
          wait(finalReplyMs);
        },
      });
      wait(envelopeMs);
      this.tellEnded = () => broke(this.fault());
      this.connection.send({ ...envelope, size: mail.length }, body, (error?: Error | null) => {
        // Half of the message is still to come: the dialogue is out of step.
        if (state === "body") this.cut();
        if (!error && state === "dotted") return settle({ kind: "accepted" });
        const { reply, command, code, timedOut } = error ? faultOf(error) : UNASKED;
        if (reply === null && code === "EMESSAGE") return settle({ kind: "too large" });
        if (reply !== null && readReply(reply)) return settle({ kind: "refused", phase: phaseOf(command), reply });
        broke({ reply: this.refusal(), command, code, timedOut });
        // Whatever that was, nothing else is to be said over this connection.
        this.cut();
      });
    });
  }

  /** After a refusal the server forgets the message; answers false, and ends, where it does not say so. */
  async reset(): Promise<boolean> {
    if (!this.usable) return false;
    const fault = await this.step(this.patience.envelopeMs, (done) => this.connection.reset(done));
    if (fault) this.cut();
    return !fault;
  }

  /** Says goodbye, and ends when that is answered or after `closeMs`. */
  async quit(): Promise<void> {
    if (!this.usable) return;
    const timer = setTimeout(() => this.cut(), this.patience.closeMs);
    this.connection.quit();
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends at once, without a word. */
  cut(): void {
    this.connection.close();
  }

  private step(withinMs: number, start: (done: Done) => void): Promise<Fault | null> {
    return new Promise((resolve) => {
      const settle = (fault: Fault | null): void => {
        clearTimeout(timer);
        this.tellEnded = () => undefined;
        resolve(fault);
      };
      const timer = setTimeout(() => settle(TIMED_OUT), withinMs);
      this.tellEnded = () => settle(this.fault());
      start((error) => settle(error ? faultOf(error) : null));
    });
  }

  private fault(): Fault {
    const fault = this.lastError ? faultOf(this.lastError) : LOST;
    return { ...fault, reply: fault.reply ?? this.refusal() };
  }

  // A server that refuses, and then closes or says nothing more, has refused.
  private refusal(): string | null {
    const last = this.connection.lastServerResponse;
    return last !== false && readReply(last) ? last : null;
  }
}

/** The message, telling how far it has left. */
class Body extends Readable {
  private at = 0;

  constructor(
    private readonly mail: Buffer,
    private readonly tell: { leaving: () => void; dotted: () => void },
  ) {
    super();
  }

  override _read(bytes: number): void {
    if (this.at < this.mail.length) {
      this.tell.leaving();
      const from = this.at;
      this.at += bytes;
      this.push(this.mail.subarray(from, this.at));
    } else {
      // The dot follows upon this.
      this.tell.dotted();
      this.push(null);
    }
  }
}

const TIMED_OUT: Fault = { reply: null, command: "", code: "ETIMEDOUT", timedOut: true };
const LOST: Fault = { reply: null, command: "", code: "ECONNRESET", timedOut: false };
/** A yes before the message was there. */
const UNASKED: Fault = { reply: null, command: "", code: "EPROTO", timedOut: false };

function faultOf(error: Error): Fault {
  const { response, command, code, originalCode } = error as Error & {
    response?: string | false;
    command?: string;
    code?: string;
    originalCode?: string;
  };
  const told = originalCode ?? code ?? "ECONNRESET";
  const reply = typeof response === "string" && response !== "" ? response : null;
  return { reply, command: command ?? "", code: told, timedOut: told === "ETIMEDOUT" };
}

// The library's own words may carry addresses; its codes do not.
function brokenIn(during: MessageState, { reply, code, timedOut }: Fault): Delivery {
  if (reply !== null) return { kind: "refused", phase: during === "envelope" ? "RCPT" : "DATA", reply };
  const what = timedOut ? "The server did not answer in time" : "The connection was lost";
  const when = during === "dotted" ? "after the message had left" : "before the message had left";
  return { kind: "broken", during, timedOut, code, because: `${what} ${when} (${code}).` };
}

function phaseOf(command: string): SmtpPhase {
  return command === "MAIL FROM" ? "MAIL" : command === "DATA" ? "DATA" : "RCPT";
}

function setUpFailure({ reply, command, code, timedOut }: Fault, security: SmtpServer["security"]): SetUpFailure {
  if (reply !== null) {
    const outcome = outcomeOfReply(reply, "set-up");
    const kind = outcome?.kind === "halted" ? "halted" : "unreachable";
    return {
      kind,
      because: command === "STARTTLS" ? `The server does not offer STARTTLS: ${reply.trim()}` : reply.trim(),
    };
  }
  if (CERTIFICATE.test(code))
    return { kind: "halted", because: `The server's certificate is not to be trusted (${code}).` };
  if (security !== "none" && NO_TLS.test(code)) {
    return {
      kind: "halted",
      because: `No encrypted connection came about; check the port and the security (${code}).`,
    };
  }
  if (timedOut) return { kind: "unreachable", because: "The server did not answer in time." };
  return { kind: "unreachable", because: `The server could not be reached (${code}).` };
}

/** Node's and OpenSSL's words for a certificate that is not believed. */
const CERTIFICATE =
  /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|CRL_|PATH_LENGTH)/;
const NO_TLS = /^(EPROTO|ERR_SSL_|ERR_TLS_)/;

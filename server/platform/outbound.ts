import { lookup as lookUp } from "node:dns/promises";
import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isIP, type LookupFunction, type Socket } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * What became of a call to an address that somebody else chose.
 * answered    whatever the status, a redirect included: none is followed
 * unreached   there was no connection, so not a byte of the request left
 * unanswered  the request, or a part of it, left; what became of it is not known
 * refused     by us: the address may not be called at all, or cannot be
 */
export type Reply =
  | { kind: "answered"; status: number; headers: IncomingMessage["headers"]; body: string }
  | { kind: "unreached"; because: string }
  | { kind: "unanswered"; because: string }
  | { kind: "refused"; because: string };

export interface Call {
  headers: Record<string, string>;
  body: string;
}

export interface Reach {
  /** True: private addresses and plain http may be called, as tests and installations behind a wall need it. */
  allowPrivate: boolean;
  /**
   * Connections are kept for the next call. A call over one that the other side has just closed is `unanswered`, so
   * this is for receivers that know a repeat.
   */
  keepConnections?: boolean;
  /** The most connections to one place at once; calls beyond them wait their turn, with no clock running. */
  connectionsMax?: number;
  /** From the name to the end of the TLS handshake. */
  connectMsMax?: number;
  /** From there to the headers of the answer, and once more to its end. */
  answerMsMax?: number;
  /** All addresses of a name. */
  resolve?: (host: string) => Promise<string[]>;
  /** Authorities to trust instead of the usual ones, PEM. */
  ca?: string;
}

export interface Outbound {
  /** Throws for nothing that the other side can do. */
  post(url: string, call: Call): Promise<Reply>;
  /** Once nothing is under way, or after some seconds, all connections are closed. */
  close(): Promise<void>;
}

/**
 * The one way to call an address that a member of a workspace chose: nobody may reach through us what only we can
 * reach. All addresses of a name must be public, and the connection goes to those that were looked at: a name that
 * answers otherwise a moment later (DNS rebinding) gains nothing.
 */
export function outbound(reach: Reach): Outbound {
  const { keepConnections = false, connectionsMax = 32, connectMsMax = 10_000, answerMsMax = 30_000, ca } = reach;
  const keeping = { keepAlive: keepConnections, timeout: IDLE_MS, maxSockets: connectionsMax };
  const agents = { "http:": new HttpAgent(keeping), "https:": new HttpsAgent({ ...keeping, ...(ca ? { ca } : {}) }) };
  const underWay = new Set<Promise<Reply>>();
  const connected = new WeakSet<Socket>();

  return {
    post(url, { headers, body }) {
      const fault = faultIn(url, reach);
      if (fault !== null) return Promise.resolve({ kind: "refused", because: fault });
      const target = new URL(url);
      const secure = target.protocol === "https:";
      const options = {
        ...{ method: "POST", lookup: checkedLookup(reach), agent: agents[secure ? "https:" : "http:"] },
        headers: {
          ...{ "content-length": Buffer.byteLength(body), "user-agent": "campaign-dispatcher" },
          // Said, since Node hands a connection on to the next waiting call unless it is.
          ...(keepConnections ? {} : { connection: "close" }),
          ...headers,
        },
      };
      const request = secure ? httpsRequest(target, options) : httpRequest(target, options);
      const replied = replyTo(request, { secure, connectMsMax, answerMsMax, connected });
      request.end(body);
      underWay.add(replied);
      return replied.finally(() => underWay.delete(replied));
    },

    async close() {
      let timer: NodeJS.Timeout | undefined;
      const enough = new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_MS_MAX)));
      await Promise.race([Promise.allSettled(underWay), enough]);
      clearTimeout(timer);
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

/** What is wrong with an address before anybody looks up its name, in words for a person; null when nothing is. */
export function faultIn(url: string, { allowPrivate }: Pick<Reach, "allowPrivate">): string | null {
  if (!URL.canParse(url)) return "The address is none: write it as https://receiver.example.com/path.";
  // Numbers in whatever notation (2130706433, 0x7f.1, 0177.0.0.1) come out of this as usual ones.
  const { protocol, username, password, hostname } = new URL(url);
  if (protocol !== "https:" && !(allowPrivate && protocol === "http:")) return "The address must start with https://.";
  if (username || password) return "The address must not hold a user name or a password.";
  if (hostname.endsWith(".")) return "The name in the address must not end with a dot.";
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return isIP(host) && !isReachable(host, allowPrivate) ? notPublic(host) : null;
}

/** Of a kept connection that is not in use; most servers keep theirs for 5 s, and closing first avoids a race. */
const IDLE_MS = 2_000;
const CLOSE_MS_MAX = 5_000;
/** Of an answer, this much is read. */
const BODY_BYTES_MAX = 64_000;

function notPublic(host: string): string {
  return `${host} is not a public address, so it is not called.`;
}

/** Addresses within a house. Where these are allowed, those of the machine's host (169.254.169.254) still are not. */
const PRIVATE_RANGES = ["loopback", "private", "uniqueLocal", "carrierGradeNat"];
/** The only part of IPv6 that is given out to the public (RFC 4291 2.4, IANA's registry). */
const GLOBAL_IPV6 = ipaddr.parseCIDR("2000::/3");
/** Of NAT64 (RFC 6052): an IPv4 address in its last 32 bits, and no more public than that one. */
const NAT64 = ipaddr.parseCIDR("64:ff9b::/96");

function isReachable(text: string, allowPrivate: boolean): boolean {
  if (!ipaddr.isValid(text)) return false;
  // Makes IPv4 of an IPv4 address that is written as IPv6.
  const address = ipaddr.process(text);
  const range = address.range();
  if (allowPrivate && PRIVATE_RANGES.includes(range)) return true;
  if (address.kind() === "ipv4") return range === "unicast";
  if (address.match(NAT64)) return isReachable(address.toByteArray().slice(12).join("."), allowPrivate);
  return range === "unicast" && address.match(GLOBAL_IPV6);
}

class NotPublic extends Error {}

function checkedLookup({ resolve = addressesOf, allowPrivate }: Reach): LookupFunction {
  return (host, options, done) => {
    resolve(host).then(
      (all) => {
        // One that is not public taints all: whoever made the name so does not mean well, or means something private.
        if (!all.every((address) => isReachable(address, allowPrivate)))
          return done(new NotPublic(notPublic(host)), "");
        const known = all.map((address) => ({ address, family: isIP(address) }));
        if (!known[0]) return done(new Error(`${host} has no address`), "");
        if (options.all) done(null, known);
        else done(null, known[0].address, known[0].family);
      },
      (error: Error) => done(error, ""),
    );
  };
}

async function addressesOf(host: string): Promise<string[]> {
  return (await lookUp(host, { all: true })).map(({ address }) => address);
}

interface Phases {
  secure: boolean;
  connectMsMax: number;
  answerMsMax: number;
  /** Sockets that are kept from earlier calls; Node does not say so of every request that gets one. */
  connected: WeakSet<Socket>;
}

/** Follows a request through its phases: what a failure means depends on the one in which it comes. */
function replyTo(request: ClientRequest, { secure, connectMsMax, answerMsMax, connected }: Phases): Promise<Reply> {
  return new Promise((resolve) => {
    let phase: "connecting" | "asked" | "done" = "connecting";
    let timer: NodeJS.Timeout | undefined;

    request.once("socket", (socket) => {
      if (connected.has(socket)) return asked();
      startTimer(connectMsMax, () => fail(new Error(`no connection within ${connectMsMax} ms`)));
      socket.once(secure ? "secureConnect" : "connect", () => {
        connected.add(socket);
        asked();
      });
    });
    request.once("response", (response) => {
      phase = "done";
      startTimer(answerMsMax, () => request.destroy());
      void bodyOf(response).then((body) => end({ kind: "answered", ...statusOf(response), body }));
    });
    request.on("error", fail);
    // An answer that ends before it began, as a switch to another protocol does.
    request.once("close", () => fail(new Error("the connection was closed")));

    function asked(): void {
      phase = "asked";
      startTimer(answerMsMax, () => fail(new Error(`no answer within ${answerMsMax} ms`)));
    }

    function fail(error: Error): void {
      if (phase === "done") return;
      const because = wordsOf(error);
      if (error instanceof NotPublic) end({ kind: "refused", because });
      else end({ kind: phase === "connecting" ? "unreached" : "unanswered", because });
      request.destroy();
    }

    function end(reply: Reply): void {
      phase = "done";
      clearTimeout(timer);
      resolve(reply);
    }

    function startTimer(ms: number, onTime: () => void): void {
      clearTimeout(timer);
      timer = setTimeout(onTime, ms);
    }
  });
}

function statusOf({ statusCode, headers }: IncomingMessage): { status: number; headers: IncomingMessage["headers"] } {
  return { status: statusCode ?? 0, headers };
}

/** As much of it as came: with the status the answer was given, and a body that breaks off takes nothing back. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      // Leaving the loop closes the connection.
      if (bytes >= BODY_BYTES_MAX) break;
    }
  } catch {
    // Broken off.
  }
  return Buffer.concat(chunks).subarray(0, BODY_BYTES_MAX).toString();
}

/** When several addresses of a name were tried, the error of each is inside of one that says nothing. */
function wordsOf(error: Error): string {
  const { errors = [error] } = error as Error & { errors?: Error[] };
  return errors.map(({ message }) => message).join("; ");
}

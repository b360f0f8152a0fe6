import { afterEach, describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { aCertificate } from "../testing/certificates.ts";
import { faultIn, type Outbound, outbound, type Reach } from "./outbound.ts";

const CALL = { headers: { "content-type": "application/json" }, body: '{"n":1}' };

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

function reaching(reach: Partial<Reach> = {}): Outbound {
  const made = outbound({ allowPrivate: true, connectMsMax: 2_000, answerMsMax: 2_000, ...reach });
  cleanUps.unshift(() => made.close());
  return made;
}

async function listening(server: Server, host = "127.0.0.1"): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket.on("error", () => undefined)));
  server.listen(0, host);
  await once(server, "listening");
  cleanUps.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  return (server.address() as AddressInfo).port;
}

const answering = async (listener: RequestListener) =>
  `http://127.0.0.1:${await listening(createHttpServer(listener))}`;

/** A server that speaks, or does not, by hand. */
const talking = async (talk: (socket: Socket) => void) => `http://127.0.0.1:${await listening(createServer(talk))}`;

describe("an address that is refused before its name is looked up", () => {
  test.each([
    ["not at all one", "receiver"],
    ["without encryption", "http://receiver.example.com/"],
    ["of another kind", "ftp://receiver.example.com/"],
    ["a file", "file:///etc/passwd"],
    ["with a user", "https://me@receiver.example.com/"],
    ["with a password", "https://:secret@receiver.example.com/"],
    ["with a dot at its end", "https://localhost./"],
    ["loopback", "https://127.0.0.1/"],
    ["loopback, short", "https://127.1/"],
    ["loopback, as one number", "https://2130706433/"],
    ["loopback, octal", "https://0177.0.0.1/"],
    ["loopback, hexadecimal", "https://0x7f.1/"],
    ["loopback, in wide digits", "https://１２７.0.0.1/"],
    ["loopback, with a dot", "https://127.0.0.1./"],
    ["nowhere", "https://0.0.0.0/"],
    ["private, 10", "https://10.0.0.1/"],
    ["private, 172", "https://172.31.255.255/"],
    ["private, 192", "https://192.168.0.1/"],
    ["of a provider's own net", "https://100.64.0.1/"],
    ["the machine's host", "https://169.254.169.254/latest/meta-data"],
    ["many at once", "https://224.0.0.1/"],
    ["all at once", "https://255.255.255.255/"],
    ["for examples only", "https://192.0.2.1/"],
    ["for measurements only", "https://198.18.0.1/"],
    ["never given out", "https://240.0.0.1/"],
    ["IPv6 loopback", "https://[::1]/"],
    ["IPv6 nowhere", "https://[::]/"],
    ["IPv4 in IPv6", "https://[::ffff:127.0.0.1]/"],
    ["IPv4 in IPv6, in hexadecimal", "https://[::ffff:7f00:1]/"],
    ["IPv4 in old IPv6", "https://[::127.0.0.1]/"],
    ["IPv4 through NAT64", "https://[64:ff9b::10.0.0.1]/"],
    ["IPv4 through 6to4", "https://[2002:7f00:1::1]/"],
    ["IPv4 through Teredo", "https://[2001::1]/"],
    ["IPv6 of the link", "https://[fe80::1]/"],
    ["IPv6 of the site", "https://[fec0::1]/"],
    ["IPv6 of the house", "https://[fd00::1]/"],
    ["IPv6 many at once", "https://[ff02::1]/"],
    ["IPv6 never given out", "https://[4000::1]/"],
  ])("%s: %s", async (_what, url) => {
    expect(faultIn(url, { allowPrivate: false })).toEqual(expect.any(String));
    expect(await reaching({ allowPrivate: false }).post(url, CALL)).toMatchObject({ kind: "refused" });
  });

  test("public ones are not", () => {
    const fine = ["https://receiver.example.com/hook?a=b", "https://8.8.8.8:8443/", "https://[2606:4700::1]/"];
    fine.push("https://[64:ff9b::8.8.8.8]/", "https://[::ffff:8.8.8.8]/");
    expect(fine.map((url) => faultIn(url, { allowPrivate: false }))).toEqual(fine.map(() => null));
  });

  test("an installation that allows private addresses and plain http still does not call its machine's host", () => {
    const judged = (url: string) => faultIn(url, { allowPrivate: true });
    const house = ["http://127.0.0.1:1/", "http://10.0.0.1/", "https://[fd00::1]/", "http://localhost/"];
    expect(house.map(judged)).toEqual(house.map(() => null));
    expect(judged("http://169.254.169.254/")).toContain("not a public address");
    expect(judged("http://[fe80::1]/")).toContain("not a public address");
    expect(judged("http://0.0.0.0/")).toContain("not a public address");
  });
});

describe("a name", () => {
  const lookedUp = (...addresses: string[]) => ({ allowPrivate: false, resolve: async () => addresses });

  test.each([
    ["that leads to this machine", ["127.0.0.1"]],
    ["that leads into the house", ["10.0.0.7"]],
    ["that leads to a public place and into the house", ["8.8.8.8", "10.0.0.7"]],
    ["that leads to this machine by IPv6", ["::ffff:127.0.0.1"]],
    ["whose answer is no address", ["receiver.example.com"]],
  ])("%s is refused, and the words do not tell the address", async (_where, addresses) => {
    const reply = await reaching(lookedUp(...addresses)).post("https://receiver.example.com/", CALL);
    expect(reply).toEqual({
      kind: "refused",
      because: expect.stringContaining("receiver.example.com is not a public"),
    });
  });

  test("that answers otherwise the second time is not asked a second time: the connection goes where was looked", async () => {
    let asked = 0;
    const port = await listening(createHttpServer((_, answer) => answer.end("here")));
    const resolve = async () => (asked++ === 0 ? ["127.0.0.1"] : ["169.254.169.254"]);
    const reply = await reaching({ resolve }).post(`http://rebinding.example.com:${port}/`, CALL);
    expect(reply).toMatchObject({ kind: "answered", body: "here" });
    expect(asked).toBe(1);
  });

  test("that does not exist was not reached", async () => {
    const resolve = () => Promise.reject(new Error("getaddrinfo ENOTFOUND nobody.example.com"));
    const reply = await reaching({ resolve }).post("http://nobody.example.com/", CALL);
    expect(reply).toEqual({ kind: "unreached", because: expect.stringContaining("ENOTFOUND") });
  });

  test("that is never looked up to an end was not reached, in time", async () => {
    const resolve = () => new Promise<string[]>(() => undefined);
    const reply = await reaching({ resolve, connectMsMax: 100 }).post("http://slow.example.com/", CALL);
    expect(reply).toEqual({ kind: "unreached", because: "no connection within 100 ms" });
  });
});

describe("a call that is answered", () => {
  test("has arrived whole, with its headers, and brings status, headers and body back", async () => {
    const url = await answering((request, answer) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        answer.writeHead(202, { "x-mine": "yes" });
        answer.end(JSON.stringify([request.method, request.url, request.headers["content-type"], body]));
      });
    });
    const reply = await reaching().post(`${url}/hook?a=b`, CALL);
    expect(reply).toMatchObject({ kind: "answered", status: 202, headers: { "x-mine": "yes" } });
    expect(reply).toHaveProperty("body", JSON.stringify(["POST", "/hook?a=b", "application/json", '{"n":1}']));
  });

  test("with a redirect is not made again elsewhere", async () => {
    let calls = 0;
    const url = await answering((_, answer) => {
      calls += 1;
      answer.writeHead(307, { location: "http://169.254.169.254/" }).end();
    });
    expect(await reaching().post(url, CALL)).toMatchObject({ kind: "answered", status: 307 });
    expect(calls).toBe(1);
  });

  test("without an end has its first 64 kB read", async () => {
    const url = await answering((_, answer) => {
      const more = () => answer.write("x".repeat(10_000), () => setImmediate(more));
      more();
    });
    const reply = await reaching().post(url, CALL);
    expect(reply).toMatchObject({ kind: "answered", status: 200 });
    expect((reply as { body: string }).body).toHaveLength(64_000);
  });

  test.each([
    ["breaks off", (socket: Socket) => socket.resetAndDestroy()],
    ["stalls", () => undefined],
  ])("and whose body %s is answered all the same", async (_how, then) => {
    const url = await talking((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\nas far as", () =>
          setTimeout(then, 50, socket),
        );
      });
    });
    const reply = await reaching({ answerMsMax: 300 }).post(url, CALL);
    expect(reply).toMatchObject({ kind: "answered", status: 201, body: "as far as" });
  });

  test("before it was asked to an end is answered", async () => {
    const url = await answering((_, answer) => answer.writeHead(413, { connection: "close" }).end("too large"));
    const reply = await reaching().post(url, { headers: {}, body: "x".repeat(5_000_000) });
    expect(reply).toMatchObject({ kind: "answered", status: 413 });
  });
});

describe("a call of which nothing left", () => {
  test("nobody listens", async () => {
    const server = createServer();
    const port = await listening(server);
    await cleanUps.pop()!();
    const reply = await reaching().post(`http://127.0.0.1:${port}/`, CALL);
    expect(reply).toEqual({ kind: "unreached", because: expect.stringContaining("ECONNREFUSED") });
  });

  test("none of a name's addresses can be reached: the words name each", async () => {
    const server = createServer();
    const port = await listening(server);
    await cleanUps.pop()!();
    const resolve = async () => ["127.0.0.1", "127.0.0.2"];
    const reply = await reaching({ resolve }).post(`http://two.example.com:${port}/`, CALL);
    expect(reply).toEqual({ kind: "unreached", because: expect.stringMatching(/127\.0\.0\.1.*127\.0\.0\.2/) });
  });

  test("the handshake is not answered", async () => {
    const url = (await talking(() => undefined)).replace("http:", "https:");
    const reply = await reaching({ connectMsMax: 200 }).post(url, CALL);
    expect(reply).toEqual({ kind: "unreached", because: "no connection within 200 ms" });
  });

  test("the connection is reset in the handshake", async () => {
    const url = (await talking((socket) => void socket.once("data", () => socket.resetAndDestroy()))).replace(
      "http:",
      "https:",
    );
    expect(await reaching().post(url, CALL)).toMatchObject({ kind: "unreached" });
  });
});

describe("by TLS", () => {
  async function secureServer(certificate: { key: string; cert: string }) {
    let calls = 0;
    const server = createHttpsServer(certificate, (_, answer) => {
      calls += 1;
      answer.end("safe");
    });
    return { url: `https://localhost:${await listening(server)}/`, calls: () => calls };
  }

  test("a certificate that nobody vouches for is not reached, and the server never sees the call", async () => {
    const { url, calls } = await secureServer(await aCertificate());
    const reply = await reaching().post(url, CALL);
    expect(reply).toEqual({ kind: "unreached", because: expect.stringContaining("certificate") });
    expect(calls()).toBe(0);
  });

  test("a certificate for another name is not reached, one for this name is", async () => {
    const certificate = await aCertificate();
    const { url, calls } = await secureServer(certificate);
    const far = reaching({ ca: certificate.cert, resolve: async () => ["127.0.0.1"] });
    expect(await far.post(url.replace("localhost", "elsewhere.example.com"), CALL)).toMatchObject({
      kind: "unreached",
    });
    expect(calls()).toBe(0);
    expect(await far.post(url, CALL)).toMatchObject({ kind: "answered", body: "safe" });
  });
});

describe("a call that left and got no answer", () => {
  test.each([
    ["the server stays silent", () => undefined, "no answer within 300 ms"],
    ["the server resets the connection", (socket: Socket) => socket.resetAndDestroy(), "ECONNRESET"],
    ["the server closes the connection", (socket: Socket) => socket.end(), "socket hang up"],
    ["the server breaks off in the first line", (socket: Socket) => socket.end("HTTP/1.1 2"), ""],
    [
      "the server speaks something else",
      (socket: Socket) => socket.end("220 mail.example.com ESMTP\r\n"),
      "Parse Error",
    ],
    [
      "the server wants to change to another protocol",
      (socket: Socket) => socket.write("HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
      "",
    ],
  ])("%s", async (_what, then: (socket: Socket) => unknown, words) => {
    const url = await talking((socket) => void socket.once("data", () => then(socket)));
    const reply = await reaching({ answerMsMax: 300 }).post(url, CALL);
    expect(reply).toEqual({ kind: "unanswered", because: expect.stringContaining(words) });
  });

  test("also where the body had not yet left as a whole", async () => {
    const url = await talking((socket) => void socket.once("data", () => socket.pause()));
    const reply = await reaching({ answerMsMax: 300 }).post(url, { headers: {}, body: "x".repeat(20_000_000) });
    expect(reply).toMatchObject({ kind: "unanswered" });
  });
});

describe("connections", () => {
  async function counting() {
    let connections = 0;
    const server = createHttpServer((_, answer) => answer.end("ok"));
    server.on("connection", () => (connections += 1));
    return { url: `http://127.0.0.1:${await listening(server)}/`, connections: () => connections };
  }

  test("are kept for the next call where that is wanted, and not otherwise", async () => {
    for (const [keepConnections, expected] of [
      [true, 1],
      [false, 3],
    ] as const) {
      const { url, connections } = await counting();
      const far = reaching({ keepConnections, connectionsMax: 1 });
      const replies = await Promise.all([1, 2, 3].map(() => far.post(url, CALL)));
      expect(replies.map(({ kind }) => kind)).toEqual(["answered", "answered", "answered"]);
      expect(connections()).toBe(expected);
    }
  });

  test("a kept one that is reset leaves its call unanswered: it may have arrived", async () => {
    let calls = 0;
    const url = await talking((socket) => {
      socket.on("data", () => {
        if (calls++ === 0) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        else socket.resetAndDestroy();
      });
    });
    const far = reaching({ keepConnections: true });
    expect(await far.post(url, CALL)).toMatchObject({ kind: "answered" });
    expect(await far.post(url, CALL)).toMatchObject({ kind: "unanswered" });
  });

  test("are no more than allowed: the other calls wait, on no clock, and know that a kept one is connected", async () => {
    let calls = 0;
    const server = createHttpServer((_, answer) => {
      if (++calls < 4) setTimeout(() => answer.end("ok"), 200);
    });
    let connections = 0;
    server.on("connection", () => (connections += 1));
    const url = `http://127.0.0.1:${await listening(server)}/`;
    const far = reaching({ keepConnections: true, connectionsMax: 1, connectMsMax: 300, answerMsMax: 350 });
    const replies = await Promise.all([1, 2, 3, 4].map(() => far.post(url, CALL)));
    expect(replies.map(({ kind }) => kind)).toEqual(["answered", "answered", "answered", "unanswered"]);
    expect(connections).toBe(1);
  });

  test("are closed only when the calls under way have ended", async () => {
    const url = await answering((_, answer) => void setTimeout(() => answer.end("late"), 300));
    const far = outbound({ allowPrivate: true, keepConnections: true });
    const reply = far.post(url, CALL);
    await far.close();
    expect(await reply).toMatchObject({ kind: "answered", body: "late" });
  });
});

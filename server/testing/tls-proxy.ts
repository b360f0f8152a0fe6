import { once } from "node:events";
import { request } from "node:http";
import { createServer } from "node:https";
import { connect } from "node:net";
import { aCertificate } from "./certificates.ts";

/**
 * What an operator puts in front of the program: it ends TLS, and passes requests and sockets on with the caller's
 * Host and address. Its certificate is made for the occasion and nobody's, so clients must be told to accept it.
 */
export async function startTlsProxy(upstreamPort: number): Promise<{ origin: string; stop(): Promise<void> }> {
  const server = createServer(await aCertificate());
  const upstream = (headers: NodeJS.Dict<string | string[]>, callersAddress: string | undefined) => ({
    ...{ host: "127.0.0.1", port: upstreamPort },
    headers: { ...headers, "x-forwarded-for": callersAddress, "x-forwarded-proto": "https" },
  });
  server.on("request", (incoming, answer) => {
    const { method, url, headers, socket } = incoming;
    const passedOn = request(
      { agent: false, ...upstream(headers, socket.remoteAddress), method, path: url },
      (theirs) => {
        answer.writeHead(theirs.statusCode ?? 502, theirs.rawHeaders);
        theirs.pipe(answer);
      },
    );
    passedOn.on("error", () => answer.destroy());
    incoming.pipe(passedOn);
  });
  server.on("upgrade", ({ method, url, rawHeaders, socket: { remoteAddress } }, socket) => {
    const theirs = connect(upstreamPort, "127.0.0.1", () => {
      const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`] : []));
      theirs.write([`${method} ${url} HTTP/1.1`, ...lines, `x-forwarded-for: ${remoteAddress}`, "", ""].join("\r\n"));
      theirs.pipe(socket).pipe(theirs);
    });
    // However one of the two ends, the other ends too.
    theirs.on("error", () => undefined).on("close", () => socket.destroy());
    socket.on("error", () => undefined).on("close", () => theirs.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    origin: `https://localhost:${port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

import { connect, createServer, type Socket } from "node:net";

/**
 * Stands between workers and Postgres and cuts connections at the worst moment, the COMMIT: half of the time after
 * Postgres has committed and before the answer has left, half of the time before Postgres has heard of it. Whoever
 * asked gets the same broken connection both times.
 */
export interface LossyProxy {
  /** The database's address through the proxy. */
  readonly url: string;
  /** Share of commits that are cut, 0 to 1. */
  share: number;
  /** Commits that happened and were not answered. */
  readonly unanswered: number;
  /** Commits that never reached Postgres. */
  readonly unheard: number;
  close(): Promise<void>;
}

export async function openLossyProxy(databaseUrl: string, share: number): Promise<LossyProxy> {
  const target = new URL(databaseUrl);
  const pairs = new Set<Socket>();
  const count = { unanswered: 0, unheard: 0 };
  const server = createServer((client) => {
    const upstream = connect({ port: Number(target.port), host: target.hostname, noDelay: true });
    client.setNoDelay(true);
    const cut = () => (client.destroy(), upstream.destroy());
    for (const socket of [client, upstream]) {
      pairs.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => (pairs.delete(socket), cut()));
    }
    let swallowing = false;
    upstream.on("data", (data) => {
      if (!swallowing) return client.write(data);
      count.unanswered += 1;
      cut();
    });
    const frames = new Frames();
    client.on("data", (data) => {
      if (frames.add(data).some(isCommit) && Math.random() < proxy.share) {
        if (Math.random() < 0.5) {
          count.unheard += 1;
          return cut();
        }
        swallowing = true;
      }
      upstream.write(data);
    });
  });

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  target.port = String(typeof address === "object" && address ? address.port : 0);
  const url = target.href;
  target.port = new URL(databaseUrl).port;
  const proxy: LossyProxy = {
    url,
    share,
    get unanswered() {
      return count.unanswered;
    },
    get unheard() {
      return count.unheard;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of pairs) socket.destroy();
        server.close(() => resolve());
      }),
  };
  return proxy;
}

// A simple query (type Q) with this text. Transactions end with one: see platform/database.ts.
function isCommit(frame: Buffer): boolean {
  return frame[0] === 0x51 && frame.subarray(5).toString("latin1") === "COMMIT\0";
}

/** Cuts what a client sends into messages of PostgreSQL's protocol 3: one without a type first, then type and length. */
class Frames {
  private rest = Buffer.alloc(0);
  private started = false;

  add(data: Buffer): Buffer[] {
    this.rest = Buffer.concat([this.rest, data]);
    const frames: Buffer[] = [];
    for (;;) {
      const header = this.started ? 1 : 0;
      if (this.rest.length < header + 4) return frames;
      const length = header + this.rest.readInt32BE(header);
      if (this.rest.length < length) return frames;
      frames.push(this.rest.subarray(0, length));
      this.rest = this.rest.subarray(length);
      this.started = true;
    }
  }
}

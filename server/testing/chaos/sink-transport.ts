import { connect, type Socket } from "node:net";
import type { InDoubt, Outcome } from "../../dispatch/outcome.ts";
import type { Message, Transport } from "../../dispatch/transports/transport.ts";

/** Sends to a `Sink`, as an SMTP transport would: a pool of connections, one message at a time on each. */
export function sinkTransport(port: number, inDoubt: InDoubt): Transport {
  const idle: Socket[] = [];
  return {
    deduplicates: false,
    inDoubt,
    // Soon, so that a test need not wait; often, so that nobody is given up.
    retry: { baseMs: 100, factor: 1, capMs: 100, triesMax: 1000 },
    async send({ key, to }: Message): Promise<Outcome> {
      const socket = idle.pop() ?? (await open(port));
      if (!socket) return { kind: "retry", code: "421", because: "the connection was refused" };
      const answered = await exchange(socket, `${key} ${to.email}\n`);
      if (!answered) return { kind: "unconfirmed", because: "the connection broke before the answer" };
      idle.push(socket);
      return { kind: "sent" };
    },
  };
}

function open(port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    // An idle connection must not keep the process from ending.
    socket.unref();
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(null));
  });
}

function exchange(socket: Socket, line: string): Promise<boolean> {
  if (socket.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const done = (answered: boolean) => {
      socket.removeAllListeners("data").removeAllListeners("close");
      resolve(answered);
    };
    socket.once("data", () => done(true));
    socket.once("close", () => done(false));
    socket.write(line);
  });
}

import { connect, type Socket } from "node:net";
import { FailureReason } from "../../dispatch/failure-reason.ts";
import type { InDoubt, Outcome } from "../../dispatch/outcome.ts";
import type { Message, Transport } from "../../dispatch/transports/transport.ts";

/**
 * Sends to a `Sink`, as an SMTP transport would: a pool of connections, one message at a time on each. Nothing was
 * delivered when there is no connection or the sink is busy; a connection that breaks once the line was handed to it
 * tells nothing.
 */
export function sinkTransport(port: number, inDoubt: InDoubt): Transport {
  const idle: Socket[] = [];
  return {
    deduplicates: false,
    inDoubt,
    // Soon, so that a test need not wait; often, so that nobody is given up.
    retry: { baseMs: 100, factor: 1, capMs: 100, triesMax: 1000 },
    async send({ key, to }: Message): Promise<Outcome> {
      const socket = takeIdle() ?? (await open(port));
      if (!socket)
        return { kind: "retry", reason: FailureReason.UNREACHABLE, code: "421", because: "the connection was refused" };
      const answer = await exchange(socket, `${key} ${to.email}\n`);
      if (answer === null) return { kind: "unconfirmed", because: "the connection broke before the answer" };
      idle.push(socket);
      return answer === "ok"
        ? { kind: "sent" }
        : { kind: "retry", reason: FailureReason.BUSY, code: "451", because: `the sink said "${answer}"` };
    },
  };

  function takeIdle(): Socket | undefined {
    for (;;) {
      const socket = idle.pop();
      if (!socket?.destroyed) return socket;
    }
  }
}

function open(port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.once("connect", () => resolve(socket));
    // Stays for as long as the connection does: a reset without a listener would end the process.
    socket.on("error", () => resolve(null));
    // An idle connection must not keep the process from ending.
    socket.unref();
  });
}

/** The sink's word, or null when the connection broke before it. */
function exchange(socket: Socket, line: string): Promise<string | null> {
  return new Promise((resolve) => {
    const answered = (data: Buffer) => done(data.toString().trim());
    const broke = () => done(null);
    const done = (answer: string | null) => {
      socket.off("data", answered).off("close", broke);
      resolve(answer);
    };
    socket.on("data", answered).on("close", broke);
    socket.write(line);
  });
}

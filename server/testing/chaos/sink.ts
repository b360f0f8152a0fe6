import { createServer, type Socket } from "node:net";

/**
 * A provider that cannot recognise a repeat: it takes one line a message ("key address"), logs it, and says "ok"
 * after `ackMs`. What stands in its log has arrived, whatever the sender knows of it.
 */
export interface Sink {
  readonly port: number;
  /** Every line that arrived, in order: repeats stand in it as often as they came. */
  readonly log: { key: string; address: string }[];
  ackMs: number;
  /** Breaks every connection at this moment, so that answers get lost; answers how many messages waited for one. */
  breakConnections(): number;
  close(): Promise<void>;
}

export async function openSink(ackMs: number): Promise<Sink> {
  const log: Sink["log"] = [];
  const waiting = new Map<Socket, number>();
  const server = createServer((socket) => {
    waiting.set(socket, 0);
    let rest = "";
    socket.setNoDelay(true);
    socket.on("data", (data) => {
      const lines = (rest + data.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) take(socket, line);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => waiting.delete(socket));
  });

  function take(socket: Socket, line: string): void {
    const [key = "", address = ""] = line.split(" ");
    log.push({ key, address });
    waiting.set(socket, (waiting.get(socket) ?? 0) + 1);
    setTimeout(() => {
      if (!waiting.has(socket)) return;
      waiting.set(socket, (waiting.get(socket) ?? 1) - 1);
      socket.write("ok\n");
    }, sink.ackMs);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const sink: Sink = {
    port: typeof address === "object" && address ? address.port : 0,
    log,
    ackMs,
    breakConnections() {
      const unanswered = [...waiting.values()].reduce((sum, count) => sum + count, 0);
      for (const socket of waiting.keys()) socket.destroy();
      return unanswered;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of waiting.keys()) socket.destroy();
        server.close(() => resolve());
      }),
  };
  return sink;
}

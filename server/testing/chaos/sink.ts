import { createServer, type Socket } from "node:net";

/** What the sink does with a message instead of taking it and saying so. Shares of all messages, 0 to 1. */
export interface Moods {
  /** Says "busy": not taken, and the sender knows. */
  busy: number;
  /** Takes the message and hangs up: the sender cannot know. */
  silent: number;
  /** Hangs up without taking it: to the sender the same as the one before. */
  deaf: number;
}

/**
 * A provider that cannot recognise a repeat: it gets one line a message ("key address"), takes it into its log, and
 * says "ok" after `ackMs`. What stands in the log has arrived, whatever the sender knows of it.
 */
export interface Sink {
  readonly port: number;
  /** Everything that was taken, in order: repeats stand in it as often as they came. */
  readonly log: { key: string; address: string }[];
  ackMs: number;
  moods: Moods;
  /** Messages whose sender got no answer by the sink's own doing: the A of the bound K·W + A. */
  readonly ambiguous: { taken: number; lost: number };
  close(): Promise<void>;
}

export async function openSink(ackMs: number): Promise<Sink> {
  const sockets = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let rest = "";
    socket.setNoDelay(true);
    socket.on("data", (data) => {
      const lines = (rest + data.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) receive(socket, line);
    });
    // A sender that was killed resets its connections.
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });

  function receive(socket: Socket, line: string): void {
    const { busy, silent, deaf } = sink.moods;
    const mood = Math.random();
    if (mood < busy) return answer(socket, () => socket.write("busy\n"));
    if (mood < busy + deaf) {
      sink.ambiguous.lost += 1;
      return answer(socket, () => socket.destroy());
    }
    const [key = "", address = ""] = line.split(" ");
    sink.log.push({ key, address });
    if (mood >= busy + deaf + silent) return answer(socket, () => socket.write("ok\n"));
    sink.ambiguous.taken += 1;
    answer(socket, () => socket.destroy());
  }

  function answer(socket: Socket, say: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!socket.destroyed) say();
    }, sink.ackMs);
    timers.add(timer);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const sink: Sink = {
    port: typeof address === "object" && address ? address.port : 0,
    log: [],
    ackMs,
    moods: { busy: 0, silent: 0, deaf: 0 },
    ambiguous: { taken: 0, lost: 0 },
    close: () =>
      new Promise((resolve) => {
        for (const timer of timers) clearTimeout(timer);
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
  return sink;
}

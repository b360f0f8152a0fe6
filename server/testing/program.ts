import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { openDoor, type WebDoor } from "./app.ts";

/** The built program (dist/, client/build/) in a process of its own, as `npm start` runs it. */
export interface Program {
  /** Where it said that it is. */
  readonly url: string;
  /** Its API, as another program reaches it. */
  readonly door: WebDoor;
  readonly process: ChildProcess;
  /** Ctrl-C (or another signal), and then its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts it and waits for its "Ready" line; rejects with what it said when it ends before. */
export async function startProgram(environment: Record<string, string>, args: string[] = []): Promise<Program> {
  const { NODE_OPTIONS: _ofJestAlone, ...inherited } = process.env;
  const program = spawn(process.execPath, ["dist/server/main.js", ...args], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env: { ...inherited, PORT: "0", LOG_LEVEL: "warn", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(program, "close").then(([code]) => code as number | null);
  let said = "";
  program.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ready = new Promise<string>((resolve) => {
    let answered = "";
    program.stdout.setEncoding("utf8").on("data", (text: string) => {
      answered += text;
      const address = /^Ready: (\S+)\n/m.exec(answered)?.[1];
      if (address) resolve(address);
    });
  });
  const endedBefore = exited.then((code): never => {
    throw new Error(`the program ended with ${code}: ${said}`);
  });
  const url = await Promise.race([ready, endedBefore]);
  const door = openDoor(url);
  return {
    ...{ url, door, process: program },
    async stop(signal = "SIGINT") {
      await door.stop();
      program.kill(signal);
      return exited;
    },
  };
}

/** A port that was free a moment ago, for a server that must know its own address before it listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

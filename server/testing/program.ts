import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { openDoor, type WebDoor } from "./door.ts";

/** The built program (dist/, client/build/) in a process of its own, as `npm start` runs it. */
export interface Program {
  /** Where it said that it is. */
  readonly url: string;
  /** The whole address that it said, with the sign-in that works once, where there is one. */
  readonly address: string;
  /** Its API, as another program reaches it: with an owner's token of the sample workspace. */
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
    env: { ...inherited, PORT: "0", CATCH_MAIL_PORT: "0", LOG_LEVEL: "warn", ...environment },
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
  const address = await Promise.race([ready, endedBefore]);
  const url = new URL(address).origin;
  const door = openDoor(url, await printedToken(environment));
  return {
    ...{ url, address, door, process: program },
    async stop(signal = "SIGINT") {
      await door.stop();
      program.kill(signal);
      return exited;
    },
  };
}

/** What the operator's command prints for the same installation. */
export async function printedToken(environment: Record<string, string>): Promise<string> {
  const { NODE_OPTIONS: _ofJestAlone, ...inherited } = process.env;
  const command = spawn(process.execPath, ["dist/server/print-token.js", "--role", "owner"], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env: { ...inherited, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [printed, said] = ["", ""];
  command.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  command.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [code] = (await once(command, "close")) as [number | null];
  if (code !== 0) throw new Error(`no token was printed: ${said}`);
  return printed.trim();
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

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

/** One process that the harness started; it never outlives `Processes.endAll`. */
export interface ChildProgram {
  readonly pid: number;
  /** The line it said when it was ready. */
  readonly ready: string;
  /** How it ended, or null while it lives. */
  readonly ended: string | null;
  /** The end of what it wrote to stderr. */
  readonly said: string;
  /** Sends a signal, with `group` as a terminal does, to the whole process group. */
  signal(signal: NodeJS.Signals, to?: "process" | "group"): void;
  /** Resolves with the exit code once it has ended: null after a signal. */
  readonly exit: Promise<number | null>;
}

const SAID_MAX = 4_000;

/** The processes of one scenario, all built programs, each ended by its own pid. */
export class Processes {
  private readonly children = new Map<ChildProcess, ChildProgram>();

  /** Starts a built script and waits for the line that `ready` fits. Rejects with its words when it ends before. */
  async start(
    script: string,
    {
      env,
      ready,
      preload,
      args = [],
    }: { env: Record<string, string>; ready: RegExp; preload?: string; args?: string[] },
  ): Promise<ChildProgram> {
    const preloaded = preload ? ["--import", new URL(`file://${resolve(preload)}`).href] : [];
    const child = spawn(process.execPath, [...preloaded, resolve(script), ...args], {
      env: { PATH: process.env["PATH"] ?? "", ...env },
      // stdin stays open: it tells the child that this process lives.
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    child.stdin.on("error", () => undefined);
    let [said, out] = ["", ""];
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-SAID_MAX)));
    const exit = once(child, "exit").then(([code]) => code as number | null);
    const line = new Promise<string>((tell) => {
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        out += text;
        const match = ready.exec(out);
        if (match) tell(match[1] ?? match[0]);
      });
    });
    const ended = () => child.signalCode ?? (child.exitCode === null ? null : `exit ${child.exitCode}`);
    const program = {
      pid: child.pid ?? 0,
      ready: "",
      exit,
      get ended() {
        return ended();
      },
      get said() {
        return said;
      },
      signal(signal: NodeJS.Signals, to: "process" | "group" = "process") {
        if (!ended() && child.pid) process.kill(to === "group" ? -child.pid : child.pid, signal);
      },
    };
    this.children.set(child, program);
    program.ready = await Promise.race([
      line,
      exit.then((code) => Promise.reject(new Error(`${script} ended with ${code} before it was ready: ${said}`))),
    ]);
    return program;
  }

  /** What became of each, for a failure's message. */
  report(): string {
    return [...this.children.values()]
      .map(({ pid, ended, said }) => `process ${pid}: ${ended ?? "alive"}${said && `\n${said.slice(-600).trimEnd()}`}`)
      .join("\n");
  }

  async endAll(): Promise<void> {
    await Promise.all(
      [...this.children].map(async ([child, program]) => {
        program.signal("SIGKILL");
        await program.exit;
        // Whoever ended by itself may have left its ends of the pipes to somebody.
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
      }),
    );
    this.children.clear();
  }
}

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Time a program gets to settle what is in hand and end, before it is killed. */
const STOP_MS = 20_000;
const START_MS = 60_000;

/** As `npm start` and the Dockerfile give them; why stands in docs/decisions/0006-imports.md. */
const NODE_FLAGS = ["--max-semi-space-size=8"];

/** A process of its own that a measurement started. */
export interface Program {
  readonly pid: number;
  /** The first thing it said once it was ready: a line on stdout, or a message. */
  readonly ready: unknown;
  tell(message: string): void;
  /** The next message it sends. Rejects when it ends instead, or says nothing for so long. */
  answer(withinMs: number): Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * Starts a built program, given beside this file's folder, with nothing in its environment but `env`: settings that
 * happen to be set must not change what is measured. What is `loadedFirst` runs in it before its own code. Rejects
 * with the program's own words when it does not get ready.
 */
export async function startProgram(
  entry: string,
  args: string[],
  env: Record<string, string>,
  loadedFirst?: string,
): Promise<Program> {
  const first = loadedFirst === undefined ? [] : ["--import", new URL(loadedFirst, import.meta.url).href];
  const child = fork(fileURLToPath(new URL(entry, import.meta.url)), args, {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    execArgv: [...process.execArgv, ...NODE_FLAGS, ...first],
    silent: true,
  });
  const words: string[] = [];
  child.stderr?.on("data", (chunk: Buffer) => words.push(chunk.toString()));
  const heard = new Promise<unknown>((resolve) =>
    child.stdout?.once("data", (line: Buffer) => resolve(line.toString())),
  );
  try {
    const ready = await Promise.race([heard, nextMessage(child, START_MS, words)]);
    child.stdout?.resume();
    return {
      pid: child.pid!,
      ready,
      tell: (message) => void child.send(message),
      answer: (withinMs) => nextMessage(child, withinMs, words),
      stop: () => stop(child),
    };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

function nextMessage(child: ChildProcess, withinMs: number, words: string[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const give = (finish: () => void) => {
      clearTimeout(timer);
      child.off("message", told).off("exit", ended);
      finish();
    };
    const told = (message: unknown) => give(() => resolve(message));
    const ended = () => give(() => reject(new Error(`A program ended early: ${words.join("").trim()}`)));
    const late = () =>
      give(() => reject(new Error(`A program said nothing for ${withinMs / 1000} s. ${words.join("").trim()}`)));
    // The child itself keeps this process waiting; the timer of an answer that nobody waits for any more must not.
    const timer = setTimeout(late, withinMs).unref();
    child.on("message", told).on("exit", ended);
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const kill = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(kill);
}

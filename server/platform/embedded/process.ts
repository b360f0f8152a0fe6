import { spawn, spawnSync, type SpawnOptions } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { programPath } from "../settings.ts";

/** The system user that a server runs as, when the program itself is root. */
export interface ServerUser {
  name: string;
  uid: number;
  gid: number;
}

/** True while a process with this id lives, whoever owns it; a zombie that nobody reaps does not count. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return commandOf(pid) !== "";
}

/** The command line of a living process, empty when it is gone: a pid alone may have been given to a stranger since. */
export function commandOf(pid: number): string {
  if (existsSync("/proc/self")) return readQuietly(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
  return spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).stdout?.trim() ?? "";
}

/** A text that two processes with the same pid do not share: when this one started. Empty when it is gone. */
export function startOf(pid: number): string {
  if (!existsSync("/proc/self")) {
    return spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).stdout?.trim() ?? "";
  }
  // Field 22, in ticks since boot; field 2 is the name in parentheses and may hold spaces.
  const afterName = readQuietly(`/proc/${pid}/stat`).split(") ").pop() ?? "";
  return afterName.split(" ")[19] ?? "";
}

/**
 * Runs a program to its end and answers its exit code with all it printed. It has a session of its own, so that
 * Ctrl-C in the terminal does not reach it, unless `options` say otherwise. Refuses when it cannot be run at all.
 */
export function run(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { detached: true, stdio: ["ignore", "pipe", "pipe"], ...options });
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Spawn options that run a server as `user`, from a folder every user may enter, untouched by the caller's PG… variables. */
export function asUser(user: ServerUser | undefined): SpawnOptions {
  return {
    cwd: "/",
    env: { PATH: programPath(), LC_ALL: "C" },
    ...(user ? { uid: user.uid, gid: user.gid } : {}),
  };
}

/** `preferred` if nobody listens there on the loopback address, else a free port. */
export async function freePort(preferred = 0): Promise<number> {
  const port = await portIfFree(preferred);
  return port ?? (await portIfFree(0))!;
}

function portIfFree(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const taken = (server.address() as AddressInfo).port;
      server.close(() => resolve(taken));
    });
  });
}

/** Asks again and again until `condition` holds; answers whether it did within `withinMs`. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const giveUpAt = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > giveUpAt) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

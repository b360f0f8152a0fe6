import { accessSync, constants, statSync } from "node:fs";
import type { SpawnOptions } from "node:child_process";
import { delimiter, join } from "node:path";
import { run } from "./process.ts";
import { programPath } from "../settings.ts";

/** What the system's package manager may be asked for: the programs to look for first, and what brings them. */
const WANTED = {
  redis: {
    programs: ["redis-server", "valkey-server"],
    packages: {
      "apt-get": ["redis-server", "valkey-server"],
      dnf: ["redis", "valkey"],
      apk: ["redis", "valkey"],
      pacman: ["valkey", "redis"],
      zypper: ["redis", "valkey"],
      brew: ["redis", "valkey"],
    },
  },
  chromium: {
    programs: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    packages: {
      "apt-get": ["chromium"],
      dnf: ["chromium", "chromium-headless"],
      apk: ["chromium"],
      pacman: ["chromium"],
      zypper: ["chromium"],
      brew: ["--cask chromium"],
    },
  },
  openssl: {
    programs: ["openssl"],
    packages: {
      "apt-get": ["openssl"],
      dnf: ["openssl"],
      apk: ["openssl"],
      pacman: ["openssl"],
      zypper: ["openssl"],
      brew: ["openssl"],
    },
  },
} as const;

export type Wanted = keyof typeof WANTED;
type Manager = keyof (typeof WANTED)["redis"]["packages"];

const MANAGERS: Record<Manager, { refresh?: string[]; install: string[] }> = {
  // Lists older than the mirror's files end in 404s, and a fresh container has none at all.
  "apt-get": { refresh: ["update"], install: ["install", "-y", "--no-install-recommends"] },
  dnf: { install: ["install", "-y"] },
  apk: { install: ["add", "--no-cache"] },
  pacman: { install: ["-Sy", "--noconfirm", "--needed"] },
  zypper: { install: ["--non-interactive", "install"] },
  brew: { install: ["install"] },
};

/**
 * The path of the program, installed with the system's package manager (with sudo where needed and possible) if
 * it is nowhere on the PATH. Refuses with the reason when that cannot be done.
 */
export async function findOrInstall(wanted: Wanted, say: (line: string) => void): Promise<string> {
  const found = find(wanted);
  if (found) return found;

  const manager = (Object.keys(MANAGERS) as Manager[]).find((name) => onPath(name));
  if (!manager) throw new Error(`no package manager was found that could install ${wanted}.`);
  const prefix = await privilege(manager);

  const { refresh, install } = MANAGERS[manager];
  if (refresh) await run(...commandLine([...prefix, manager, ...refresh]), IN_THE_TERMINAL);
  let said = "";
  for (const name of WANTED[wanted].packages[manager]) {
    const words = [...prefix, manager, ...install, ...name.split(" ")];
    say(`No ${wanted} here yet: ${words.join(" ")}`);
    const { code, output } = await run(...commandLine(words), IN_THE_TERMINAL);
    const installed = find(wanted);
    if (installed) return installed;
    said = `"${words.join(" ")}" ended with ${code}: ${output.trim().split("\n").slice(-3).join(" ")}`;
  }
  throw new Error(`it could not be installed, ${said}`);
}

/** The path of the program if it is on the PATH. */
export function find(wanted: Wanted): string | undefined {
  return WANTED[wanted].programs.map(onPath).find((path) => path !== undefined);
}

// sudo asks for its password there, and Ctrl-C ends the installation.
const IN_THE_TERMINAL: SpawnOptions = { detached: false, stdio: ["inherit", "pipe", "pipe"] };

async function privilege(manager: Manager): Promise<string[]> {
  if (manager === "brew" || process.getuid?.() === 0) return [];
  if (!onPath("sudo")) throw new Error(`${manager} must run as root, and there is no sudo.`);
  const free = await run("sudo", ["-n", "true"]).catch(() => ({ code: 1 }));
  if (free.code === 0) return ["sudo", "-n"];
  if (process.stdin.isTTY) return ["sudo"];
  throw new Error(`${manager} must run as root, and sudo asks for a password that nobody is there to type.`);
}

function commandLine([command, ...args]: string[]): [string, string[]] {
  return [command!, args];
}

function onPath(program: string): string | undefined {
  return programPath()
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

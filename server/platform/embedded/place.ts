import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { CannotStart } from "../cannot-start.ts";
import { asUser, run, type ServerUser } from "./process.ts";

/** Where the servers keep their data, and who they run as; `user` is undefined when they run as the caller. */
export interface Place {
  home: string;
  user: ServerUser | undefined;
}

const SERVER_USER = "campaign-dispatcher";

/** The folder for what a server's own user must reach while the checkout is closed to it. */
export const OPEN_HOME = "/var/lib/campaign-dispatcher";

/**
 * Decides where the servers live. PostgreSQL refuses to run as root, so root starts them as a system user (made
 * on the first start); where that user cannot reach `dataDir`, because some folder above is root's alone, the
 * data lives under /var/lib instead, and stays there.
 */
export async function placeFor(dataDir: string, say: (line: string) => void): Promise<Place> {
  if (process.getuid?.() !== 0) return { home: dataDir, user: undefined };

  const user = await serverUser(say);
  const elsewhere = join(OPEN_HOME, createHash("sha256").update(dataDir).digest("hex").slice(0, 16));
  const here = canEnter(dataDir, user);
  if (here && !holdsData(elsewhere)) return { home: dataDir, user };

  if (holdsData(dataDir)) {
    throw new CannotStart(
      `The database in ${dataDir} can no longer be reached by its system user "${user.name}": some folder above it ` +
        `was closed to others since. Open it again (chmod o+x FOLDER), or move the folder and set DATA_DIR.`,
    );
  }
  openFolder(OPEN_HOME);
  openFolder(elsewhere);
  say(`Only root may enter a folder above ${dataDir}: the database's data is kept in ${elsewhere}.`);
  return { home: elsewhere, user };
}

/** True if `user` (the caller, when undefined) gets through all folders above `path` and may enter or run it. */
export function canEnter(path: string, user: ServerUser | undefined): boolean {
  // Asked of the system, as that user: modes alone would not tell about groups, access lists and mounts.
  return spawnSync("sh", ["-c", 'test -x "$1"', "sh", path], { ...asUser(user), stdio: "ignore" }).status === 0;
}

/** Makes a folder that every user may pass through but not list. */
export function openFolder(path: string): void {
  if (existsSync(path)) return;
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o711);
}

function holdsData(home: string): boolean {
  return existsSync(join(home, "postgres")) || existsSync(join(home, "redis"));
}

async function serverUser(say: (line: string) => void): Promise<ServerUser> {
  const known = lookUp(SERVER_USER);
  if (known) return known;

  say(`PostgreSQL does not run as root: making the system user "${SERVER_USER}" for it.`);
  // The second form is BusyBox's, the first everybody else's.
  for (const [command, ...args] of [
    [
      "useradd",
      "--system",
      "--user-group",
      "--no-create-home",
      "--home-dir",
      "/",
      "--shell",
      "/bin/false",
      SERVER_USER,
    ],
    ["adduser", "-S", "-D", "-H", "-h", "/", "-s", "/bin/false", SERVER_USER],
  ] as const) {
    const { code } = await run(command, args).catch(() => ({ code: 1 }));
    const made = code === 0 ? lookUp(SERVER_USER) : undefined;
    if (made) return made;
  }
  throw new CannotStart(
    `PostgreSQL does not run as root, and no system user "${SERVER_USER}" could be made for it. ` +
      `Start as another user, make that user by hand, or set DATABASE_URL and REDIS_URL.`,
  );
}

function lookUp(name: string): ServerUser | undefined {
  const [uid, gid] = ["-u", "-g"].map((flag) => spawnSync("id", [flag, name], { encoding: "utf8" }));
  return uid?.status === 0 && gid?.status === 0
    ? { name, uid: Number(uid.stdout), gid: Number(gid.stdout) }
    : undefined;
}

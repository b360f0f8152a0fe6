import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CannotStart } from "../cannot-start.ts";
import { isAlive, startOf } from "./process.ts";

/**
 * Takes the data folder for this process and answers how to give it back. Refuses while another living process
 * has it: two programs would stop each other's database. A lock that a crash left behind is taken over.
 */
export function lockDataDir(folder: string): () => void {
  const path = join(folder, "lock");
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, `${process.pid} ${startOf(process.pid)}\n`, { mode: 0o600 });
  try {
    // A link appears whole or not at all, so nobody ever reads a lock that is still being written.
    while (!linked(mine, path)) makeRoom(path, folder);
  } finally {
    rmSync(mine);
  }
  return () => rmSync(path, { force: true });
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function makeRoom(path: string, folder: string): void {
  const holder = holderOf(path);
  if (holder !== undefined) {
    throw new CannotStart(
      `The data folder ${folder} is in use by process ${holder}. ` +
        `Stop that one first, or give this one a folder of its own with DATA_DIR.`,
    );
  }
  rmSync(path, { force: true });
}

/** The pid of the living process that has the folder, if there is one. */
export function dataDirHolder(folder: string): number | undefined {
  return holderOf(join(folder, "lock"));
}

function holderOf(path: string): number | undefined {
  const [pid = "", start = ""] = read(path).trim().split(/ (.*)/);
  const holder = Number(pid);
  // After a reboot, or in a new container, another process may have the pid: then it did not start at that moment.
  return holder > 0 && isAlive(holder) && startOf(holder) === start ? holder : undefined;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

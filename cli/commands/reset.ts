import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { claimDataDir } from "../../local/data-folder";
import { assertFree } from "../data-folder";
import { readEnvironment } from "../environment";
import { Failure } from "../failure";
import { openTerminal } from "../session";
import type { Terminal } from "../terminal";

/**
 * What the embedded servers keep in the data folder. Whatever else is in it stays: programs, ports, files of other people.
 * Temporal first: an end in the middle leaves Postgres, from which open executions begin again.
 */
const embedded = ["temporal", "postgres", "postgres.unfinished", "postgres-password", "logs"];
const deleted = (name: string) => `${name}.deleted`;

export function addReset(program: Command): void {
  program
    .command("reset")
    .description("Delete the data of the embedded Postgres and Temporal, after asking")
    .option("--yes", "do not ask")
    .addHelpText("after", "\nExample:\n  npm run treeline -- reset --yes")
    .action(async ({ yes }: { yes?: true }, command: Command) => {
      const terminal = openTerminal(command);
      const { dataDir, databaseUrl } = readEnvironment();
      assertFree(dataDir);
      if (databaseUrl !== null) terminal.note("DATABASE_URL names a database of your own: it is left as it is");
      const found = embedded.filter((name) => [name, deleted(name)].some((one) => existsSync(join(dataDir, one))));
      const agreed = found.length > 0 && (yes || (await ask(dataDir, found, terminal)));
      if (agreed) await remove(dataDir, found, terminal);
      const removed = agreed ? found : [];
      terminal.answer({ dataDir, removed }, () => [
        removed.length > 0 ? `deleted in ${dataDir}: ${removed.join(", ")}` : `nothing was deleted in ${dataDir}`,
      ]);
    });
}

async function ask(dataDir: string, found: readonly string[], terminal: Terminal): Promise<boolean> {
  if (!process.stdin.isTTY || terminal.isJson) {
    throw new Failure("usage", "There is nobody to ask", { details: ["--yes deletes without asking"] });
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(
      `Delete ${found.join(", ")} in ${dataDir}, with every graph and execution? [y/N] `,
    );
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

/** Holds the folder meanwhile. A rename comes first, so that a kill in the middle leaves nothing that looks like data. */
async function remove(dataDir: string, found: readonly string[], terminal: Terminal): Promise<void> {
  const claim = await claimDataDir(dataDir, terminal.note).catch((cause: unknown) => {
    throw new Failure("refused", cause instanceof Error ? cause.message : String(cause), { cause }); // somebody was quicker
  });
  try {
    for (const name of found) {
      const [path, aside] = [join(dataDir, name), join(dataDir, deleted(name))];
      rmSync(aside, { recursive: true, force: true });
      if (existsSync(path)) renameSync(path, aside);
      rmSync(aside, { recursive: true, force: true });
    }
  } finally {
    claim.release();
  }
}

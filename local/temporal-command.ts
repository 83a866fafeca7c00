import { spawn } from "node:child_process";
import { readConfig } from "../config/env";
import { readRunning } from "./data-folder";
import { run } from "./signals";
import { findTemporalCli } from "./temporal-cli";

/** `npm run temporal -- <args>`: the Temporal CLI that was found, with the address of what runs here. */
run(async () => {
  const config = readConfig();
  const report = (line: string) => void process.stderr.write(`${line}\n`);
  const cli = await findTemporalCli(config, report);
  const address = config.temporalAddress ?? readRunning(config.dataDir)?.ready?.temporal;
  if (!address) report(`nothing runs in ${config.dataDir}: no address is set (npm run dev starts it)`);
  const env = { TEMPORAL_NAMESPACE: config.temporalNamespace, ...(address ? { TEMPORAL_ADDRESS: address } : {}) };
  const child = spawn(cli.path, process.argv.slice(2), { stdio: "inherit", env: { ...process.env, ...env } });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void child.kill(signal));
  child.once("error", (error) => {
    throw error;
  });
  child.once("exit", (code) => process.exit(code ?? 1));
});

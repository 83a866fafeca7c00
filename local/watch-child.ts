import { readConfig } from "../config/env";
import { run, stopOnSignal } from "./signals";
import { startTreeline } from "./up";

/** Api and worker on the servers of `npm run dev:watch`, which starts this again whenever a file changes. */
run(async () => {
  const report = (line: string) => void process.stderr.write(`${line}\n`);
  const config = readConfig();
  const { databaseUrl, databaseDirectUrl, temporalAddress } = config;
  if (databaseUrl === null || temporalAddress === null) throw new Error("this is started by npm run dev:watch only");
  let stop = async () => {};
  stopOnSignal(() => stop(), report);
  const treeline = await startTreeline(
    config,
    {
      databaseUrl,
      databaseDirectUrl: databaseDirectUrl ?? databaseUrl,
      temporalAddress,
      temporalUiUrl: config.temporalUiUrl,
      temporalFresh: process.argv.includes("--fresh"),
      temporalSettled: () => {},
      announce: () => {},
      stop: async () => {},
    },
    report,
  );
  stop = treeline.stop;
  process.stdout.write(`ready ${JSON.stringify(treeline.ready)}\n`);
});
